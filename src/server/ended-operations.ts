import type { Platform } from '../engine/platform.js'
import { countUnsucceeded, type EndedOperations, endedOperations, settledUntil } from './statements.js'

interface Tally {
  /** All that ended until then were counted once, and are not read again. */
  readonly until: string
  readonly counted: ReadonlyMap<string, EndedOperations>
}

const tallies = new WeakMap<Platform, Promise<Tally>>()
const NOTHING: Tally = { until: '-infinity', counted: new Map() }

/**
 * Operations that have ended, by name and how. Only those are read that have ended since the last look, and a while before it: what is written as ended may
 * become visible later. An operation that failed and was tried again has ended twice.
 */
export async function endedOf(platform: Platform): Promise<readonly EndedOperations[]> {
  let recent: readonly EndedOperations[] = []
  // One look after the other: what one has counted, the next does not.
  const before = tallies.get(platform) ?? Promise.resolve(NOTHING)
  const tally = before.then(async (last) => {
    const { until } = await platform.catalog.one(settledUntil)
    const found = await platform.catalog.rows(endedOperations(last.until, until))
    recent = found.filter(({ settled }) => !settled)
    return {
      until,
      counted: together(
        last.counted,
        found.filter(({ settled }) => settled),
      ),
    }
  })
  // A look that failed has counted nothing.
  tallies.set(
    platform,
    tally.catch(() => before),
  )
  return [...together((await tally).counted, recent).values()]
}

/** All operations by state, those that ended long ago among them. */
export async function countOperations(platform: Platform): Promise<readonly { readonly state: string; readonly operations: number }[]> {
  const [ended, others] = await Promise.all([endedOf(platform), platform.catalog.rows(countUnsucceeded)])
  // What has succeeded stays so; what has failed may be tried again.
  const succeeded = ended.filter(({ state }) => state === 'succeeded').reduce((sum, { operations }) => sum + operations, 0)
  return succeeded === 0 ? others : [...others, { state: 'succeeded', operations: succeeded }]
}

function together(counted: ReadonlyMap<string, EndedOperations>, more: readonly EndedOperations[]): ReadonlyMap<string, EndedOperations> {
  const sums = new Map(counted)
  for (const one of more) {
    const key = `${one.operation} ${one.state}`
    const sum = sums.get(key)
    const added = sum === undefined ? one : { ...sum, operations: sum.operations + one.operations, seconds: sum.seconds + one.seconds }
    sums.set(key, added)
  }
  return sums
}
