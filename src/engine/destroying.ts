import { deleteTenantRows, dropTables, refreshViews } from '../isolation/destroy.js'
import type { FencingToken } from '../isolation/fence.js'
import { dropMarkedDatabase } from '../isolation/install.js'
import { dropHome, dropHomeRole, type HomePlace, MODELS, removePlacement } from '../isolation/model.js'
import { databaseOf, type Platform } from './platform.js'

/** A tenant that is to be no more, and where it is. */
export interface Doomed {
  readonly tenant: string
  /** How messages name it. */
  readonly slug: string
  readonly adminRef: string
  readonly database: { readonly id: string; readonly name: string }
  readonly home: HomePlace
  readonly superuser: boolean
  /** Another home of the tenant in the same database stays, and with it the tenant's rows in platform tables. */
  readonly keepsPlatformRows?: boolean
}

/** Destroys a tenant's rows, tables, home and role, in transactions that each take a bounded number of locks. Repeatable. */
export async function destroyTenant(platform: Platform, doomed: Doomed, by: FencingToken): Promise<void> {
  const { home } = doomed
  const server = platform.connect(doomed.adminRef)
  if (home.isolation === 'database') {
    await dropMarkedDatabase(server, doomed.database.name, doomed.database.id)
  } else {
    const database = databaseOf(platform, doomed)
    await deleteRows(platform, doomed, by)
    if (home.isolation === 'shared') {
      await refreshViews(database, home.schema, by)
      await removePlacement(database, doomed.tenant, home.id, by)
    } else {
      await dropTables(database, doomed.slug, home, by)
      await dropHome(database, home, by)
    }
  }
  if (!MODELS[home.isolation].manyTenants) await server.transaction((session) => dropHomeRole(session, home))
}

/** Deletes a tenant's rows from tables that others share with it. */
export async function deleteRows(platform: Platform, doomed: Doomed, by: FencingToken): Promise<void> {
  const rows = rowsOf(platform, doomed)
  if (rows !== undefined) await deleteTenantRows(databaseOf(platform, doomed), rows, platform.names, doomed, by)
}

/** Undefined in a project without a tenant column, whose platform tables hold no tenant's rows. */
export const rowsOf = (platform: Platform, { tenant, home, keepsPlatformRows }: Pick<Doomed, 'tenant' | 'home' | 'keepsPlatformRows'>) =>
  platform.config.tenantColumn === null
    ? undefined
    : {
        tenant,
        tenantColumn: platform.config.tenantColumn,
        schema: home.isolation === 'shared' ? home.schema : null,
        platform: keepsPlatformRows !== true,
      }
