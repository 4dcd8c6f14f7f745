import { assertFence, type FencingToken } from '../isolation/fence.js'
import { type HomePlace, tenantColumnOf } from '../isolation/model.js'
import { EXTENSION_SCHEMA, PLATFORM_SCHEMA, type RoleNames } from '../isolation/names.js'
import { assertHidden, raiseHomeWalls, raisePlatformWalls } from '../isolation/walls.js'
import { fault, isFault } from '../kernel/faults.js'
import { fileText, ident, type Sql, sql } from '../kernel/sql.js'
import { DriverError, isDiskFull } from '../postgres/errors.js'
import { type Database, lockTimeout, type Session } from '../postgres/session.js'
import { gate, gateTexts } from './gate.js'
import { compareVersions, ledgerDigest, type Migration, platformDigest } from './migration-files.js'

export interface ApplyContext {
  readonly names: RoleNames
  readonly tenantColumn: string | null
  /** Columns of platform tables that no tenant may read, by table. */
  readonly hidden: Readonly<Record<string, readonly string[]>>
  readonly by: FencingToken
}

/** Where a home or a database's platform tables stand after `apply`. */
export interface Standing {
  readonly version: string
  readonly applied: number
  readonly digest: string
  /** The files that this call applied. */
  readonly files: readonly string[]
}

// The ledger of platform tables uses this in place of a home's id.
export const PLATFORM_LEDGER = '00000000-0000-0000-0000-000000000000'
const MIGRATION_LOCK_TIMEOUT_MS = 5_000

interface Target {
  readonly ledger: string
  readonly schema: string
  readonly label: string
  readonly platform: boolean
  readonly tenantColumn: string | null
  /** `complete` says that nothing is left to apply: all that the configuration speaks of must be there. */
  readonly raiseWalls: (session: Session, complete: boolean) => Promise<void>
}

/**
 * Brings a home to the newest migration: each file in one transaction with its ledger entry, behind the gate, as the owner that cannot log in. `atOnce`
 * takes all files in one transaction, for a home that nobody uses yet. Throws MIGRATION_CHANGED, MIGRATION_REFUSED or MIGRATION_FAILED; the home then
 * stands at the last file that went through.
 */
export function applyToHome(
  database: Database,
  home: HomePlace,
  migrations: readonly Migration[],
  context: ApplyContext,
  atOnce = false,
): Promise<Standing> {
  const tenantColumn = tenantColumnOf(home, context.tenantColumn)
  return apply(
    database,
    {
      ledger: home.id,
      schema: home.schema,
      label: `${database.config.database}.${home.schema}`,
      platform: false,
      tenantColumn,
      raiseWalls: (session) => raiseHomeWalls(session, home, context.names, tenantColumn),
    },
    migrations,
    context,
    atOnce,
  )
}

/** The same for the platform tables of a database. */
export function applyToPlatform(database: Database, migrations: readonly Migration[], context: ApplyContext): Promise<Standing> {
  return apply(
    database,
    {
      ledger: PLATFORM_LEDGER,
      schema: PLATFORM_SCHEMA,
      label: `${database.config.database}.${PLATFORM_SCHEMA}`,
      platform: true,
      tenantColumn: context.tenantColumn,
      raiseWalls: async (session, complete) => {
        await raisePlatformWalls(session, context.names, context.tenantColumn, context.hidden)
        if (complete) await assertHidden(session, context.hidden)
      },
    },
    migrations,
    context,
    false,
  )
}

async function apply(
  database: Database,
  target: Target,
  migrations: readonly Migration[],
  context: ApplyContext,
  atOnce: boolean,
): Promise<Standing> {
  const pending = await pendingOf(database, target, migrations)
  // Columns may be hidden, or shown, without a migration.
  if (target.platform && pending.length === 0) await raiseAgain(database, target, context)
  const batches = atOnce ? (pending.length === 0 ? [] : [pending]) : pending.map((migration) => [migration])
  // Scopes that know the home at its older version learn the new one. After each commit, or they would learn the older one again; and before the first
  // as well, since whoever committed before may have died before this.
  const announce = async (): Promise<unknown> => target.platform || atOnce || database.run(renewStamp(target.ledger))
  await announce()
  for (const batch of batches) {
    await applyBatch(database, target, batch, context, batch === batches.at(-1))
    await announce()
  }
  return {
    version: migrations.at(-1)?.version ?? '',
    applied: migrations.length,
    digest: target.platform ? platformDigest(migrations, context.hidden) : ledgerDigest(migrations),
    files: pending.map((migration) => migration.file),
  }
}

const ledgerOf = (ledger: string): Sql<{ version: string; checksum: string }> => sql<{ version: string; checksum: string }>`
  select version, checksum from tenantry.migration where home_id = ${ledger}`

async function pendingOf(session: Session, target: Target, migrations: readonly Migration[]): Promise<readonly Migration[]> {
  const applied = new Map((await session.rows(ledgerOf(target.ledger))).map((row) => [row.version, row.checksum]))
  for (const migration of migrations) {
    const checksum = applied.get(migration.version)
    if (checksum !== undefined && checksum !== migration.checksum)
      throw fault('MIGRATION_CHANGED', { file: migration.file, home: target.label })
  }
  const pending = migrations.filter((migration) => !applied.has(migration.version))
  const newest = [...applied.keys()].sort(compareVersions).at(-1)
  const late = pending.find((migration) => newest !== undefined && compareVersions(migration.version, newest) < 0)
  if (late !== undefined) {
    const findings = [`is older than ${newest}, which has been applied already: give it a newer version`]
    throw fault('MIGRATION_REFUSED', { file: late.file, home: target.label, findings })
  }
  return pending
}

async function applyBatch(
  database: Database,
  target: Target,
  batch: readonly Migration[],
  context: ApplyContext,
  complete: boolean,
): Promise<void> {
  await database.transaction(async (session) => {
    await session.run(assertFence(context.by))
    // One migrator per home at a time: the second waits here, and finds the ledger written.
    if (!target.platform) await session.run(sql`select 1 from tenantry.home where id = ${target.ledger} for update`)
    else await session.run(sql`select 1 from tenantry.identity for no key update`)
    const still = await pendingOf(session, target, batch)
    if (still.length === 0) return
    await session.run(lockTimeout(MIGRATION_LOCK_TIMEOUT_MS))
    // For as long as its own migrations run: those of tenants must not make anything there.
    if (target.platform) await session.run(sql`grant create on schema ${ident(target.schema)} to ${ident(context.names.owner)}`)
    // Anew for each: one file must not leave another elsewhere.
    const place = sql`set local role ${ident(context.names.owner)}; set local search_path = ${ident(target.schema)}, ${ident(EXTENSION_SCHEMA)}, pg_temp;\n`
    for (const migration of still) await runFile(session, place, migration, target.label)
    await session.script(sql`set local role none; set local search_path = ''`)
    await session.run(recordMigrations(target.ledger, still, context.by))
    if (target.platform) await session.run(sql`revoke create on schema ${ident(target.schema)} from ${ident(context.names.owner)}`)
    const last = still.at(-1)!
    const findings = await gate(session, {
      schemas: [target.schema],
      platform: target.platform,
      tenantColumn: target.tenantColumn,
      projectColumn: context.tenantColumn,
    })
    if (findings.length > 0) throw fault('MIGRATION_REFUSED', { file: last.file, home: target.label, findings: gateTexts(findings) })
    // Behind the gate: the walls compare the tenant column, which must be one by then.
    await target.raiseWalls(session, complete)
    if (!target.platform) {
      await session.run(sql`update tenantry.home set version = ${last.version} where id = ${target.ledger}`)
      await session.run(sql`update tenantry.placement set version = ${last.version} where home_id = ${target.ledger}`)
    }
  })
}

const recordMigrations = (ledger: string, migrations: readonly Migration[], by: FencingToken): Sql => sql`
  insert into tenantry.migration (home_id, version, name, checksum, operation_id)
  select ${ledger}::uuid, version, name, checksum, ${by.operation}::uuid
  from unnest(
    ${migrations.map(({ version }) => version)}::text[],
    ${migrations.map(({ title }) => title)}::text[],
    ${migrations.map(({ checksum }) => checksum)}::text[]
  ) as applied (version, name, checksum)`

const renewStamp = (home: string): Sql => sql`
  select tenantry.renew_stamp() where exists (select 1 from tenantry.placement where home_id = ${home})`

async function raiseAgain(database: Database, target: Target, context: ApplyContext): Promise<void> {
  await database.transaction(async (session) => {
    await session.run(assertFence(context.by))
    await target.raiseWalls(session, true)
  })
}

async function runFile(session: Session, place: Sql, migration: Migration, home: string): Promise<void> {
  try {
    await session.script(sql`${place}${fileText(migration.up)}`)
  } catch (error) {
    // That the disk is full is not the file's fault.
    if (isFault(error) || !(error instanceof DriverError) || isDiskFull(error)) throw error
    const before = [...migration.up].slice(0, Math.max(0, Number(error.position ?? 1) - 1 - [...place.text].length)).join('')
    const line = error.position === undefined ? undefined : migration.upLine + before.split('\n').length - 1
    const reason = error.detail === undefined ? error.message : `${error.message} (${error.detail})`
    throw fault('MIGRATION_FAILED', { file: migration.file, home, reason, ...(line === undefined ? {} : { line }) }, { cause: error })
  }
}
