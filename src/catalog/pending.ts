import { type Sql, sql } from '../kernel/sql.js'
import { databaseIsBehind } from './clusters.js'
import { type Isolation, isBehind, type TrackDigests, tenantOfHome } from './homes.js'

/** A home, or the platform tables of a database, with migrations to come. */
export interface PendingHome {
  /** Of platform tables: of the database. */
  readonly id: string
  readonly schema: string
  readonly databaseId: string
  readonly database: string
  readonly adminRef: string
  readonly isolation: Isolation | 'platform'
  readonly track: string
  readonly digest: string
  readonly tenants: number
  /** The slug of the one that it is of; null where there are many or none. */
  readonly tenant: string | null
}

/** The homes that are behind, with all that a plan needs to know of them: one query. `only` narrows to one track. */
export const pendingHomes = (digests: TrackDigests, only: string | null): Sql<PendingHome> => sql<PendingHome>`
  select h.id, h.schema_name as schema, d.id as "databaseId", d.name as database, c.admin_ref as "adminRef", h.isolation, h.track, h.digest,
         (select count(*)::int from catalog.placement p where p.home_id = h.id) as tenants,
         ${tenantOfHome(sql`h.id`)} as tenant
  from catalog.home h
  join catalog.database d on d.id = h.database_id
  join catalog.cluster c on c.id = d.cluster_id
  where ${isBehind(digests, only)}
  order by h.number`

/** The same of platform tables. */
export const pendingPlatforms = (schema: string, digest: string): Sql<PendingHome> => sql<PendingHome>`
  select d.id, ${schema}::text as schema, d.id as "databaseId", d.name as database, c.admin_ref as "adminRef", 'platform' as isolation,
         'platform' as track, d.platform_digest as digest,
         (select count(*)::int from catalog.placement p join catalog.home h on h.id = p.home_id where h.database_id = d.id) as tenants,
         null as tenant
  from catalog.database d
  join catalog.cluster c on c.id = d.cluster_id
  where ${databaseIsBehind(digest)}
  order by c.name, d.name`
