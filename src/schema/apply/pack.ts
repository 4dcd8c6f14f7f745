import { raiseFence } from '../../isolation/fence.js'
import type { HomePlace } from '../../isolation/model.js'
import { stopwatch } from '../../kernel/clock.js'
import { sqlstate } from '../../postgres/errors.js'
import type { Database } from '../../postgres/session.js'
import { homeTarget } from '../forms/target.js'
import { ledgerDigest, type Migration } from '../migration.js'
import { inTheWay, named } from './blockers.js'
import { classOf, type HomeClass, limitPack, PACK_MS } from './classes.js'
import type { ApplyContext, Entry, Target } from './context.js'
import { flightOf } from './flight.js'
import { pendingOf, saidToStandAt } from './ledger.js'
import { needsOf } from './needs.js'
import { BUDGET_MS } from './patience.js'

type ToldHome = HomePlace & { readonly digest: string }

/** How many homes that stand like this one may go in one transaction: one, until a first has shown what all the files do that they lack. */
export async function packSize(
  database: Database,
  home: ToldHome,
  migrations: readonly Migration[],
  context: ApplyContext,
): Promise<number> {
  const legs = await legsOf(database, home, migrations, context)
  return legs.length === 0 ? 1 : Math.min(...legs.map(({ mine }) => (mine.compiled === undefined ? 1 : mine.pack)))
}

/**
 * Brings several homes of one database that stand alike to the newest migration: each file in one flight for all of them. Answers those that have arrived:
 * without the homes that somebody is in the way of, and none when a flight has failed. The others go by themselves, and tell why. Throws TN010 alone.
 */
export async function applyTogether<H extends ToldHome>(
  database: Database,
  homes: readonly H[],
  migrations: readonly Migration[],
  context: ApplyContext,
): Promise<readonly H[]> {
  const legs = await legsOf(database, homes[0]!, migrations, context)
  const locks = legs.flatMap(({ mine }) => mine.compiled?.locks ?? [])
  const free: H[] = []
  for (const home of homes) if (locks.length === 0 || named(await inTheWay(database, home.schema, locks)).length === 0) free.push(home)
  const targets = free.map((home) => homeTarget(database, home, context))
  if (targets.length < 2 || legs.length === 0) return []
  await raiseFence(database, context.by)
  for (const leg of legs) if (!(await flyTogether(database, targets, leg, context))) return []
  return free
}

/** A file that homes of one class lack. */
interface Leg {
  readonly migration: Migration
  readonly ledger: readonly Entry[]
  readonly mine: HomeClass
}

/** None when one of the files is to be had by each home alone. */
async function legsOf(
  database: Database,
  home: ToldHome,
  migrations: readonly Migration[],
  context: ApplyContext,
): Promise<readonly Leg[]> {
  const said = saidToStandAt(home.digest, migrations)
  if (said === undefined) return []
  const target = homeTarget(database, home, context)
  const legs: Leg[] = []
  let ledger = said
  for (const migration of pendingOf(said, target, migrations)) {
    const { kind, options } = migration
    // Whoever says how long his file may take, says it of one home.
    if (kind !== 'sql' || !options.transaction || options.budgetMs !== undefined || !(await needsOf(migration)).plain) return []
    legs.push({ migration, ledger, mine: classOf(context, database, target, ledger, migration) })
    ledger = [...ledger, migration]
  }
  return legs
}

// Those who have their locks wait for those who have not.
const WAIT_MS = 30

/** Answers false, and has changed nothing, when one of them is not like the others, or somebody is in the way of one. */
async function flyTogether(
  database: Database,
  targets: readonly Target[],
  { migration, ledger, mine }: Leg,
  context: ApplyContext,
): Promise<boolean> {
  const { compiled } = mine
  if (compiled === undefined) return false
  const took = stopwatch()
  try {
    await database.message(flightOf(targets, ledgerDigest(ledger), migration, context, compiled, WAIT_MS), BUDGET_MS)
  } catch (error) {
    if (sqlstate(error) === 'TN010') throw error
    // Too long, or too many locks, is the next one as well. Somebody in the way, or a home unlike the others, is met less often by fewer.
    if (['57014', '53200'].includes(sqlstate(error) ?? '')) limitPack(mine, 1)
    else mine.pack = Math.min(mine.mostInPack, Math.max(2, Math.floor(mine.pack / 2)))
    return false
  }
  mine.flown += targets.length
  const ms = took()
  if (ms > PACK_MS.long) limitPack(mine, targets.length / 2)
  else mine.pack = ms > PACK_MS.grows ? Math.max(1, mine.pack - 1) : Math.min(mine.mostInPack, mine.pack + 1)
  return true
}
