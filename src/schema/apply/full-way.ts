import { assertFence } from '../../isolation/fence.js'
import { type Relation, relationsOf, type WallPlan } from '../../isolation/walls.js'
import { stopwatch } from '../../kernel/clock.js'
import { fault } from '../../kernel/faults.js'
import { fileText, ident, type Sql, sql } from '../../kernel/sql.js'
import { sqlstate } from '../../postgres/errors.js'
import { type Database, lockTimeout, type Session } from '../../postgres/session.js'
import { failedAt } from '../forms/failed.js'
import { inTransactionText } from '../forms/outside-statements.js'
import { runProgram } from '../forms/program.js'
import { leavePlace, placeOf } from '../forms/target.js'
import { gate, gateTexts } from '../gate.js'
import { type Migration, newestVersion } from '../migration.js'
import type { Lesson } from './classes.js'
import type { ApplyContext, Target } from './context.js'
import { pendingOf, readLedger, recordMigrations } from './ledger.js'
import { lockAll, lockable, needsOf, type WantedLock } from './needs.js'
import { BUDGET_MS, isPassing, LONG_WAIT_MS, ONE_WAIT_MS, patiently } from './patience.js'

export interface Journey {
  readonly database: Database
  readonly target: Target
  /** Several only where they are to be one transaction. */
  readonly batch: readonly Migration[]
  readonly context: ApplyContext
  /** Is nothing left to apply after them? */
  readonly complete: boolean
}

/**
 * One transaction: the files, their entries in the ledger, the gate, the walls. Answers what it teaches about homes that begin alike, if anything. Throws
 * MIGRATION_REFUSED, MIGRATION_FAILED, MIGRATION_BUSY, MIGRATION_SLOW, MIGRATION_LOCKS.
 */
export async function goFullWay(journey: Journey): Promise<Lesson | undefined> {
  const { database, target, batch } = journey
  const last = batch.at(-1)!
  const standing = await database.one(standingOf(target))
  const locks: readonly WantedLock[] = standing.used ? await locksOf(journey) : []
  // A program says by itself how long it may take.
  const bound = standing.used && !isProgram(batch)
  const budgetMs = bound ? Math.max(...batch.map(({ options }) => options.budgetMs ?? BUDGET_MS)) : undefined
  try {
    return await patiently({ database, schema: target.schema, file: last.file, home: target.label, locks, budgetMs }, (wanted, limitMs) =>
      database.transaction((session, startClock) => travel(session, journey, wanted, standing, startClock), { limitMs }),
    )
  } catch (error) {
    if (isPassing(error)) throw failedAt(error, { file: last.file, home: target.label, line: last.upLine, before: '', text: '' })
    if (sqlstate(error) === '53200') throw await tooManyLocks(database, last, target.label, error)
    throw error
  }
}

const isProgram = (batch: readonly Migration[]): boolean => batch.some(({ kind }) => kind === 'program')

interface Standing {
  /** Does anybody use it? */
  readonly used: boolean
  /** The server, where the database knows flights: one that has not been raised yet does not. */
  readonly cluster: string | null
}

const standingOf = ({ home }: Target): Sql<Standing> => sql<Standing>`
  select ${home === undefined} or exists (select from tenantry.placement where home_id = ${home?.id ?? null}::uuid) as used,
         case when to_regprocedure('tenantry.home_shape(text, text, text)') is not null then (select system_identifier::text from pg_control_system()) end as cluster`

async function locksOf({ database, target, batch }: Journey): Promise<readonly WantedLock[]> {
  const found = await Promise.all(batch.map(async (migration) => database.rows(lockable(target.schema, await needsOf(migration)))))
  return found.flat()
}

async function travel(
  session: Session,
  journey: Journey,
  locks: readonly WantedLock[],
  standing: Standing,
  startClock: () => void,
): Promise<Lesson | undefined> {
  const { target, batch, context, complete } = journey
  const { home, schema, label } = target
  const { owner } = context.names
  await session.run(assertFence(context.by))
  await session.run(lockTimeout(LONG_WAIT_MS))
  // One migrator per home at a time: the second waits here, and finds the ledger written. Whoever places a tenant waits as well, and reads the new version.
  if (home !== undefined) await session.run(sql`select 1 from tenantry.home where id = ${home.id} for update`)
  else await session.run(sql`select 1 from tenantry.identity for no key update`)
  const still = pendingOf(await readLedger(session, target), target, batch)
  if (still.length === 0) return undefined
  // One that nobody uses yet is being made: it teaches nothing, and its making should not wait for the looks.
  const before = home === undefined || standing.cluster === null || !standing.used ? undefined : await session.one(lookAt(target))
  // A data step locks rows alone. To wait for one is cheaper than to begin again, and whoever holds the home at its version can go on beside it.
  const program = isProgram(batch)
  if (standing.used && !program) await session.run(lockTimeout(ONE_WAIT_MS))
  startClock()
  // Ahead of all locks on tables: scopes that hold the home at its version would wait for those. As take_home does, but for the waiting, which is ours.
  if (home !== undefined && !program) await session.run(sql`select pg_advisory_xact_lock(uuid_hash_extended(${home.id}::uuid, 7427))`)
  // For as long as its own migrations run: those of tenants must not make anything there.
  if (home === undefined) await session.run(sql`grant create on schema ${ident(schema)} to ${ident(owner)}`)
  // Anew for each: one file must not leave another elsewhere.
  const place = placeOf(target, context.names)
  if (locks.length > 0) await session.script(sql`${place}${lockAll([schema], locks, ONE_WAIT_MS)}`)
  const ran = stopwatch()
  for (const migration of still) await runFile(session, place, migration, label)
  const ranMs = ran()
  await session.script(leavePlace)
  if (home !== undefined && program && standing.cluster !== null) await session.run(sql`select tenantry.take_home(${home.id})`)
  if (standing.used && program) await session.run(lockTimeout(ONE_WAIT_MS))
  await session.run(recordMigrations(target.ledger, still, context.by))
  if (home === undefined) await session.run(sql`revoke create on schema ${ident(schema)} from ${ident(owner)}`)
  const last = still.at(-1)!
  const findings = await gate(session, {
    schemas: [schema],
    platform: home === undefined,
    tenantColumn: target.tenantColumn,
    projectColumn: context.tenantColumn,
  })
  if (findings.length > 0) throw fault('MIGRATION_REFUSED', { file: last.file, home: label, findings: gateTexts(findings) })
  // Behind the gate: the walls compare the tenant column, which must be one by then.
  const walls = await target.raiseWalls(session, complete)
  if (home === undefined) return undefined
  const lesson =
    walls === undefined || before === undefined
      ? undefined
      : await lessonOf(session, target, { locks, walls, before, ranMs, cluster: standing.cluster! })
  const version = newestVersion(still)
  if (version !== '') {
    await session.run(sql`update tenantry.home set version = ${version} where id = ${home.id}`)
    await session.run(sql`update tenantry.placement set version = ${version} where home_id = ${home.id}`)
  }
  return lesson
}

interface Look {
  readonly shape: string
  readonly rows: number
  readonly horizon: string
}

/** What a home looks like; the horizon is that of before the look. */
const lookAt = ({ schema, home, tenantColumn }: Target): Sql<Look> => sql<Look>`
  select pg_snapshot_xmin(pg_current_snapshot())::text as horizon,
         tenantry.home_shape(${schema}, ${home!.role}, ${tenantColumn}) as shape,
         (select r.total from tenantry.home_rows(array[${home!.id}::uuid], ${tenantColumn}) as r) as rows`

interface Found {
  readonly locks: readonly WantedLock[]
  readonly walls: WallPlan
  readonly before: Look
  readonly ranMs: number
  readonly cluster: string
}

/** Of the walls, what has changed anything: the rest is there in every home that was migrated before. */
async function lessonOf(session: Session, target: Target, { locks, walls, before, ranMs, cluster }: Found): Promise<Lesson> {
  const { schema, tenantColumn, home } = target
  const after = new Map((await session.rows(relationsOf(schema, tenantColumn))).map((relation) => [relation.name, secured(relation)]))
  const { shape } = await session.one(lookAt(target))
  const { rows } = await session.one(sql<{ rows: number }>`
    select tenantry.seal_home(${home!.id}, ${cluster}, ${tenantColumn}, ${shape}, ${before.horizon}::xid8) as rows`)
  const relations = walls.relations.filter((relation) => after.get(relation.name) !== secured(relation))
  const { held } = await session.one(room)
  return {
    locks,
    walls: { ...walls, relations },
    before: before.shape,
    shape,
    added: rows - before.rows,
    cluster,
    together: 1 / held,
    ranMs,
  }
}

// What the homes of a pack hold together, of the room that all on the server share: everybody has need of it.
const SHARE = 24
const room = sql<{ held: number }>`
  select count(*)::float8 * ${SHARE} / (current_setting('max_locks_per_transaction')::int * current_setting('max_connections')::int) as held
  from pg_catalog.pg_locks where pid = pg_backend_pid()`

const secured = ({ rls, policies, acl }: Relation): string => JSON.stringify([rls, [...policies].sort(), acl])

async function runFile(session: Session, place: Sql, migration: Migration, home: string): Promise<void> {
  if (migration.kind === 'program') return runProgram(session, place, migration, home, 'up')
  const text = await inTransactionText(migration)
  try {
    await session.script(sql`${place}${fileText(text)}`)
  } catch (error) {
    // That the table of locks is full, or that others are in the way, is not the file's fault.
    if (isPassing(error) || sqlstate(error) === '53200') throw error
    throw failedAt(error, { file: migration.file, home, line: migration.upLine, before: place.text, text })
  }
}

/** "Out of shared memory" says nothing: it is the table of locks that is full, for everybody. */
async function tooManyLocks(database: Database, { file }: Migration, home: string, cause: unknown): Promise<Error> {
  const { room } = await database.one(sql<{ room: number }>`
    select current_setting('max_locks_per_transaction')::int
      * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int) as room`)
  return fault('MIGRATION_LOCKS', { file, home, room }, { cause })
}
