import type { Database } from '../../postgres/session.js'
import type { Installation } from '../install.js'
import type { HomePlace } from '../model.js'
import type { RoleNames } from '../names.js'

/** A tenant-bearing database as the catalog knows it, and a connection to it. */
export interface DatabaseSubject {
  readonly database: Database
  /** `cluster/database` */
  readonly where: string
  readonly names: RoleNames
  readonly installation: Installation
  /** It was somebody's before, who may have more in it than tenants. */
  readonly adopted: boolean
  readonly tenantColumn: string | null
  readonly hidden: Readonly<Record<string, readonly string[]>>
  /** The homes that are whole; those that an operation is making are its own affair. */
  readonly homes: readonly HomePlace[]
  /** The logins that must be let in here. */
  readonly logins: readonly string[]
}

/** A cluster as the catalog knows it, and a connection to any database of it. */
export interface ClusterSubject {
  readonly server: Database
  readonly where: string
  readonly platformId: string
  readonly names: RoleNames
  readonly hardened: boolean
  /** Live homes of this cluster, each with the name of its database. */
  readonly homes: readonly (HomePlace & { readonly database: string })[]
  readonly databases: readonly { readonly id: string; readonly name: string }[]
  readonly logins: readonly string[]
  /** Databases beside ours of which PUBLIC's right to connect was taken. */
  readonly revoked: readonly string[]
  /** Roles of others that may do more than walls allow. */
  readonly trustedRoles: readonly string[]
}
