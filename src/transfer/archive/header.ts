import { createHash } from 'node:crypto'
import { type Fault, fault } from '../../kernel/faults.js'
import { plain } from '../../kernel/plain-text.js'
import { parseStrictJson } from '../../kernel/strict-json.js'
import { type Compression, FEATURES, FORMAT, FORMAT_VERSION, isName } from './format.js'

/** The line in the clear in front of a manifest: all that a reader must know to authenticate the rest. */
export interface ArchiveHeader {
  readonly tenant: string
  readonly archive: string
  /** The id of the data key; null in an archive that is not encrypted. */
  readonly key: string | null
  readonly compression: Compression
  /** 32 random bytes in hexadecimal digits, of this one attempt to write. */
  readonly salt: string
  /** Derived from the data key: null without one. */
  readonly check: string | null
}

/** Lines longer than these are none of ours. */
export const HEADER_LINE_BYTES = 16_384
export const CHECKSUM_LINE_BYTES = 65

const SEALS = { encrypted: 'aes-256-gcm', digests: 'sha-256' } as const
const COMPRESSIONS: ReadonlySet<unknown> = new Set<Compression>(['gzip', 'zstd', 'none'])
const HEX_32 = /^[0-9a-f]{64}$/

const digest = (line: Uint8Array): Buffer => createHash('sha256').update(line).digest()

/** The two lines, and the digest of the first that every frame of the archive is bound to. */
export function writeHeader({ tenant, archive, key, compression, salt, check }: ArchiveHeader): {
  readonly lines: Buffer
  readonly context: Buffer
} {
  const seal = key === null ? SEALS.digests : SEALS.encrypted
  const first = { format: FORMAT, version: FORMAT_VERSION, features: [], tenant, archive, key, seal, compression, salt, check }
  const line = Buffer.from(JSON.stringify(first))
  const context = digest(line)
  return { lines: Buffer.concat([line, Buffer.from(`\n${context.toString('hex')}\n`)]), context }
}

/**
 * Reads what `writeHeader` has written; the lines come with their ends. That there are two of them, and what the second one is, holds in every version:
 * so a changed bit is told from a version that is not known. Throws ARCHIVE_CORRUPT, ARCHIVE_VERSION.
 */
export function readHeader(
  line: Buffer,
  checksumLine: Buffer,
  archive: string,
): { readonly header: ArchiveHeader; readonly context: Buffer } {
  const corrupt = (reason: string): Fault => fault('ARCHIVE_CORRUPT', { archive, object: 'manifest', reason })
  const content = line.subarray(0, -1)
  const context = digest(content)
  if (checksumLine.toString('latin1') !== `${context.toString('hex')}\n`) throw corrupt('the checksum of its header is wrong')
  const text = content.toString('utf8')
  const found = parseStrictJson(text, (reason) => corrupt(`its header is no JSON that can be trusted: ${reason}`))
  checkVersion(found, archive)
  return { header: headerOf(found, corrupt), context }
}

function checkVersion({ format, version, features, seal, compression }: Record<string, unknown>, archive: string): void {
  const unknown = (reason: string): Fault => fault('ARCHIVE_VERSION', { archive, reason })
  const told = (value: unknown): string => plain(String(JSON.stringify(value)), 60)
  if (format !== FORMAT) throw unknown(`its format is ${told(format)}`)
  if (version !== FORMAT_VERSION) throw unknown(`its format has version ${told(version)}, and this reads ${FORMAT_VERSION}`)
  const strange = Array.isArray(features) ? features.filter((feature) => !FEATURES.has(feature as string)) : [features]
  if (strange.length > 0) throw unknown(`it has features that are not known here: ${strange.slice(0, 4).map(told).join(', ')}`)
  if (seal !== SEALS.encrypted && seal !== SEALS.digests) throw unknown(`its frames are closed with ${told(seal)}`)
  if (!COMPRESSIONS.has(compression)) throw unknown(`its compression is ${told(compression)}`)
}

function headerOf(
  { tenant, archive, key, seal, compression, salt, check }: Record<string, unknown>,
  corrupt: (reason: string) => Fault,
): ArchiveHeader {
  const isHex = (value: unknown): value is string => typeof value === 'string' && HEX_32.test(value)
  if (!isName(tenant) || !isName(archive) || !(key === null || isName(key)) || !isHex(salt)) throw corrupt('its header is incomplete')
  const named = { tenant, archive, compression: compression as Compression, salt }
  if (seal === SEALS.digests && key === null && check === null) return { ...named, key, check }
  if (seal === SEALS.encrypted && key !== null && isHex(check)) return { ...named, key, check }
  throw corrupt('its header names a key and a seal that do not belong together')
}
