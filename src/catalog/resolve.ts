import { type Sql, sql } from '../kernel/sql.js'
import type { TlsMode } from '../postgres/transport.js'
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
  /** Absent in catalogs of older releases; then `tls` says whether it is verified. */
  readonly sslmode?: TlsMode
  /** A reference to the authorities that sign for it; null or absent are the usual ones. */
  readonly ca?: string | null
  readonly pooler: 'none' | 'pgbouncer'
  readonly secret: string
  /** The tenant's own, from resolve_v2 on; null or absent when it has none. */
  readonly limits?: Limits | null
}

/** What a client sets in the flight that enters; null is no limit of the tenant's own. */
export interface Limits {
  readonly statementTimeoutMs: number | null
  readonly idleTimeoutMs: number | null
}

/** A slug that a tenant had. */
export interface Renamed {
  readonly renamed: string
  readonly id: string
  readonly redirects: boolean
}

/** The only statement that the application's catalog role may run, besides the one of the release before. */
export const resolveTenant = (ref: string): Sql<{ found: Resolved | Renamed | null }> =>
  sql<{ found: Resolved | Renamed | null }>`select catalog.resolve_v2(${ref}) as found`

/** For a catalog of the release before. */
export const resolveTenantV1 = (ref: string): Sql<{ found: Resolved | null }> =>
  sql<{ found: Resolved | null }>`select catalog.resolve_v1(${ref}) as found`
