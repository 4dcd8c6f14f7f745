import { databaseById, liveDatabases, type TenantDatabase } from '../../catalog/clusters.js'
import { type Home, homeAtDigest, homeById, TENANT_TRACK } from '../../catalog/homes.js'
import { findTenant } from '../../catalog/tenants.js'
import type { Fail } from '../../engine/operation.js'
import type { Platform } from '../../engine/platform.js'
import { visit } from '../../engine/visit.js'
import { tenantColumnOf } from '../../isolation/model.js'
import { PLATFORM_SCHEMA } from '../../isolation/names.js'
import { newId } from '../../kernel/clock.js'
import { isFault } from '../../kernel/faults.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import { lockTimeout } from '../../postgres/session.js'
import { ledgerDigest, readMigrations } from '../../schema/migration-files.js'
import { inScratchHome } from '../../schema/scratch-home.js'
import { type Relations, readRelations } from '../../schema/typescript/relations.js'

export interface FoundTables {
  readonly relations: Relations
  readonly schema: string
  readonly tenantColumn: string | null
  /** In words. */
  readonly from: string
}

type Failing = Fail<'TENANT_NOT_FOUND' | 'CLUSTER_NEEDED' | 'MIGRATION_FAILED'>

const LOCK_TIMEOUT_MS = 2_000

/** The tables of the named tenant's home; without one, of a home that has applied all files; where there is none, of one that is built and rolled back. */
export async function readTables(platform: Platform, tenant: string | undefined, fail: Failing): Promise<FoundTables> {
  const { catalog, config } = platform
  if (tenant !== undefined) {
    const found = await catalog.maybe(findTenant(checkTenantRef(tenant)))
    if (found === undefined) throw fail('TENANT_NOT_FOUND', { tenant })
    return fromHome(platform, await catalog.one(homeById(found.home)), `the home of tenant "${found.slug}"`)
  }
  const migrations = await readMigrations(config.migrations, 'tenant')
  const home = await catalog.maybe(homeAtDigest(TENANT_TRACK, ledgerDigest(migrations)))
  if (home !== undefined) return fromHome(platform, home, 'a home at the newest migration')
  const [database] = await catalog.rows(liveDatabases)
  if (database === undefined) throw fail('CLUSTER_NEEDED', {})
  return fromFiles(platform, database, migrations, fail)
}

async function fromHome(platform: Platform, home: Home, from: string): Promise<FoundTables> {
  const database = await platform.catalog.one(databaseById(home.databaseId))
  const relations = await visit(platform, database, (opened) =>
    opened.transaction((session) => readRelations(session, [home.schema, PLATFORM_SCHEMA]), { readOnly: true }),
  )
  return { relations, schema: home.schema, tenantColumn: tenantColumnOf(home, platform.config.tenantColumn), from }
}

async function fromFiles(
  platform: Platform,
  database: TenantDatabase,
  migrations: Awaited<ReturnType<typeof readMigrations>>,
  fail: Failing,
): Promise<FoundTables> {
  const schema = `tenantry_scratch_${newId().slice(0, 8)}`
  let file = ''
  try {
    const relations = await visit(platform, database, (opened) =>
      opened.transaction(async (session) => {
        // A file that refers to a platform table locks it for a moment.
        await session.run(lockTimeout(LOCK_TIMEOUT_MS))
        const read = () => readRelations(session, [schema, PLATFORM_SCHEMA])
        return inScratchHome(session, schema, migrations, platform.names, read, (migration) => {
          file = migration.file
        })
      }),
    )
    return { relations, schema, tenantColumn: platform.config.tenantColumn, from: 'the migrations' }
  } catch (error) {
    if (isFault(error)) throw error
    const reason = (error as Error).message
    throw fail('MIGRATION_FAILED', { file, home: 'a scratch home', reason })
  }
}
