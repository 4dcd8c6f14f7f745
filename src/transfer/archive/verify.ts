import { atOnce } from '../../kernel/at-once.js'
import { FRAME_BYTES, type OnBytes, RUN_FRAMES } from './format.js'
import { fetches, placedRuns } from './runs.js'
import { readRuns, type SegmentSource } from './stream-reader.js'

// One waits for the store while the other one is checked.
const AT_ONCE = 2
const FETCH_BYTES = RUN_FRAMES * FRAME_BYTES

/** Reads every run of every stream, which are all bytes of all segments, and stops at the first that is wrong. */
export async function verifyArchive(source: SegmentSource, onBytes: OnBytes): Promise<void> {
  const left = fetches(source.manifest.streams.flatMap(placedRuns), FETCH_BYTES).toReversed()
  await atOnce(left, AT_ONCE, async (part) => {
    for await (const _ of readRuns(source, part, onBytes));
  })
}
