import { takeTurn } from '../../catalog/samples.js'
import {
  type CountedBefore,
  type HeavyStatement,
  insertStatements,
  keepReading,
  keepTexts,
  lastReading,
  type SlowStatement,
} from '../../catalog/slow-statements.js'
import { databasesOnServer, type WatchedServer } from '../../catalog/watchdog.js'
import { askCounting, askStatements, type Counted, statementsExtension } from '../../isolation/collect/slow.js'
import { askVersion, majorOf } from '../../isolation/collect/versions.js'
import { rolePrefix } from '../../isolation/doctor/finding.js'
import { withoutConstants } from '../../kernel/constants.js'
import type { Collector } from './collect.js'

export const EVERY_S = 300
// Of each server and step, and of those that Prometheus is told of.
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
  const major = majorOf((await server.one(askVersion)).version)
  const { reset, evicted } = await server.one(askCounting(schema))
  const now = await server.rows(askStatements(schema, major, rolePrefix(platform.id), databases))
  const before = await catalog.maybe(lastReading(systemId))
  const counted = Object.fromEntries(now.map((one) => [keyOf(one), [one.calls, one.totalMs, one.rows] as const]))
  const slowest =
    before === undefined || before.age > OLDEST_S
      ? []
      : gainedSince(now, before.reset.getTime() === reset.getTime() ? before.counted : {})
          .slice(0, MOST)
          .map((one) => ({ ...one, text: withoutConstants(one.text) }))
  await catalog.transaction(async (tx) => {
    if (slowest.length > 0) {
      await tx.run(keepTexts(slowest.map(({ text }) => text)))
      await tx.run(insertStatements(systemId, at, slowest))
    }
    await tx.run(keepReading(systemId, { reset, evicted, counted, heaviest: heaviestOf(now) }))
  })
  return { restMs }
}

const keyOf = ({ database, role, queryId, toplevel }: Counted): string => `${database} ${role} ${queryId}${toplevel ? '' : ' nested'}`

/** For Prometheus: of all homes of a database together, since labels with thousands of values are what stops one. Nested ones are in those that called them. */
export function heaviestOf(now: readonly Counted[]): readonly HeavyStatement[] {
  const found = new Map<string, HeavyStatement>()
  for (const { database, queryId, toplevel, calls, totalMs, rows, readMs, writeMs } of now) {
    if (!toplevel) continue
    const key = `${database} ${queryId}`
    const sum = found.get(key) ?? { database, queryId, calls: 0, seconds: 0, rows: 0, readSeconds: 0, writeSeconds: 0 }
    found.set(key, {
      ...{ database, queryId, calls: sum.calls + calls, seconds: sum.seconds + totalMs / 1_000, rows: sum.rows + rows },
      ...{ readSeconds: sum.readSeconds + readMs / 1_000, writeSeconds: sum.writeSeconds + writeMs / 1_000 },
    })
  }
  return [...found.values()].toSorted((a, b) => b.seconds - a.seconds).slice(0, MOST)
}

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
