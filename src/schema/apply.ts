import { assertFence, raiseFence } from '../isolation/fence.js'
import type { HomePlace } from '../isolation/model.js'
import { isFault } from '../kernel/faults.js'
import type { Database } from '../postgres/session.js'
import { classOf, compiledOf, learn } from './apply/classes.js'
import type { ApplyContext, Entry, Target } from './apply/context.js'
import { fly } from './apply/flight.js'
import { goFullWay, type Journey } from './apply/full-way.js'
import { pendingOf, readLedger, saidToStandAt } from './apply/ledger.js'
import { needsOf } from './apply/needs.js'
import { applyOutside } from './forms/outside.js'
import { closePlatformLeftOpen, forgetRepeatables, goneRepeatables, homeTarget, platformTarget, renewStamp } from './forms/target.js'
import { ledgerDigest, type Migration, newestVersion, platformDigest } from './migration-files.js'
import { togetherIn } from './together.js'

export { applyTogether, packSize } from './apply/pack.js'
export type { ApplyContext }

/** Where a home or a database's platform tables stand after `apply`. */
export interface Standing {
  readonly version: string
  readonly applied: number
  readonly digest: string
  /** The files that this call applied. */
  readonly files: readonly string[]
}

/**
 * Brings a home to the newest migration: each file in one transaction with its ledger entry, behind the gate, as the owner that cannot log in. The first
 * home of a class goes the full way, and the others in one flight each, with what it has taught. `atOnce` takes all files in one transaction, for a home
 * that nobody uses yet. Throws MIGRATION_CHANGED, MIGRATION_REFUSED, MIGRATION_FAILED, MIGRATION_SLOW, MIGRATION_LOCKS, and MIGRATION_BUSY when somebody is
 * in the way; the home then stands at the last file that went through.
 */
export function applyToHome(
  database: Database,
  home: HomePlace & { readonly digest?: string },
  migrations: readonly Migration[],
  context: ApplyContext,
  atOnce = false,
): Promise<Standing> {
  const said = atOnce ? undefined : saidToStandAt(home.digest, migrations)
  return apply(database, homeTarget(database, home, context), migrations, context, atOnce, said)
}

/** The same for the platform tables of a database. */
export async function applyToPlatform(database: Database, migrations: readonly Migration[], context: ApplyContext): Promise<Standing> {
  await closePlatformLeftOpen(database, context.names)
  return apply(database, platformTarget(database, context), migrations, context, false)
}

async function apply(
  database: Database,
  target: Target,
  migrations: readonly Migration[],
  context: ApplyContext,
  atOnce: boolean,
  said?: readonly Entry[],
): Promise<Standing> {
  // Scopes that know the home at its older version learn the new one. After each commit, or they would learn the older one again; and before the first
  // as well, since whoever committed before may have died before this.
  const announce = async (): Promise<unknown> => target.home === undefined || atOnce || database.run(renewStamp(target))
  if (target.home !== undefined && !atOnce) await raiseFence(database, context.by)
  const rest: Rest = { database, target, migrations, context, atOnce, announce }
  let files: readonly string[]
  if (said !== undefined) {
    const pending = pendingOf(said, target, migrations)
    const { flown, grounded } = await flyAll(database, target, said, pending, context).catch(async (error: unknown) => {
      await announce()
      throw error
    })
    files = pending.slice(0, flown).map(({ file }) => file)
    if (flown < pending.length) files = [...files, ...(await applyRest(rest, grounded))]
  } else files = await applyRest(rest)
  return {
    version: newestVersion(migrations),
    applied: migrations.length,
    digest: target.home === undefined ? platformDigest(migrations, context.hidden) : ledgerDigest(migrations),
    files,
  }
}

/** Without a look at the ledger, for as long as flights arrive. Answers how many did, and whether the next one was tried. */
async function flyAll(
  database: Database,
  target: Target,
  ledger: readonly Entry[],
  pending: readonly Migration[],
  context: ApplyContext,
): Promise<{ readonly flown: number; readonly grounded: boolean }> {
  for (const [n, migration] of pending.entries()) {
    if (!(await mayFly(migration))) return { flown: n, grounded: false }
    const before = [...ledger, ...pending.slice(0, n)]
    const mine = classOf(context, database, target, before, migration)
    const compiled = await compiledOf(mine)
    if (compiled === undefined) return { flown: n, grounded: false }
    if (!(await fly(database, target, before, migration, context, mine, compiled))) return { flown: n, grounded: true }
  }
  return { flown: pending.length, grounded: false }
}

const mayFly = async (migration: Migration): Promise<boolean> =>
  migration.kind === 'sql' && migration.options.transaction && (await needsOf(migration)).plain

interface Rest {
  readonly database: Database
  readonly target: Target
  readonly migrations: readonly Migration[]
  readonly context: ApplyContext
  readonly atOnce: boolean
  readonly announce: () => Promise<unknown>
}

/** What is pending by the ledger itself. `grounded`: the first of them has been tried in a flight. */
async function applyRest({ database, target, migrations, context, atOnce, announce }: Rest, grounded = false): Promise<readonly string[]> {
  await announce()
  let ledger = await readLedger(database, target)
  const pending = pendingOf(ledger, target, migrations)
  const gone = goneRepeatables(
    ledger.map(({ version }) => version),
    migrations,
  )
  if (gone.length > 0) {
    await database.transaction((session) => forgetRepeatables(session, target, context, gone))
    ledger = ledger.filter(({ version }) => !gone.includes(version))
  }
  // Columns may be hidden, or shown, without a migration.
  if (target.home === undefined && pending.length === 0) await raiseAgain(database, target, context)
  const journey = { database, target, context }
  if (atOnce) {
    const batches = await togetherIn(database, pending)
    for (const batch of batches) await goAtOnce({ ...journey, batch, complete: batch === batches.at(-1) })
  } else {
    for (const [n, migration] of pending.entries()) {
      const one = { ...journey, batch: [migration], complete: n === pending.length - 1 }
      if (!(await applyOne(one, ledger, grounded && n === 0))) await announce()
      ledger = [...ledger.filter(({ version }) => version !== migration.version), migration]
    }
  }
  return pending.map(({ file }) => file)
}

/** Answers whether it flew. */
async function applyOne(journey: Journey, ledger: readonly Entry[], grounded: boolean): Promise<boolean> {
  const { database, target, context } = journey
  const migration = journey.batch[0]!
  if (!migration.options.transaction) {
    await applyOutside(database, target, migration, context)
    return false
  }
  const mine = target.home !== undefined && (await mayFly(migration)) ? classOf(context, database, target, ledger, migration) : undefined
  const compiled = mine === undefined || grounded ? undefined : await compiledOf(mine)
  if (mine !== undefined && compiled !== undefined && (await fly(database, target, ledger, migration, context, mine, compiled))) return true
  const going = goFullWay(journey)
  if (mine !== undefined) {
    const leading = settled(going).then(() => {
      if (mine.leading === leading) mine.leading = undefined
    })
    mine.leading ??= leading
  }
  const lesson = await going
  if (mine !== undefined && lesson !== undefined) learn(mine, lesson)
  return false
}

const settled = (promise: Promise<unknown>): Promise<unknown> => promise.catch(() => {})

/** In one transaction, or one by one where the server has no room for so many locks. */
async function goAtOnce(journey: Journey): Promise<void> {
  const { batch } = journey
  try {
    await goFullWay(journey)
  } catch (error) {
    if (!isFault(error, 'MIGRATION_LOCKS') || batch.length === 1) throw error
    for (const migration of batch)
      await goFullWay({ ...journey, batch: [migration], complete: journey.complete && migration === batch.at(-1) })
  }
}

async function raiseAgain(database: Database, target: Target, context: ApplyContext): Promise<void> {
  await database.transaction(async (session) => {
    await session.run(assertFence(context.by))
    await target.raiseWalls(session, true)
  })
}
