import { assertFence, type FencingToken } from '../../isolation/fence.js'
import { type HomePlace, tenantColumnOf } from '../../isolation/model.js'
import { EXTENSION_SCHEMA, PLATFORM_SCHEMA, type RoleNames } from '../../isolation/names.js'
import { assertHidden, raiseHomeWalls, raisePlatformWalls, type WallPlan } from '../../isolation/walls.js'
import { fault } from '../../kernel/faults.js'
import { ident, type Sql, sql } from '../../kernel/sql.js'
import { type Database, lockTimeout, type Session } from '../../postgres/session.js'
import { gate, gateTexts } from '../gate.js'
import { isRepeatable, type Migration, newestVersion } from '../migration.js'

/** A home, or the platform tables of a database, as files are run in it. */
export interface FormTarget {
  /** Under which its ledger is kept. */
  readonly ledger: string
  readonly schema: string
  readonly label: string
  /** Undefined: the platform tables. */
  readonly home: HomePlace | undefined
  readonly tenantColumn: string | null
  /** `complete` says that nothing is left to apply: all that the configuration speaks of must be there. Answers what the walls of a home were made from. */
  readonly raiseWalls: (session: Session, complete: boolean) => Promise<WallPlan | undefined>
}

/** One object for all homes of an operation: what the first home of a class teaches is kept with it. */
export interface FormContext {
  readonly names: RoleNames
  readonly tenantColumn: string | null
  /** Columns of platform tables that no tenant may read, by table. */
  readonly hidden: Readonly<Record<string, readonly string[]>>
  readonly by: FencingToken
}

export interface LedgerEntry {
  readonly version: string
  readonly checksum: string
}

// The ledger of platform tables uses this in place of a home's id.
export const PLATFORM_LEDGER = '00000000-0000-0000-0000-000000000000'

export function homeTarget(database: Database, home: HomePlace, context: Omit<FormContext, 'by'>): FormTarget {
  const tenantColumn = tenantColumnOf(home, context.tenantColumn)
  return {
    ledger: home.id,
    schema: home.schema,
    label: `${database.config.database}.${home.schema}`,
    home,
    tenantColumn,
    raiseWalls: (session) => raiseHomeWalls(session, home, context.names, tenantColumn),
  }
}

export function platformTarget(database: Database, context: Omit<FormContext, 'by'>): FormTarget {
  return {
    ledger: PLATFORM_LEDGER,
    schema: PLATFORM_SCHEMA,
    label: `${database.config.database}.${PLATFORM_SCHEMA}`,
    home: undefined,
    tenantColumn: context.tenantColumn,
    raiseWalls: async (session, complete) => {
      await raisePlatformWalls(session, context.names, context.tenantColumn, context.hidden)
      if (complete) await assertHidden(session, context.hidden)
      return undefined
    },
  }
}

const LOCK_TIMEOUT_MS = 5_000

export const ledgerEntries = (ledger: string): Sql<LedgerEntry> => sql<LedgerEntry>`
  select version, checksum from tenantry.migration where home_id = ${ledger}`

/** Begins a transaction that changes the ledger of a target: as a worker that still may, and as the only migrator at it. */
async function holdAt(session: Session, target: FormTarget, { by }: FormContext): Promise<void> {
  await session.run(assertFence(by))
  await session.run(lockTimeout(LOCK_TIMEOUT_MS))
  if (target.home === undefined) await session.run(sql`select 1 from tenantry.identity for no key update`)
  else await session.run(sql`select 1 from tenantry.home where id = ${target.ledger} for update`)
}

/** The same for one that changes the target itself. */
export async function beginAt(session: Session, target: FormTarget, context: FormContext): Promise<void> {
  await holdAt(session, target, context)
  // Ahead of all locks on tables, also those of the walls: scopes that hold the home at its version would wait for those.
  if (target.home !== undefined) await session.run(sql`select tenantry.take_home(${target.ledger})`)
}

/** As whom and where files run. */
export const placeOf = (target: FormTarget, names: RoleNames): Sql => sql`
  set local role ${ident(names.owner)}; set local search_path = ${ident(target.schema)}, ${ident(EXTENSION_SCHEMA)}, pg_temp;\n`

export const leavePlace = sql`set local role none; set local search_path = ''`

/** Ends a transaction that changed a target: the gate, the walls, and the version that scopes are told. Throws MIGRATION_REFUSED. */
export async function finishAt(session: Session, target: FormTarget, context: FormContext, file: string): Promise<readonly LedgerEntry[]> {
  const findings = await gate(session, {
    schemas: [target.schema],
    platform: target.home === undefined,
    tenantColumn: target.tenantColumn,
    projectColumn: context.tenantColumn,
  })
  if (findings.length > 0) throw fault('MIGRATION_REFUSED', { file, home: target.label, findings: gateTexts(findings) })
  // Behind the gate: the walls compare the tenant column, which must be one by then.
  await target.raiseWalls(session, false)
  const left = await session.rows(ledgerEntries(target.ledger))
  if (target.home !== undefined) {
    const version = newestVersion(left)
    await session.run(sql`update tenantry.home set version = ${version} where id = ${target.ledger}`)
    await session.run(sql`update tenantry.placement set version = ${version} where home_id = ${target.ledger}`)
  }
  return left
}

export const recordApplied = (target: FormTarget, { version, title, checksum }: Migration, { by }: FormContext): Sql => sql`
  insert into tenantry.migration (home_id, version, name, checksum, operation_id)
  values (${target.ledger}, ${version}, ${title}, ${checksum}, ${by.operation})`

/** For as long as its own migrations run: those of tenants must not make anything there. */
export async function openPlatformSchema(session: Session, target: FormTarget, { names }: FormContext): Promise<void> {
  if (target.home === undefined) await session.run(sql`grant create on schema ${ident(target.schema)} to ${ident(names.owner)}`)
}

export async function closePlatformSchema(session: Session, target: FormTarget, { names }: FormContext): Promise<void> {
  if (target.home === undefined) await session.run(sql`revoke create on schema ${ident(target.schema)} from ${ident(names.owner)}`)
}

/** How the only migrator that runs statements outside of transactions is known. */
export const outsideTurn = (ledger: string): Sql => sql`hashtextextended(${`tenantry outside ${ledger}`}, 7427)`

/** Closes what a worker that died has left open. Whoever is still at work closes it by itself. */
export async function closePlatformLeftOpen(database: Database, names: RoleNames): Promise<void> {
  const { open } = await database.one(sql<{ open: boolean }>`
    select coalesce(has_schema_privilege(r.oid, to_regnamespace(${PLATFORM_SCHEMA}), 'create') and not r.rolsuper, false) as open
    from pg_catalog.pg_roles r
    where r.rolname = ${names.owner}`)
  if (!open) return
  await database.transaction(async (session) => {
    const { idle } = await session.one(sql<{ idle: boolean }>`select pg_try_advisory_xact_lock(${outsideTurn(PLATFORM_LEDGER)}) as idle`)
    if (idle) await session.run(sql`revoke create on schema ${ident(PLATFORM_SCHEMA)} from ${ident(names.owner)}`)
  })
}

/** Forgets repeatable files that are no more, so that the ledger says what there is. */
export async function forgetRepeatables(
  session: Session,
  target: FormTarget,
  context: FormContext,
  gone: readonly string[],
): Promise<void> {
  await holdAt(session, target, context)
  await session.run(sql`delete from tenantry.migration where home_id = ${target.ledger} and version = any(${gone}::text[])`)
}

/** Of a ledger: the repeatable files that are not among these. */
export function goneRepeatables(applied: Iterable<string>, migrations: readonly Migration[]): readonly string[] {
  const there = new Set(migrations.map(({ version }) => version))
  return [...applied].filter((version) => isRepeatable(version) && !there.has(version))
}

/** Scopes that know the home at another version learn this one. */
export const renewStamp = (target: FormTarget): Sql => sql`
  select tenantry.renew_stamp() where exists (select 1 from tenantry.placement where home_id = ${target.ledger})`
