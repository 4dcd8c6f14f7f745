import { type Sql, sql } from '../kernel/sql.js'
import type { TokenKey } from '../kernel/token.js'
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
  /** Whose migrations the home follows: `tenant`, or the name of a service. From resolve_v4 on. */
  readonly track?: string
  /** The tenant's own, from resolve_v2 on; null or absent when it has none. */
  readonly limits?: Limits | null
  /** The key to sign with whom one enters, from resolve_v3 on; null or absent where the database wants no token. Never to be logged. */
  readonly signing?: TokenKey | null
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

type Resolving = Sql<{ found: Resolved | Renamed | null }>

/** All that the application's catalog role may run: the newest first, then those that catalogs of older releases have. */
export const RESOLVING: readonly ((ref: string) => Resolving)[] = [
  (ref) => sql`select catalog.resolve_v4(${ref}) as found`,
  (ref) => sql`select catalog.resolve_v3(${ref}) as found`,
  (ref) => sql`select catalog.resolve_v2(${ref}) as found`,
  (ref) => sql`select catalog.resolve_v1(${ref}) as found`,
]

export const resolveTenant = RESOLVING[0]!

/** Whose a host name is, and the stamp of all domains: while it is the same, so is the answer about every host. */
export interface HostAnswer {
  readonly stamp: string
  /** Null: no tenant has it as a verified domain. */
  readonly tenant: string | null
}

/** Null asks for the stamp alone. Catalogs of older releases do not have it. */
export const askHost = (host: string | null): Sql<{ found: HostAnswer }> => sql<{ found: HostAnswer }>`
  select catalog.host_v1(${host}) as found`

/** Catalogs of older releases do not know it. */
export const askPurged = (tenant: string): Sql<{ purged: boolean }> => sql<{ purged: boolean }>`
  select catalog.purged_v1(${tenant}) as purged`

/** How the migration stands that a scope waits for. */
export interface WishAnswer {
  /** `none`: nobody has offered it. `waiting`: no worker has taken it up yet. */
  readonly state: 'none' | 'waiting' | 'running' | 'failed' | 'done'
  /** Why it has failed. */
  readonly reason?: string | null
}

/** Wishes that the home of a tenant be brought to a version. Catalogs of older releases do not know it. */
export const askWish = (tenant: string, wanted: string): Sql<{ found: WishAnswer | null }> => sql<{ found: WishAnswer | null }>`
  select catalog.wish_v1(${tenant}, ${wanted}) as found`
