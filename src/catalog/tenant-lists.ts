import { askedAlike, join, plannedAnew, type Sql, sql, whole } from '../kernel/sql.js'
import { allOf } from './all-of.js'
import { isBehind, TENANT_TRACK, type TrackDigests } from './homes.js'
import { type Tenant, tenantColumns, tenantSource } from './tenants.js'

/** Which tenants. What is left out narrows nothing. */
export interface TenantFilter {
  readonly state?: string | undefined
  readonly isolation?: string | undefined
  readonly service?: string | undefined
  readonly cluster?: string | undefined
  readonly region?: string | undefined
  readonly tier?: string | undefined
  /** A part of the slug or the name. */
  readonly search?: string | undefined
  /** A part of one of its domains, in lower case. */
  readonly domain?: string | undefined
  /** All of these. */
  readonly labels?: Readonly<Record<string, string>> | undefined
  /** Of the home. */
  readonly version?: string | undefined
  /** Those whose home has not applied exactly this, by track. */
  readonly behind?: TrackDigests | undefined
  readonly held?: boolean | undefined
  /** Those that are served, and of which no whole backup is kept. */
  readonly withoutBackup?: boolean | undefined
  /** Those with a home of their own of more bytes than this, as measured last. */
  readonly largerThan?: number | undefined
  /** One tenant alone, for whoever may see no other. */
  readonly only?: string | undefined
}

/** What its own row and those that belong to it tell of a tenant. Those in stock are nobody's yet, and no tenants to anyone but who asks for them. */
const ofTenant = (f: TenantFilter): Sql => {
  const labels = f.labels === undefined ? undefined : JSON.stringify(f.labels)
  return allOf([
    f.state === undefined ? sql`not starts_with(t.slug, '~')` : sql`t.state = ${f.state}`,
    f.isolation !== undefined && sql`t.isolation = ${f.isolation}`,
    f.region !== undefined && sql`t.region = ${f.region}`,
    f.tier !== undefined && sql`t.tier = ${f.tier}`,
    f.search !== undefined && sql`(strpos(t.slug, ${f.search}) > 0 or strpos(lower(t.name), lower(${f.search})) > 0)`,
    f.domain !== undefined &&
      sql`exists (select from catalog.tenant_domain n where n.tenant_id = t.id and strpos(n.domain, ${f.domain}) > 0)`,
    labels !== undefined && sql`t.labels @> ${labels}::jsonb`,
    f.held === true && sql`t.held_for is not null`,
    f.withoutBackup === true &&
      sql`t.state in ('active', 'suspended', 'read_only')
          and not exists (select from catalog.backup b where b.tenant_id = t.id and b.state = 'kept' and b.damage is null)`,
    f.only !== undefined && sql`t.id = ${f.only}::uuid`,
  ])
}

/** What its home tells, which is one for many. */
const ofHome = (f: TenantFilter): Sql =>
  allOf([
    f.service !== undefined && sql`nullif(h.track, ${TENANT_TRACK}) = ${f.service}`,
    f.cluster !== undefined && sql`c.name = ${f.cluster}`,
    f.version !== undefined && sql`h.version = ${f.version}`,
    f.behind !== undefined && isBehind(f.behind, null),
    f.largerThan !== undefined && sql`h.isolation <> 'shared' and z.bytes > ${f.largerThan}`,
  ])

const conditions = (f: TenantFilter): Sql => sql`${ofTenant(f)} and ${ofHome(f)}`

export const TENANT_SORTS = ['created', 'slug', 'name', 'since', 'size'] as const
export type TenantSort = (typeof TENANT_SORTS)[number]

interface SortKey {
  /** Never null. Of all but the size it is the first column of an index whose second is the id. */
  readonly key: Sql
  readonly kind: 'moment' | 'text' | 'number'
}

export const TENANT_SORT_KEYS: Readonly<Record<TenantSort, SortKey>> = {
  created: { key: sql`t.created_at`, kind: 'moment' },
  slug: { key: sql`t.slug`, kind: 'text' },
  name: { key: sql`lower(t.name)`, kind: 'text' },
  since: { key: sql`t.state_since`, kind: 'moment' },
  // How much of a shared home is whose, nobody knows: those, and what was never measured, are smaller than all.
  size: { key: sql`case when h.isolation = 'shared' then -1 else coalesce(z.bytes, -1) end`, kind: 'number' },
}

export interface TenantPage {
  readonly by: TenantSort
  readonly descending: boolean
  readonly after: { readonly at: string; readonly id: string } | null
  readonly limit: number
}

const AS: Readonly<Record<SortKey['kind'], (at: string) => Sql>> = {
  moment: (at) => sql`${at}::timestamptz`,
  text: (at) => sql`${at}::text`,
  number: (at) => sql`${at}::bigint`,
}

/** A tenant with what was measured of its home last. */
export interface ListedTenant extends Tenant {
  /** Null: not measured yet, or the home is shared. */
  readonly bytes: number | null
  /** That live in its home. */
  readonly homeTenants: number | null
  readonly measuredAt: Date | null
}

const measuredSource = sql`${tenantSource} left join catalog.home_fact z on z.home_id = h.id`

/**
 * A page of tenants, by keyset. The server works out the slugs and domains of those on the page alone: where it has to sort at all, it leaves what costs
 * much in the columns until after the limit.
 */
export const listTenants = (filter: TenantFilter, page: TenantPage): Sql<ListedTenant & { at: string }> =>
  asUsual(filter, page)(page.by === 'size' ? pageBySize(filter, page) : pageOf(filter, page, TENANT_SORT_KEYS[page.by].key))

// A page as most ask for it, and one row more.
const USUAL = 51

/** The list as it is without any filter is asked for again and again, and has one right plan: to find it takes longer than to go by it. */
const isUsual = (filter: TenantFilter, { limit }: TenantPage): boolean =>
  limit === USUAL && Object.values(filter).every((value) => value === undefined || value === false)

const asUsual = (filter: TenantFilter, page: TenantPage) => (isUsual(filter, page) ? askedAlike : anewAlike)

const anewAlike = <Row>(statement: Sql<Row>): Sql<Row> => askedAlike(plannedAnew(statement))

interface Among {
  readonly source: Sql
  readonly only: Sql
}

function pageOf(filter: TenantFilter, page: TenantPage, key: Sql, among?: Among): Sql<ListedTenant & { at: string }> {
  const { by, descending, after, limit } = page
  const beyond = (at: Sql, id: string): Sql =>
    descending ? sql`(${key}, t.id) < (${at}, ${id}::uuid)` : sql`(${key}, t.id) > (${at}, ${id}::uuid)`
  const wanted = [
    conditions(filter),
    ...(among === undefined ? [] : [among.only]),
    ...(after === null ? [] : [beyond(AS[TENANT_SORT_KEYS[by].kind](after.at), after.id)]),
  ]
  return sql<ListedTenant & { at: string }>`
    select ${tenantColumns}, case when h.isolation <> 'shared' then z.bytes::float8 end as bytes, z.tenants as "homeTenants",
           z.measured_at as "measuredAt", (${key})::text as at
    from ${among?.source ?? measuredSource}
    where ${join(wanted, ' and ')}
    order by ${descending ? sql`${key} desc, t.id desc` : sql`${key}, t.id`}
    limit ${isUsual(filter, page) ? whole(limit) : limit}`
}

// From the homes to the one tenant of each, and in no other order: what few tenants there are under a filter, the server guesses, and with what of them and
// of their homes is compared together it would try each with each.
const ownHomes = sql`
  catalog.home h
  left join catalog.home_fact z on z.home_id = h.id
  join lateral (select l.tenant_id, l.home_id, l.epoch from catalog.placement l where l.home_id = h.id order by l.tenant_id limit 1) p on true
  join lateral (select o.* from catalog.tenant o where o.id = p.tenant_id limit 1) t on true
  join catalog.database d on d.id = h.database_id
  join catalog.cluster c on c.id = d.cluster_id`

/**
 * Most tenants share their home, and are all of one size here, as those are that were never measured: these come in the order of their ids. Each of the three
 * kinds is found by an index of its own; together they would have to be sorted by what none has.
 */
function pageBySize(filter: TenantFilter, page: TenantPage): Sql<ListedTenant & { at: string }> {
  const { descending, after, limit } = page
  const measured = pageOf(filter, page, sql`z.bytes`, {
    source: ownHomes,
    only: sql`h.isolation <> 'shared' and z.bytes is not null`,
  })
  const ids: TenantPage = { ...page, after: null }
  const beyond =
    after === null || Number(after.at) !== -1 ? sql`true` : descending ? sql`t.id < ${after.id}::uuid` : sql`t.id > ${after.id}::uuid`
  const over = after !== null && (descending ? Number(after.at) < -1 : Number(after.at) > -1)
  const without = (source: Sql, kind: Sql): Sql => pageOf(filter, ids, sql`-1::bigint`, { source, only: sql`${kind} and ${beyond}` })
  const own = !over && filter.isolation !== 'shared'
  const shared = !over && (filter.isolation === undefined || filter.isolation === 'shared')
  const kinds = [
    measured,
    ...(own ? [without(ownHomes, sql`h.isolation <> 'shared' and z.bytes is null`)] : []),
    ...(shared ? [without(measuredSource, sql`t.isolation = 'shared'`)] : []),
  ].map((kind) => sql`(${kind})`)
  return sql<ListedTenant & { at: string }>`
    select u.* from (${join(kinds, ' union all ')}) u
    order by ${descending ? sql`u.at::bigint desc, u.id desc` : sql`u.at::bigint, u.id`}
    limit ${isUsual(filter, page) ? whole(limit) : limit}`
}

export const TENANT_FACETS = ['state', 'isolation', 'cluster', 'tier', 'version'] as const
type TenantFacet = (typeof TENANT_FACETS)[number]

/** How many there are under a filter, and how many of each kind; `by` is null where all are counted. A tenant without a tier counts as one of null. */
export const countTenantsBy = (filter: TenantFilter): Sql<{ by: TenantFacet | null; value: string | null; tenants: number }> =>
  anewAlike(sql<{ by: TenantFacet | null; value: string | null; tenants: number }>`
    select case grouping(k.state, k.isolation, k.cluster, k.tier, k.version)
             when 15 then 'state' when 23 then 'isolation' when 27 then 'cluster' when 29 then 'tier' when 30 then 'version' end as by,
           coalesce(k.state, k.isolation, k.cluster, k.tier, k.version) as value, coalesce(sum(k.tenants), 0)::int as tenants
    from (
      -- Few rows are left for the joins, and fewer for the six ways of counting.
      select t.state, t.isolation, c.name as cluster, t.tier, h.version, sum(t.tenants) as tenants
      from (
        select t.state, t.isolation, t.tier, p.home_id, count(*) as tenants
        from catalog.tenant t
        join catalog.placement p on p.tenant_id = t.id
        where ${ofTenant(filter)}
        group by t.state, t.isolation, t.tier, p.home_id
      ) t
      join catalog.home h on h.id = t.home_id
      join catalog.database d on d.id = h.database_id
      join catalog.cluster c on c.id = d.cluster_id
      left join catalog.home_fact z on z.home_id = h.id
      where ${ofHome(filter)}
      group by t.state, t.isolation, c.name, t.tier, h.version
    ) k
    group by grouping sets ((), (k.state), (k.isolation), (k.cluster), (k.tier), (k.version))
    order by grouping(k.state, k.isolation, k.cluster, k.tier, k.version), tenants desc, value`)

export interface ChosenTenant {
  readonly id: string
  readonly slug: string
}

/** All tenants under a filter, oldest first. Those in stock are never among them. */
export const chooseTenants = (filter: TenantFilter): Sql<ChosenTenant> =>
  plannedAnew(sql<ChosenTenant>`
    select t.id, t.slug
    from ${tenantSource}
    where ${conditions(filter)} and not starts_with(t.slug, '~')
    order by t.created_at, t.id`)

/** Whoever has one of these names: an id, a slug, or a slug that it had. A tenant that is named twice is there twice. */
export const namedTenants = (refs: readonly string[]): Sql<ChosenTenant & { readonly ref: string }> => sql<
  ChosenTenant & { readonly ref: string }
>`
  with named as (
    select r.ref, case when r.ref ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then r.ref::uuid end as id
    from unnest(${refs}::text[]) as r (ref)
  ),
  found as (
    select n.ref, t.id from named n join catalog.tenant t on t.id = n.id
    union
    select n.ref, t.id from named n join catalog.tenant t on t.slug = n.ref
    union
    select n.ref, f.tenant_id from named n join catalog.former_slug f on f.slug = n.ref
  )
  select f.ref, t.id, t.slug
  from found f
  join catalog.tenant t on t.id = f.id
  where not starts_with(t.slug, '~')
  order by t.created_at, t.id`

/** On which cluster each of these lives. */
export const clustersOfTenants = (ids: readonly string[]): Sql<{ id: string; cluster: string; adminRef: string }> => sql<{
  id: string
  cluster: string
  adminRef: string
}>`
  select t.id, c.name as cluster, c.admin_ref as "adminRef" from ${tenantSource} where t.id = any (${ids}::uuid[])`
