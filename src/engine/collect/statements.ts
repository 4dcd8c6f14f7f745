import { takeTurn } from '../../catalog/samples.js'
import { type CountedBefore, insertStatements, keepReading, lastReading, type SlowStatement } from '../../catalog/slow-statements.js'
import { databasesOnServer, type WatchedServer } from '../../catalog/watchdog.js'
import { askCounting, askStatements, type Counted, statementsExtension } from '../../isolation/collect/slow.js'
import { rolePrefix } from '../../isolation/doctor/finding.js'
import type { Collector } from './collect.js'

const EVERY_S = 300
// Of each server and step.
const MOST = 50
// What came since a reading that is older is nobody's 5 minutes.
const OLDEST_S = 3 * EVERY_S

/** Asks a server what its statements took since it was asked last, if it is our turn, and keeps those that took most. Answers how long until the next. */
export async function collectStatements(
  { platform, eyes }: Collector,
  { systemId, adminRef }: WatchedServer,
): Promise<{ readonly restMs: number }> {
  const { catalog } = platform
  const { at, restMs } = await catalog.one(takeTurn(systemId, 'statements', EVERY_S))
  if (at === null) return { restMs }
  const server = eyes.on(adminRef)
  const { schema, loaded } = await server.one(statementsExtension)
  if (schema === null || !loaded) return { restMs }
  const databases = (await catalog.rows(databasesOnServer(systemId))).map(({ database }) => database)
  const { reset, evicted } = await server.one(askCounting(schema))
  const now = await server.rows(askStatements(schema, rolePrefix(platform.id), databases))
  const before = await catalog.maybe(lastReading(systemId))
  const counted = Object.fromEntries(now.map((one) => [keyOf(one), [one.calls, one.totalMs, one.rows] as const]))
  const slowest =
    before === undefined || before.age > OLDEST_S
      ? []
      : gainedSince(now, before.reset.getTime() === reset.getTime() ? before.counted : {}).slice(0, MOST)
  await catalog.transaction(async (tx) => {
    if (slowest.length > 0) await tx.run(insertStatements(systemId, at, slowest))
    await tx.run(keepReading(systemId, { reset, evicted, counted }))
  })
  return { restMs }
}

const keyOf = ({ database, role, queryId }: Counted): string => `${database} ${role} ${queryId}`

/** What each has gained, those first that took most. One that was forgotten for want of room has begun at nothing again. */
export function gainedSince(now: readonly Counted[], before: CountedBefore): readonly SlowStatement[] {
  return now
    .map((one) => {
      const known = before[keyOf(one)]
      const [calls, totalMs, rows] = known === undefined || known[0] > one.calls ? [0, 0, 0] : known
      return { ...one, calls: one.calls - calls, totalMs: Math.max(0, one.totalMs - totalMs), rows: Math.max(0, one.rows - rows) }
    })
    .filter(({ calls }) => calls > 0)
    .toSorted((a, b) => b.totalMs - a.totalMs)
}
