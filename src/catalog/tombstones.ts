import { type Sql, sql } from '../kernel/sql.js'

/** What was destroyed with a tenant. Rows are counted where tables are shared; elsewhere the size says more than a count that would read everything. */
export interface Destroyed {
  readonly tables: number
  readonly rows: number | null
  readonly bytes: number | null
}

export interface Tombstone {
  readonly id: string
  readonly slug: string
  readonly name: string
  readonly isolation: string
  readonly cluster: string
  readonly database: string
  readonly schema: string
  readonly createdAt: Date
  readonly deletedAt: Date
  readonly purgedAt: Date
  readonly purgedBy: string
  readonly operation: string
  /** Why there is no final backup; null where there is one. */
  readonly waiver: string | null
  readonly backup: string | null
  /** Why its archives and the keys to them must stay. */
  readonly heldFor: string | null
  readonly destroyed: Destroyed
}

const columns = sql`
  tenant_id as id, slug, name, isolation, cluster, database, schema_name as schema, created_at as "createdAt", deleted_at as "deletedAt",
  purged_at as "purgedAt", purged_by as "purgedBy", operation_id as operation, waiver, backup_id as backup, held_for as "heldFor", destroyed`

/** Copies what the catalog knows of a tenant that is being purged; the actor is that of the operation. */
export const insertTombstone = (
  tenant: string,
  operation: string,
  { waiver, backup, destroyed }: Pick<Tombstone, 'waiver' | 'backup' | 'destroyed'>,
): Sql => sql`
  insert into catalog.tombstone
    (tenant_id, slug, name, isolation, cluster, database, schema_name, created_at, deleted_at, purged_by, operation_id, waiver, backup_id, destroyed)
  select t.id, t.slug, t.name, t.isolation, c.name, d.name, h.schema_name, t.created_at, t.deleted_at, o.actor, o.id, ${waiver}, ${backup},
         ${JSON.stringify(destroyed)}::jsonb
  from catalog.tenant t
  join catalog.placement p on p.tenant_id = t.id
  join catalog.home h on h.id = p.home_id
  join catalog.database d on d.id = h.database_id
  join catalog.cluster c on c.id = d.cluster_id
  join catalog.operation o on o.id = ${operation}
  where t.id = ${tenant}`

export const findTombstone = (tenant: string): Sql<Tombstone> => sql<Tombstone>`
  select ${columns} from catalog.tombstone where tenant_id = ${tenant}`

/** Those with this id or slug, newest first; held until the transaction ends. */
export const lockTombstones = (ref: string): Sql<Tombstone> => sql<Tombstone>`
  select ${columns} from catalog.tombstone where slug = ${ref} or tenant_id::text = ${ref} order by purged_at desc limit 20 for update`

export const setTombstoneHold = (tenant: string, reason: string | null): Sql =>
  sql`update catalog.tombstone set held_for = ${reason} where tenant_id = ${tenant}`

export const tombstonesOf = (ref: string): Sql<Tombstone> => sql<Tombstone>`
  select ${columns} from catalog.tombstone where slug = ${ref} or tenant_id::text = ${ref} order by purged_at desc limit 20`

/** A page of tombstones, newest first, by keyset. */
export const listTombstones = (f: {
  readonly search: string | null
  readonly after: { readonly at: string; readonly id: string } | null
  readonly limit: number
}): Sql<Tombstone & { at: string }> => sql<Tombstone & { at: string }>`
  select ${columns}, purged_at::text as at
  from catalog.tombstone
  where (${f.search}::text is null or strpos(slug, ${f.search}) > 0 or tenant_id::text = ${f.search})
    and (${f.after?.at ?? null}::timestamptz is null
      or (purged_at, tenant_id) < (${f.after?.at ?? null}::timestamptz, ${f.after?.id ?? null}::uuid))
  order by purged_at desc, tenant_id desc
  limit ${f.limit}`
