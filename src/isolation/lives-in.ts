import { type Sql, sql } from '../kernel/sql.js'

/** Does the database let the tenant into this home, or keep it there for nobody to enter? Where it has moved away from, rows are left that are no longer its own. */
export const livesIn = (tenant: string, home: string): Sql<{ here: boolean }> => sql<{ here: boolean }>`
  select exists (
    select from tenantry.placement where tenant_id = ${tenant} and home_id = ${home} and state <> 'moved'
  ) as here`
