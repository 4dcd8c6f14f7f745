import { createHash } from 'node:crypto'
import { randomBytes } from '../../kernel/clock.js'
import { fault } from '../../kernel/faults.js'
import type { DataKey } from '../../stores/key-store.js'
import { codecOf } from './compression.js'
import {
  type ArchivePlace,
  archivePrefix,
  type Compression,
  checkPlace,
  type Json,
  MANIFEST_BYTES,
  MANIFEST_STREAM,
  manifestKey,
  type OnBytes,
  segmentName,
} from './format.js'
import { type ArchiveHeader, writeHeader } from './header.js'
import { removeArchive } from './keep.js'
import { type Run, type StreamEntry, sumOf } from './manifest.js'
import { archiveKeys, digests, encryption } from './seal.js'
import { type FrameTools, writeStream } from './stream-writer.js'

export interface ArchiveTarget extends ArchivePlace {
  /** Null: the archive is not encrypted. */
  readonly key: DataKey | null
  readonly compression: Compression
}

export interface StreamSpec {
  readonly name: string
  /** Called once, when a lane has come to it. */
  readonly read: () => AsyncIterable<Uint8Array>
}

export interface ArchiveContent {
  /** As many segments are written at once. Each lane takes the next stream when it is done with one. */
  readonly lanes: number
  readonly streams: readonly StreamSpec[]
  /** Asked after the last stream, and right before the manifest makes the archive one: whoever writes under a fence asserts it here. */
  readonly facts: () => Promise<Json>
  readonly onBytes?: OnBytes
}

export interface WrittenArchive {
  readonly bytes: number
  readonly plainBytes: number
  /** SHA-256 over the manifest in hexadecimal digits. Whoever knows it can tell this archive from every other, encrypted or not. */
  readonly manifestDigest: string
}

/**
 * Writes an archive, its manifest last: before that there is none. Clears away what an earlier attempt under the same id has left, and what it has written
 * itself when it fails. Throws ARCHIVE_EXISTS, ARCHIVE_COMPRESSION, ARCHIVE_TOO_LARGE, what the store throws and what the streams throw.
 */
export async function writeArchive(target: ArchiveTarget, content: ArchiveContent): Promise<WrittenArchive> {
  const { store, tenant, archive, compression } = target
  checkPlace(target)
  const codec = codecOf(compression)
  if ((await store.size(manifestKey(target))) !== undefined) throw fault('ARCHIVE_EXISTS', { archive, store: store.name })
  await removeArchive(store, tenant, archive)

  const { lines, seal, salt } = begin(target)
  const tools: FrameTools = { seal, codec, onBytes: content.onBytes ?? (() => undefined) }
  try {
    const { segments, streams } = await writeSegments(target, salt, content, tools)
    const body = Buffer.from(JSON.stringify({ segments, streams, facts: await content.facts() }))
    if (body.length > MANIFEST_BYTES) {
      throw fault('ARCHIVE_TOO_LARGE', {
        archive,
        object: 'manifest',
        reason: `it would have ${body.length} bytes, and may have ${MANIFEST_BYTES}`,
      })
    }
    const digest = createHash('sha256')
    const manifest = digested(digest, writeManifest(lines, body, { ...tools, onBytes: () => undefined }))
    const { bytes } = await store.write(manifestKey(target), manifest)
    return {
      bytes: bytes + segments.reduce((sum, one) => sum + one, 0),
      plainBytes: streams.reduce((sum, { runs }) => sum + sumOf(runs, 'plainBytes'), 0),
      manifestDigest: digest.digest('hex'),
    }
  } catch (error) {
    // It is the first failure that is told; what cannot be removed now is found by `listArchives`.
    await removeArchive(store, tenant, archive).catch(() => undefined)
    throw error
  }
}

function begin({ tenant, archive, key, compression }: ArchiveTarget): { lines: Buffer; seal: FrameTools['seal']; salt: string } {
  const salt = randomBytes(32)
  const keys = key === null ? undefined : archiveKeys(key.key, { salt, tenant, archive })
  const header: ArchiveHeader = {
    tenant,
    archive,
    key: key?.id ?? null,
    compression,
    salt: salt.toString('hex'),
    check: keys?.check.toString('hex') ?? null,
  }
  const { lines, context } = writeHeader(header)
  return { lines, seal: keys === undefined ? digests(context) : encryption(keys.frames, context), salt: header.salt }
}

async function* writeManifest(lines: Buffer, body: Buffer, tools: FrameTools): AsyncGenerator<Uint8Array> {
  yield lines
  yield* writeStream(MANIFEST_STREAM, one(body), tools, [])
}

async function* one(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield chunk
}

async function* digested(hash: ReturnType<typeof createHash>, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk)
    yield chunk
  }
}

async function writeSegments(
  { store, tenant, archive }: ArchiveTarget,
  salt: string,
  { lanes, streams }: ArchiveContent,
  tools: FrameTools,
): Promise<{ segments: readonly number[]; streams: readonly StreamEntry[] }> {
  const entries: StreamEntry[] = []
  const used = Math.min(Math.max(1, lanes), streams.length)
  let next = used
  let failed: { readonly error: unknown } | undefined

  async function* lane(segment: number): AsyncGenerator<Uint8Array> {
    let offset = 0
    // Each lane begins with a stream of its own, so that none is left without one.
    for (let number = segment; number < streams.length; number = next++) {
      const { name, read } = streams[number]!
      const runs: Run[] = []
      for await (const chunk of writeStream(number, read(), tools, runs)) {
        // Its object must not become one: nobody will ask for it.
        if (failed !== undefined) throw failed.error
        yield chunk
      }
      entries[number] = { name, segment, offset, runs }
      offset += sumOf(runs, 'bytes')
    }
  }
  const writing = Array.from({ length: used }, async (_, segment) => {
    const key = `${archivePrefix(tenant, archive)}${segmentName(segment, salt)}`
    try {
      return (await store.write(key, lane(segment))).bytes
    } catch (error) {
      failed ??= { error }
      return 0
    }
  })
  const segments = await Promise.all(writing)
  if (failed !== undefined) throw failed.error
  return { segments, streams: entries }
}
