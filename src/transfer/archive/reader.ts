import { createHash, type Hash, timingSafeEqual } from 'node:crypto'
import { fault, isFault } from '../../kernel/faults.js'
import type { KeyStore } from '../../stores/key-store.js'
import { type Bytes, bytesOf } from './bytes.js'
import { type Codec, codecOf } from './compression.js'
import {
  type ArchivePlace,
  type Compression,
  checkPlace,
  type Json,
  MANIFEST_BYTES,
  MANIFEST_STREAM,
  manifestKey,
  type OnBytes,
} from './format.js'
import { readFrame, refusals, unpackFrame } from './frame-reader.js'
import { type ArchiveHeader, CHECKSUM_LINE_BYTES, HEADER_LINE_BYTES, readHeader } from './header.js'
import { type Manifest, readManifest, sumOf } from './manifest.js'
import { placedRuns } from './runs.js'
import { archiveKeys, digests, encryption, type Seal } from './seal.js'
import { measureAll, readRuns, type SegmentSource } from './stream-reader.js'
import { verifyArchive } from './verify.js'

export interface ArchiveSource extends ArchivePlace {
  /** Null: only archives that are not encrypted can be read. */
  readonly keys: Pick<KeyStore, 'find'> | null
  /** What is known of it from elsewhere, above all from the catalog. */
  readonly expected?: {
    /** As `writeArchive` has answered it: an older or forged manifest is found, encrypted or not. */
    readonly manifestDigest?: string
    /**
     * Default: whether there are `keys`, unless the digest is known. So whoever can write into the store cannot put an archive of their own, which is not
     * encrypted, in the place of an encrypted one.
     */
    readonly encrypted?: boolean
  }
}

export interface ArchiveStream {
  readonly name: string
  readonly plainBytes: number
  readonly bytes: number
  /** Parts that can be read on their own, at once with others: all but the last hold 16 MiB. */
  readonly runs: number
}

/** An archive whose manifest is authentic. */
export interface Archive {
  readonly facts: Json
  readonly streams: readonly ArchiveStream[]
  /** The id of the data key; null when it is not encrypted. */
  readonly key: string | null
  readonly compression: Compression
  readonly manifestDigest: string
  /** All of it in the store: the manifest, and the segments that it tells of. */
  readonly bytes: number
  /** Is every segment there, and as long as the manifest says? What is in them is not read. Throws ARCHIVE_TRUNCATED, ARCHIVE_CORRUPT. */
  readonly measure: () => Promise<void>
  /**
   * A stream's content, or that of its runs `from` up to and without `to`; only authenticated bytes come out. Throws ARCHIVE_TRUNCATED, ARCHIVE_CORRUPT,
   * ARCHIVE_TOO_LARGE, INPUT_INVALID.
   */
  readonly read: (name: string, part?: { readonly from: number; readonly to: number }) => AsyncIterable<Buffer>
  /** Reads and checks every frame of every segment. Throws as `read` does. */
  readonly verify: (onBytes?: OnBytes) => Promise<void>
}

interface Opened {
  readonly header: ArchiveHeader
  readonly seal: Seal
  readonly codec: Codec | undefined
  readonly manifest: Manifest
}

/**
 * Opens an archive: its manifest is read and authenticated, its segments are not looked at. Throws ARCHIVE_MISSING, ARCHIVE_TRUNCATED, ARCHIVE_CORRUPT,
 * ARCHIVE_TENANT_MISMATCH, ARCHIVE_STALE, ARCHIVE_VERSION, ARCHIVE_TOO_LARGE, ARCHIVE_COMPRESSION, ARCHIVE_UNENCRYPTED, KEY_UNAVAILABLE, KEY_DESTROYED.
 */
export async function openArchive(source: ArchiveSource): Promise<Archive> {
  const { store, tenant, archive, expected } = source
  checkPlace(source)
  const hash = createHash('sha256')
  let manifestBytes = 0
  const counted = hashed(store.read(manifestKey(source)), hash, (more) => {
    manifestBytes += more
  })
  const bytes = bytesOf(counted)
  try {
    const opened = await readOpened(source, bytes)
    const manifestDigest = hash.digest('hex')
    if (expected?.manifestDigest !== undefined && expected.manifestDigest !== manifestDigest) {
      throw fault('ARCHIVE_STALE', { archive, reason: 'it is whole, and not the one that the catalog knows' })
    }
    return archiveOf(source, opened, { manifestDigest, manifestBytes })
  } catch (error) {
    throw isFault(error, 'OBJECT_MISSING') ? fault('ARCHIVE_MISSING', { archive, tenant, store: store.name }) : error
  } finally {
    await bytes.close()
  }
}

async function* hashed(chunks: AsyncIterable<Buffer>, hash: Hash, onBytes: (more: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    hash.update(chunk)
    onBytes(chunk.length)
    yield chunk
  }
}

async function readOpened(source: ArchiveSource, bytes: Bytes): Promise<Opened> {
  const { tenant, archive } = source
  const refuse = refusals(archive, 'manifest')
  const line = await bytes.takeUntil(0x0a, HEADER_LINE_BYTES)
  const checksum = await bytes.takeUntil(0x0a, CHECKSUM_LINE_BYTES)
  if (line.length < HEADER_LINE_BYTES && checksum.length < CHECKSUM_LINE_BYTES && (await bytes.isAtEnd())) {
    throw refuse.truncated('its header is incomplete')
  }
  const { header, context } = readHeader(line, checksum, archive)
  if (header.tenant !== tenant) throw fault('ARCHIVE_TENANT_MISMATCH', { archive, tenant, found: header.tenant })
  if (header.archive !== archive) throw fault('ARCHIVE_STALE', { archive, reason: `it is that of archive ${header.archive}` })
  const seal = await sealOf(source, header, context)
  const codec = codecOf(header.compression)
  const body = await readBody(bytes, seal, codec, archive)
  return { header, seal, codec, manifest: readManifest(body, archive, seal.tagBytes) }
}

async function sealOf({ keys, expected, tenant, archive }: ArchiveSource, header: ArchiveHeader, context: Buffer): Promise<Seal> {
  const encrypted = expected?.encrypted ?? (keys !== null && expected?.manifestDigest === undefined)
  if (header.key === null || header.check === null) {
    if (encrypted) throw fault('ARCHIVE_UNENCRYPTED', { archive })
    return digests(context)
  }
  const unavailable = (reason: string): Error => fault('KEY_UNAVAILABLE', { tenant, key: header.key!, reason })
  if (keys === null) throw unavailable('no keys are configured')
  const { key } = await keys.find(tenant, header.key)
  const { frames, check } = archiveKeys(key, { salt: Buffer.from(header.salt, 'hex'), tenant, archive })
  if (!timingSafeEqual(check, Buffer.from(header.check, 'hex')))
    throw unavailable('the key of this id is another one than the archive was written with')
  return encryption(frames, context)
}

async function readBody(bytes: Bytes, seal: Seal, codec: Codec | undefined, archive: string): Promise<Buffer> {
  const refuse = refusals(archive, 'manifest')
  const pieces: Buffer[] = []
  let before = 0
  for (let index = 0, final = false; !final; index++) {
    const frame = await readFrame(bytes, seal, { stream: MANIFEST_STREAM, index, before }, refuse)
    before += frame.head.plain
    if (before > MANIFEST_BYTES) throw refuse.tooLarge(`it has more than ${MANIFEST_BYTES} bytes`)
    pieces.push(...(await unpackFrame(frame, codec, refuse)))
    final = frame.head.final
  }
  if (!(await bytes.isAtEnd())) throw refuse.corrupt('it has bytes after its end')
  return Buffer.concat(pieces)
}

function archiveOf(
  place: ArchivePlace,
  { header, seal, codec, manifest }: Opened,
  { manifestDigest, manifestBytes }: { readonly manifestDigest: string; readonly manifestBytes: number },
): Archive {
  const source: SegmentSource = { place, manifest, salt: header.salt, seal, codec, measured: new Map() }
  const numbers = new Map(manifest.streams.map(({ name }, number) => [name, number] as const))
  return {
    facts: manifest.facts,
    streams: manifest.streams.map(({ name, runs }) => ({
      name,
      plainBytes: sumOf(runs, 'plainBytes'),
      bytes: sumOf(runs, 'bytes'),
      runs: runs.length,
    })),
    key: header.key,
    compression: header.compression,
    manifestDigest,
    bytes: manifest.segments.reduce((sum, one) => sum + one, manifestBytes),
    measure: () => measureAll(source),
    read: (name, part) => {
      const number = numbers.get(name)
      if (number === undefined) throw fault('INPUT_INVALID', { issues: [`the archive has no stream ${JSON.stringify(name)}`] })
      return readRuns(source, placedRuns(manifest.streams[number]!, number).slice(part?.from, part?.to), () => undefined)
    },
    verify: (onBytes) => verifyArchive(source, onBytes ?? (() => undefined)),
  }
}
