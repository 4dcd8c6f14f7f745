import { type Sql, sql } from '../kernel/sql.js'
import type { Isolation } from './homes.js'

/** All that the data plane needs to open a scope. What changes in it is checked by the database at every entry. */
export interface Resolved {
  readonly tenant: string
  readonly slug: string
  readonly state: string
  readonly isolation: Isolation
  readonly home: string
  readonly schema: string
  readonly version: string
  readonly epoch: string
  readonly databaseId: string
  readonly database: string
  readonly login: string
  readonly host: string
  readonly port: number
  readonly tls: boolean
  readonly pooler: 'none' | 'pgbouncer'
  readonly secret: string
}

/** The only statement that the application's catalog role may run. */
export const resolveTenant = (ref: string): Sql<{ found: Resolved | null }> =>
  sql<{ found: Resolved | null }>`select catalog.resolve_v1(${ref}) as found`
