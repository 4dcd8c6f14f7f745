import { type Sql, sql } from '../kernel/sql.js'
import { type Home, homeColumns } from './homes.js'

export type BesideKind = 'restored' | 'former'

/** A home of a tenant that its placement does not name, and where it is. */
export interface Beside extends Home {
  readonly tenant: string
  readonly kind: BesideKind
  readonly standing: 'making' | 'kept' | 'going'
  readonly backup: string | null
  /** Only some tables have their rows: nobody is to live there. */
  readonly partial: boolean
  readonly madeAt: Date
  readonly until: Date | null
  /** Its grace has ended, by the catalog's clock. */
  readonly over: boolean
  readonly note: string | null
  readonly database: string
  readonly cluster: string
  readonly adminRef: string
  readonly hardened: boolean
}

const besides = sql`
  select ${homeColumns}, b.tenant_id as tenant, b.kind, b.state as standing, b.backup_id as backup, b.partial, b.made_at as "madeAt", b.until,
         coalesce(b.until <= clock_timestamp(), false) as over, b.note, d.name as database, c.name as cluster, c.admin_ref as "adminRef", c.hardened
  from catalog.beside b
  join catalog.home h on h.id = b.home_id
  join catalog.database d on d.id = h.database_id
  join catalog.cluster c on c.id = d.cluster_id`

export const besidesOf = (tenant: string): Sql<Beside> => sql<Beside>`${besides} where b.tenant_id = ${tenant} order by b.made_at, h.number`

/** Touches no row where the tenant has one in this home already. */
export const insertBeside = (b: {
  readonly tenant: string
  readonly home: string
  readonly kind: BesideKind
  readonly standing: 'making' | 'kept'
  readonly backup?: string | null
  readonly partial?: boolean
  /** Counted from now; null: until somebody drops it. */
  readonly graceMs: number | null
  readonly note?: string | null
}): Sql => sql`
  insert into catalog.beside (home_id, tenant_id, kind, state, backup_id, partial, until, note)
  select ${b.home}, ${b.tenant}, ${b.kind}, ${b.standing}, ${b.backup ?? null}, ${b.partial ?? false},
         clock_timestamp() + make_interval(secs => ${b.graceMs === null ? null : b.graceMs / 1_000}), ${b.note ?? null}
  where not exists (select from catalog.placement p where p.tenant_id = ${b.tenant} and p.home_id = ${b.home})
  on conflict do nothing`

export const setBesideState = (tenant: string, home: string, state: Beside['standing']): Sql => sql`
  update catalog.beside set state = ${state} where tenant_id = ${tenant} and home_id = ${home}`

export const deleteBeside = (tenant: string, home: string): Sql =>
  sql`delete from catalog.beside where tenant_id = ${tenant} and home_id = ${home}`

/** Nobody examines the home or brings it up to date while it is not live. */
export const setHomeState = (home: string, state: Home['state']): Sql => sql`update catalog.home set state = ${state} where id = ${home}`

/** Former homes whose grace has ended, by this clock. Of tenants that are held, purged, or in somebody's hands none. */
export const besidesOver: Sql<{ tenant: string; home: string }> = sql<{ tenant: string; home: string }>`
  select b.tenant_id as tenant, b.home_id as home
  from catalog.beside b
  join catalog.tenant t on t.id = b.tenant_id
  where b.until <= clock_timestamp()
    and b.state <> 'making'
    and t.held_for is null
    and t.state <> 'purging'
    and not exists (select from catalog.operation o where o.subject = t.id and o.state in ('running', 'undoing'))
  order by b.until
  limit 20`

export interface LeftBeside {
  readonly slug: string
  readonly home: string
  readonly where: string
  /** Nobody is at work on it; null: it is whole. */
  readonly stuck: 'making' | 'going' | null
  readonly until: Date | null
}

/** Those of a cluster that should have gone, or that nobody has brought to an end. A worker may take an hour for it. */
export const besidesLeft = (cluster: string): Sql<LeftBeside> => sql<LeftBeside>`
  select t.slug, h.id as home, d.name || '/' || h.schema_name as where, nullif(b.state, 'kept') as stuck, b.until
  from catalog.beside b
  join catalog.tenant t on t.id = b.tenant_id
  join catalog.home h on h.id = b.home_id
  join catalog.database d on d.id = h.database_id
  where d.cluster_id = ${cluster}
    and t.state <> 'purging'
    and not exists (select from catalog.operation o where o.subject = t.id and o.state in ('running', 'undoing'))
    and (b.state <> 'kept' or (b.until < clock_timestamp() - interval '1 hour' and t.held_for is null))
  order by b.made_at`

/** On a cluster that is to be removed. */
export const besidesOn = (cluster: string): Sql<{ homes: number }> => sql<{ homes: number }>`
  select count(*)::int as homes
  from catalog.beside b
  join catalog.home h on h.id = b.home_id
  join catalog.database d on d.id = h.database_id
  where d.cluster_id = ${cluster}`

/** Of those who live in a home, and of those who once did or may yet. */
export const besidesAbout = (home: string): Sql<{ homes: number }> => sql<{ homes: number }>`
  select count(*)::int as homes
  from catalog.beside b
  where b.home_id = ${home} or b.tenant_id in (select p.tenant_id from catalog.placement p where p.home_id = ${home})`

/** Whose rows are still in a home that nobody of them lives in. */
export const besidesIn = (home: string): Sql<{ homes: number }> => sql<{ homes: number }>`
  select count(*)::int as homes from catalog.beside b where b.home_id = ${home}`

/** The catalog follows what the databases have decided; an older epoch than the known one changes nothing. */
export const recordMove = (tenant: string, home: string, epoch: number): Sql => sql`
  with placed as (
    update catalog.placement set home_id = ${home}, epoch = ${epoch} where tenant_id = ${tenant} and epoch < ${epoch} returning tenant_id, home_id
  )
  update catalog.tenant t
  set isolation = h.isolation
  from placed
  join catalog.home h on h.id = placed.home_id
  where t.id = placed.tenant_id and t.isolation <> h.isolation`

export const recordEpoch = (tenant: string, epoch: number): Sql =>
  sql`update catalog.placement set epoch = ${epoch} where tenant_id = ${tenant} and epoch < ${epoch}`
