import type { Run, StreamEntry } from './manifest.js'

/** A run, and where it stands: in its segment, and in its stream. */
export interface PlacedRun {
  readonly stream: number
  readonly segment: number
  readonly at: number
  /** Of its first frame. */
  readonly index: number
  /** Bytes of the stream's content in front of it. */
  readonly before: number
  /** The last one of its stream. */
  readonly isLast: boolean
  readonly run: Run
}

export function placedRuns({ segment, offset, runs }: StreamEntry, stream: number): readonly PlacedRun[] {
  let [at, index, before] = [offset, 0, 0]
  return runs.map((run, n) => {
    const placed = { stream, segment, at, index, before, isLast: n === runs.length - 1, run }
    at += run.bytes
    index += run.frames
    before += run.plainBytes
    return placed
  })
}

/** Parts of segments of about `bytes`, each to be fetched with one request: many small streams lie next to each other. */
export function fetches(runs: readonly PlacedRun[], bytes: number): readonly (readonly PlacedRun[])[] {
  const parts: PlacedRun[][] = []
  let [segment, left] = [-1, 0]
  for (const one of [...runs].sort((a, b) => a.segment - b.segment || a.at - b.at)) {
    if (one.segment !== segment || one.run.bytes > left) {
      parts.push([])
      segment = one.segment
      left = bytes
    }
    parts.at(-1)!.push(one)
    left -= one.run.bytes
  }
  return parts
}
