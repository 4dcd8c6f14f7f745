import { sql } from '../kernel/sql.js'
import type { Database } from '../postgres/session.js'
import { countTenantRows, type Rows } from './destroy.js'
import { isMarked } from './install.js'
import { type HomePlace, MODELS } from './model.js'

export interface LookedFor {
  readonly tenant: string
  readonly home: HomePlace
  readonly database: { readonly id: string; readonly name: string }
  /** Undefined in a project whose tables name no tenant. */
  readonly rows: Rows | undefined
}

/** What is still there of a tenant's home after it was destroyed, in words; looked up, not remembered. `database` is not asked where it should be gone. */
export async function leftOf(
  server: Database,
  database: Database,
  { tenant, home, database: place, rows }: LookedFor,
): Promise<readonly string[]> {
  const left: string[] = []
  if (home.isolation === 'database') {
    // One of this name that bears another mark is not ours.
    if (await isMarked(server, place.name, place.id)) left.push(`the database ${place.name}`)
  } else {
    const found = await database.rows(sql<{ what: string }>`
      select 'its placement' as what from tenantry.placement where tenant_id = ${tenant} and home_id = ${home.id}
      union all select 'the home' from tenantry.home where id = ${home.id} and ${!MODELS[home.isolation].manyTenants}
      union all select 'the ledger' from tenantry.migration where home_id = ${home.id} and ${!MODELS[home.isolation].manyTenants}
      union all select 'the schema' from pg_catalog.pg_namespace where nspname = ${home.schema} and ${!MODELS[home.isolation].manyTenants}`)
    left.push(...new Set(found.map(({ what }) => `${what} in ${place.name}/${home.schema}`)))
    const counted = rows === undefined ? { tables: 0, rows: 0 } : await countTenantRows(database, rows)
    if (counted.rows > 0) left.push(`${counted.rows} rows of ${counted.tables} tables in ${place.name}`)
  }
  if (!MODELS[home.isolation].manyTenants) {
    const role = await server.maybe(sql`select 1 as found from pg_catalog.pg_roles where rolname = ${home.role}`)
    if (role !== undefined) left.push(`the role ${home.role}`)
  }
  return left
}
