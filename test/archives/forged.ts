import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { DataKey } from '../../src/stores/key-store.js'
import { MANIFEST_STREAM } from '../../src/transfer/archive/format.js'
import { type FrameHead, HEAD_BYTES, readHead, writeHead } from '../../src/transfer/archive/frame.js'
import { openArchive } from '../../src/transfer/archive/reader.js'
import { archiveKeys, digests, encryption, type Seal } from '../../src/transfer/archive/seal.js'
import { ARCHIVE, type Made, TENANT } from './made.js'
import { keysOf, memoryStore } from './stores.js'

export const SALT = 'ab'.repeat(32)

export type Fields = Readonly<Record<string, unknown>>

/** The header of an archive, with the checksum that belongs to it: what somebody can write who knows this format and no key. */
export function headerLines(fields: Fields): { readonly lines: Buffer; readonly context: Buffer } {
  const line = Buffer.from(JSON.stringify(fields))
  const context = createHash('sha256').update(line).digest()
  return { lines: Buffer.from(`${line.toString()}\n${context.toString('hex')}\n`), context }
}

export const HEADER: Fields = {
  format: 'tenantry-archive',
  version: 1,
  features: [],
  tenant: TENANT,
  archive: ARCHIVE,
  key: null,
  seal: 'sha-256',
  compression: 'gzip',
  salt: SALT,
  check: null,
}

export interface ForgedFrame {
  readonly payload: Buffer
  readonly head?: Partial<FrameHead>
}

export interface Forgery {
  readonly frames: readonly ForgedFrame[]
  /** The manifest's JSON, from what would be right. */
  readonly manifest?: (right: Fields) => unknown
  readonly manifestFrames?: readonly ForgedFrame[]
  /** A forger who has the key, which is to say: a mistake in another writer. */
  readonly key?: DataKey
}

/** A whole archive whose every checksum and tag is right, whatever it says. */
export function forge({ frames, manifest = (right) => right, manifestFrames, key }: Forgery): Pick<Made, 'open' | 'contents' | 'store'> {
  const store = memoryStore()
  const derived = key === undefined ? undefined : archiveKeys(key.key, { salt: Buffer.from(SALT, 'hex'), tenant: TENANT, archive: ARCHIVE })
  const named = derived === undefined ? HEADER : { ...HEADER, key: key!.id, seal: 'aes-256-gcm', check: derived.check.toString('hex') }
  const { lines, context } = headerLines(named)
  const seal = derived === undefined ? digests(context) : encryption(derived.frames, context)

  const made = framesOf(0, frames, seal)
  const hash = createHash('sha256')
  for (const { head, tag } of made) hash.update(head).update(tag)
  const segment = Buffer.concat(made.map(({ bytes }) => bytes))
  const plainBytes = made.reduce((sum, { plain }) => sum + plain, 0)
  const run = { frames: made.length, bytes: segment.length, plainBytes, digest: hash.digest('hex') }
  const right = { segments: [segment.length], streams: [{ name: 'a', segment: 0, offset: 0, runs: [run] }], facts: null }
  const body = Buffer.from(JSON.stringify(manifest(right)))
  const own = framesOf(MANIFEST_STREAM, manifestFrames ?? [{ payload: body }], seal)
  const prefix = `tenants/${TENANT}/${ARCHIVE}`
  store.objects.set(`${prefix}/segment-0-${SALT.slice(0, 8)}`, segment)
  store.objects.set(`${prefix}/manifest`, Buffer.concat([lines, ...own.map(({ bytes }) => bytes)]))
  const open: Made['open'] = (expected) =>
    openArchive({
      store,
      tenant: TENANT,
      archive: ARCHIVE,
      keys: key === undefined ? null : keysOf(key),
      ...(expected === undefined ? {} : { expected }),
    })
  return { store, contents: {}, open }
}

interface MadeFrame {
  readonly head: Buffer
  readonly tag: Buffer
  readonly bytes: Buffer
  readonly plain: number
}

function framesOf(stream: number, frames: readonly ForgedFrame[], seal: Seal): readonly MadeFrame[] {
  let before = 0
  return frames.map(({ payload, head: own }, index) => {
    const right = {
      stream,
      index,
      before,
      plain: payload.length,
      stored: payload.length,
      final: index === frames.length - 1,
      compressed: false,
    }
    const fields = { ...right, ...own }
    const head = writeHead(fields)
    const { payload: closed, tag } = seal.close(head, [payload])
    before += fields.plain
    return { head, tag, plain: fields.plain, bytes: Buffer.concat([head, ...closed, tag]) }
  })
}

/** Where the frames of a segment begin, and where the last one ends. */
export function borders(segment: Buffer, tagBytes: number, from = 0): readonly number[] {
  const found = [from]
  for (let at = from; at < segment.length; ) {
    const head = readHead(segment.subarray(at, at + HEAD_BYTES)) as FrameHead
    at += HEAD_BYTES + head.stored + tagBytes
    found.push(at)
  }
  return found
}

/** Changes a frame's header in its place, and makes its checksum right again. */
export function changeHead(segment: Buffer, at: number, change: (head: Buffer) => void): Buffer {
  const copy = Buffer.from(segment)
  const head = copy.subarray(at, at + HEAD_BYTES)
  change(head)
  head.writeUInt32BE(crc32(head.subarray(0, 32)), 32)
  return copy
}

/** The manifest with another first line, whose checksum is right. */
export function withHeader(manifest: Buffer, change: (fields: Fields) => Fields): Buffer {
  const end = manifest.indexOf(0x0a)
  const fields = JSON.parse(manifest.subarray(0, end).toString()) as Fields
  return Buffer.concat([headerLines(change(fields)).lines, manifest.subarray(end + 66)])
}
