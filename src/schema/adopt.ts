import { findingsOn, othersIn } from '../isolation/adoption/findings.js'
import { forceRowSecurity, placeTenants, type TakingHome, takeHome, tenantsIn } from '../isolation/adoption/home.js'
import { changesSince, recordState } from '../isolation/adoption/state.js'
import { raiseHomeWalls } from '../isolation/walls.js'
import { sql } from '../kernel/sql.js'
import { lockTimeout, type Session } from '../postgres/session.js'
import { fingerprintOf, fingerprintOfFiles } from './fingerprint.js'
import { gate } from './gate.js'
import { isRepeatable } from './migration.js'
import { compareVersions, ledgerDigest, type Migration, newestVersion } from './migration-files.js'

export interface AdoptHome extends TakingHome {
  /** Whose rows may be in it. */
  readonly tenants: readonly string[]
  readonly migrations: readonly Migration[]
  /** `none`, `all`, a version; undefined: all when the files would have made exactly this. */
  readonly baseline: string | undefined
  readonly operation: string
}

/** What came of it; with findings nothing may be kept. */
export interface Adopted {
  readonly findings: readonly string[]
  readonly changes: readonly string[]
  readonly version: string
  readonly applied: number
  readonly digest: string
  /** Why this baseline, in words. */
  readonly because: string
}

const LOCK_TIMEOUT_MS = 5_000

/** Makes an existing schema a home, behind the gate, with its ledger and its tenants. Part of a transaction, which whoever asked keeps or rolls back. */
export async function adoptHome(session: Session, database: string, adopting: AdoptHome): Promise<Adopted> {
  const { home, names, tenantColumn, tenants, migrations, operation } = adopting
  await session.run(lockTimeout(LOCK_TIMEOUT_MS))
  // Before any table is locked, since it takes a while.
  const made =
    adopting.baseline === undefined && migrations.length > 0
      ? await fingerprintOfFiles(session, `tenantry_scratch_${home.id.slice(0, 8)}`, migrations, names)
      : undefined
  await takeHome(session, database, adopting)
  const scope = { schema: home.schema, tenantColumn }
  const subject = { schemas: [home.schema], platform: false, tenantColumn, projectColumn: tenantColumn, withoutWalls: true }
  const cheap = [
    ...(await gate(session, subject)).map(({ finding }) => finding),
    ...(await findingsOn(session, home)),
    ...(await othersIn(session, home.schema)),
  ]
  // Rows are read last, and only where the gate has found an index to read them by: every table is locked meanwhile.
  const findings = cheap.length > 0 ? cheap : await strangersIn(session, adopting)
  const { applied, because } = await baselineOf(session, adopting, made)
  const version = newestVersion(applied)
  if (findings.length === 0) {
    await raiseHomeWalls(session, home, names, tenantColumn)
    if (tenantColumn !== null && adopting.admin.superuser) await forceRowSecurity(session, home)
    for (const migration of applied) {
      await session.run(sql`
        insert into tenantry.migration (home_id, version, name, checksum, operation_id)
        values (${home.id}, ${migration.version}, ${migration.title}, ${migration.checksum}, ${operation})`)
    }
    await session.run(sql`update tenantry.home set version = ${version} where id = ${home.id}`)
    await session.run(
      placeTenants(
        home.id,
        tenants.map((tenant) => ({ tenant, epoch: 1, state: 'active' })),
      ),
    )
  }
  const changes = await changesSince(session, scope)
  await recordState(session, scope, home.id)
  return { findings, changes, version, applied: applied.length, digest: ledgerDigest(applied), because }
}

async function strangersIn(session: Session, { home, tenantColumn, tenants }: AdoptHome): Promise<readonly string[]> {
  if (tenantColumn === null) return []
  const known = new Set(tenants)
  const strangers = [...(await tenantsIn(session, home.schema, tenantColumn))].filter((id) => !known.has(id))
  if (strangers.length === 0) return []
  const some = strangers.slice(0, 3).join(', ')
  return [
    home.isolation === 'shared'
      ? `rows of ${strangers.length} tenants have been written since they were counted (${some}): try again`
      : `rows of ${strangers.length} more tenants are in it (${some}): adopt it with --isolation shared, or move their rows out first`,
  ]
}

async function baselineOf(
  session: Session,
  { home, migrations, baseline }: AdoptHome,
  made: string | undefined,
): Promise<{ readonly applied: readonly Migration[]; readonly because: string }> {
  if (migrations.length === 0) return { applied: [], because: 'the project has no migrations' }
  if (baseline === 'all') return { applied: migrations, because: 'as asked for' }
  if (baseline === 'none') return { applied: [], because: 'as asked for' }
  if (baseline !== undefined)
    return {
      applied: migrations.filter((one) => !isRepeatable(one.version) && compareVersions(one.version, baseline) <= 0),
      because: 'as asked for',
    }
  if (made !== undefined && made === (await fingerprintOf(session, home.schema)))
    return { applied: migrations, because: 'the migrations would have made exactly this schema' }
  return { applied: [], because: 'the migrations would not have made this schema, so none is taken as applied; see --baseline' }
}

/** Where a home stands that was adopted by a worker that died before it could say so. */
export async function standingOf(session: Session, home: string): Promise<Pick<Adopted, 'version' | 'applied' | 'digest'>> {
  const recorded = await session.rows(sql<{ version: string; checksum: string }>`
    select version, checksum from tenantry.migration where home_id = ${home} order by length(version), version`)
  return { version: newestVersion(recorded), applied: recorded.length, digest: ledgerDigest(recorded) }
}
