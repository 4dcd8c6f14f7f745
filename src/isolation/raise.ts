import { fault } from '../kernel/faults.js'
import { filesToApply, labelOf } from '../kernel/ledger.js'
import { type Sql, sql } from '../kernel/sql.js'
import { patientTransaction } from '../postgres/patient.js'
import type { Database, Session } from '../postgres/session.js'
import { assertFence, type FencingToken } from './fence.js'
import { admitPlatformRoles, grantEntry, type Installation } from './install.js'
import { applyHomeFiles, filesFor, homeLedger, lockHomeLedger } from './ledger.js'

export interface RaiseOptions {
  /** How the database is called in faults: `cluster/database`. */
  readonly where: string
  /** How long open scopes may keep it from the locks that it needs. Afterwards: PLATFORM_BUSY, and nothing was changed. */
  readonly withinMs: number
}

/**
 * Brings a tenant-bearing database to the newest of our files: all that it lacks, in one transaction that waits for no lock for long, so that scopes go
 * on. Answers the files that this call applied. Throws DATABASE_OCCUPIED, VERSION_SKEW, INSTALLATION_CHANGED, PLATFORM_BUSY.
 */
export async function raiseDatabase(
  database: Database,
  by: FencingToken,
  installation: Installation,
  { where, withinMs }: RaiseOptions,
): Promise<readonly string[]> {
  const { files, hardened, platformId } = installation
  return patientTransaction(
    database,
    async (session) => {
      await assertOurs(session, installation, where)
      await session.run(assertFence(by))
      await session.run(lockHomeLedger)
      const missing = filesFor(filesToApply('sql/home', where, files, await session.rows(homeLedger)), hardened)
      if (missing.length === 0) return []
      await applyHomeFiles(session, missing, files)
      await admitPlatformRoles(session, installation)
      for (const { login } of await session.rows(admitted(platformId))) await grantEntry(session, login, hardened)
      return missing.map(labelOf)
    },
    { withinMs, busy: (waitedMs) => fault('PLATFORM_BUSY', { where, waitedMs: Math.round(waitedMs) }) },
  )
}

/** The logins that may enter here, whichever side of their pair they are. */
const admitted = (platformId: string): Sql<{ login: string }> => sql<{ login: string }>`
  select r.rolname::text as login
  from pg_catalog.pg_roles r
  where starts_with(r.rolname, ${`tny_${platformId}_app`})
    and pg_catalog.has_schema_privilege(r.rolname, 'tenantry', 'usage')
  order by 1`

async function assertOurs(session: Session, { databaseId, platformId }: Installation, where: string): Promise<void> {
  const { there } = await session.one(sql<{ there: boolean }>`select to_regclass('tenantry.identity') is not null as there`)
  if (!there) throw fault('DATABASE_OCCUPIED', { database: where, what: 'is not tenant-bearing' })
  const found = await session.maybe(
    sql<{ databaseId: string; platformId: string }>`
      select database_id as "databaseId", platform_id as "platformId" from tenantry.identity`,
  )
  if (found?.databaseId !== databaseId || found.platformId !== platformId)
    throw fault('DATABASE_OCCUPIED', { database: where, what: 'is not the one that the catalog means' })
}
