import * as z from 'zod'
import { type Fault, fault } from '../../kernel/faults.js'
import { FRAME_BYTES, type Json, RUN_FRAMES } from './format.js'
import { HEAD_BYTES } from './frame.js'

/** Frames of one stream that lie together and are known by one digest, so that each can be fetched and checked alone. */
export interface Run {
  readonly frames: number
  /** In the store, with headers and tags. */
  readonly bytes: number
  readonly plainBytes: number
  /** SHA-256 over header and tag of each frame, in hexadecimal digits. */
  readonly digest: string
}

export interface StreamEntry {
  readonly name: string
  readonly segment: number
  /** Where it begins in its segment. Streams lie there one after the other, without gaps. */
  readonly offset: number
  readonly runs: readonly Run[]
}

/** What the manifest's frames hold: where every byte of the segments belongs, and the facts of whoever wrote the archive. */
export interface Manifest {
  /** The bytes of each segment. */
  readonly segments: readonly number[]
  readonly streams: readonly StreamEntry[]
  readonly facts: Json
}

const count = z.int().nonnegative()
const run = z.object({
  frames: z.int().min(1).max(RUN_FRAMES),
  bytes: count,
  plainBytes: count,
  digest: z.string().regex(/^[0-9a-f]{64}$/),
})
const stream = z.object({ name: z.string(), segment: count, offset: count, runs: z.array(run).min(1) })
const manifest = z.object({ segments: z.array(count), streams: z.array(stream), facts: z.unknown() })

/** Throws ARCHIVE_CORRUPT where it contradicts itself: an archive that is not encrypted may come from anybody. */
export function readManifest(body: Buffer, archive: string, tagBytes: number): Manifest {
  const corrupt = (reason: string): Fault => fault('ARCHIVE_CORRUPT', { archive, object: 'manifest', reason })
  const read = manifest.safeParse(parsed(body, corrupt))
  if (!read.success) throw corrupt('it does not have the form of a manifest')
  const found = read.data as Manifest
  const objection = contradiction(found, tagBytes)
  if (objection !== undefined) throw corrupt(objection)
  return found
}

function parsed(body: Buffer, corrupt: (reason: string) => Fault): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw corrupt('it is no JSON')
  }
}

export const sumOf = (runs: readonly Run[], field: 'frames' | 'bytes' | 'plainBytes'): number =>
  runs.reduce((sum, one) => sum + one[field], 0)

function contradiction({ segments, streams }: Manifest, tagBytes: number): string | undefined {
  if (new Set(streams.map(({ name }) => name)).size !== streams.length) return 'it has two streams of one name'
  const overhead = HEAD_BYTES + tagBytes
  const ends = segments.map(() => 0)
  const inOrder = [...streams].sort((a, b) => a.segment - b.segment || a.offset - b.offset)
  for (const { segment, offset, runs } of inOrder) {
    if (ends[segment] !== offset) return 'its streams do not lie one after the other'
    if (runs.slice(0, -1).some(({ frames }) => frames !== RUN_FRAMES)) return 'a run in the middle of a stream is short'
    for (const { frames, bytes, plainBytes } of runs) {
      if (bytes < frames * overhead || bytes > frames * (overhead + FRAME_BYTES)) return 'a run has not the bytes of its frames'
      if (plainBytes > frames * FRAME_BYTES) return 'a run tells of more than its frames can hold'
    }
    ends[segment] = offset + sumOf(runs, 'bytes')
  }
  return segments.some((bytes, index) => bytes !== ends[index]) ? 'its segments have bytes of no stream' : undefined
}
