import { createHash } from 'node:crypto'
import { isFault } from '../../kernel/faults.js'
import type { ByteRange } from '../../stores/object-store.js'
import { bytesOf } from './bytes.js'
import type { Codec } from './compression.js'
import { type ArchivePlace, archivePrefix, type OnBytes, segmentName } from './format.js'
import { type Frame, type Refusals, readFrame, refusals, unpackFrame } from './frame-reader.js'
import type { Manifest } from './manifest.js'
import { ordered } from './ordered.js'
import type { PlacedRun } from './runs.js'
import type { Seal } from './seal.js'

export interface SegmentSource {
  readonly place: ArchivePlace
  readonly manifest: Manifest
  readonly salt: string
  readonly seal: Seal
  readonly codec: Codec | undefined
  /** Segments whose size was seen to be right. */
  readonly measured: Map<number, Promise<void>>
}

// While one frame is taken in, the next one is fetched and unpacked on another thread.
const UNPACKED_AHEAD = 2

/** The content of runs that lie one after the other in a segment; what comes out is authenticated. */
export async function* readRuns(source: SegmentSource, runs: readonly PlacedRun[], onBytes: OnBytes): AsyncGenerator<Buffer> {
  const [first] = runs
  if (first === undefined) return
  const { place, salt, codec } = source
  const refuse = refusals(place.archive, segmentName(first.segment, salt))
  await measure(source, first.segment, refuse)
  const range = { from: first.at, bytes: runs.reduce((sum, { run }) => sum + run.bytes, 0) }
  const frames = readFrames(source.seal, runs, fetched(source, first.segment, range, refuse), refuse)
  const unpack = async (frame: Frame): Promise<{ frame: Frame; plain: readonly Buffer[] }> => ({
    frame,
    plain: await unpackFrame(frame, codec, refuse),
  })
  for await (const { frame, plain } of ordered(frames, codec === undefined ? 1 : UNPACKED_AHEAD, unpack)) {
    yield* plain
    onBytes(frame.head.plain, frame.bytes)
  }
}

async function* readFrames(seal: Seal, runs: readonly PlacedRun[], chunks: AsyncIterable<Buffer>, refuse: Refusals): AsyncGenerator<Frame> {
  const source = bytesOf(chunks)
  try {
    for (const { stream, run, index: from, before: start, isLast } of runs) {
      const hash = createHash('sha256')
      let before = start
      let bytes = 0
      for (let index = from; index < from + run.frames; index++) {
        const frame = await readFrame(source, seal, { stream, index, before }, refuse)
        hash.update(frame.headBytes).update(frame.tag)
        bytes += frame.bytes
        before += frame.head.plain
        const ends = index === from + run.frames - 1
        if (frame.head.final !== (isLast && ends)) {
          throw refuse.corrupt(`frame ${index} of stream ${stream} is not the last one, or is not marked so`)
        }
        // The manifest has the last word, before the last frame of the run comes out.
        if (ends && (hash.digest('hex') !== run.digest || bytes !== run.bytes || before - start !== run.plainBytes)) {
          throw refuse.corrupt(`the frames ${from} to ${index} of stream ${stream} are not those that the manifest tells of`)
        }
        yield frame
      }
    }
  } finally {
    await source.close()
  }
}

async function* fetched({ place, salt }: SegmentSource, segment: number, range: ByteRange, refuse: Refusals): AsyncGenerator<Buffer> {
  try {
    yield* place.store.read(keyOf(place, segment, salt), range)
  } catch (error) {
    throw isFault(error, 'OBJECT_MISSING') ? refuse.truncated('it is missing') : error
  }
}

const keyOf = ({ tenant, archive }: ArchivePlace, segment: number, salt: string): string =>
  `${archivePrefix(tenant, archive)}${segmentName(segment, salt)}`

/** Asks of every segment what reading it would ask first. */
export async function measureAll(source: SegmentSource): Promise<void> {
  for (const segment of source.manifest.segments.keys()) {
    await measure(source, segment, refusals(source.place.archive, segmentName(segment, source.salt)))
  }
}

/** Is the segment as long as the manifest says? Asked once for each: what was cut off is told before anything is read. */
function measure({ place, salt, manifest, measured }: SegmentSource, segment: number, refuse: Refusals): Promise<void> {
  const look = async (): Promise<void> => {
    const size = await place.store.size(keyOf(place, segment, salt))
    const right = manifest.segments[segment]!
    if (size === undefined) throw refuse.truncated('it is missing')
    if (size < right) throw refuse.truncated(`it has ${size} of ${right} bytes`)
    if (size > right) throw refuse.corrupt(`it has ${size} bytes, and ${right} were written`)
  }
  const asked = measured.get(segment) ?? look()
  measured.set(segment, asked)
  return asked
}
