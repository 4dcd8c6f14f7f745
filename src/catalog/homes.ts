import { askedAlike, type Sql, sql } from '../kernel/sql.js'

export type Isolation = 'shared' | 'schema' | 'database'
export const ISOLATIONS = ['shared', 'schema', 'database'] as const

/** The track of homes that follow the migrations of tenants; every other track is the name of a service. */
export const TENANT_TRACK = 'tenant'

/** Of a home as an operation has journaled it: one that was begun before services says nothing of a track. */
export const trackOf = (home: { readonly track?: string }): string => home.track ?? TENANT_TRACK

/** One set of tenant tables at one schema version, with where it is. */
export interface Home {
  readonly id: string
  readonly number: number
  readonly databaseId: string
  readonly isolation: Isolation
  /** Which migrations it follows. */
  readonly track: string
  readonly schema: string
  readonly role: string
  readonly login: string
  readonly state: 'creating' | 'live'
  readonly version: string
  readonly applied: number
  readonly digest: string
}

/** Of a home `h`. */
export const homeColumns = sql`
  h.id, h.number::int as number, h.database_id as "databaseId", h.isolation, h.track, h.schema_name as schema, h.role_name as role,
  h.login_name as login, h.state, h.version, h.applied, h.digest`

export const homeById = (id: string): Sql<Home> => sql<Home>`select ${homeColumns} from catalog.home h where h.id = ${id}`

export const sharedHomeOf = (database: string): Sql<Home> => sql<Home>`
  select ${homeColumns} from catalog.home h where h.database_id = ${database} and h.isolation = 'shared' and h.state = 'live'`

/**
 * Of a home `h`: its one tenant is being destroyed, and it goes as well. It stays in the catalog until it is gone, but nobody examines it or brings it up
 * to date. A shared home outlives its tenants.
 */
export const isGoing: Sql = sql`(
  h.isolation <> 'shared'
  and exists (
    select from catalog.placement gp join catalog.tenant gt on gt.id = gp.tenant_id where gp.home_id = h.id and gt.state = 'purging'
  ))`

/** Of a home by this id: the slug of the one tenant that it is of. Null of a shared one, of a warm one, and where no such home is. */
export const tenantOfHome = (home: Sql): Sql => sql`(
  select t.slug
  from catalog.home oh
  join catalog.placement op on op.home_id = oh.id
  join catalog.tenant t on t.id = op.tenant_id
  where oh.id = ${home} and oh.isolation <> 'shared' and not starts_with(t.slug, '~'))`

/** In a home by this id: how many tenants live there. Those that are nobody's yet are not counted; they are few, so the others need not be looked at. */
export const tenantsIn = (home: Sql): Sql => sql`(
  (select count(*) from catalog.placement lp where lp.home_id = ${home})
  - (select count(*) from catalog.tenant st join catalog.placement sp on sp.tenant_id = st.id where starts_with(st.slug, '~') and sp.home_id = ${home})
)::int`

/** Who else lives in a home: how many there are, and the first of them by name. Those that are nobody's yet are not counted. */
export const sharersOf = (home: string, tenant: string, most: number): Sql<{ others: number; slugs: readonly string[] }> => sql<{
  others: number
  slugs: readonly string[]
}>`
  select count(*)::int as others, coalesce((array_agg(t.slug order by t.slug))[1:${most}], '{}') as slugs
  from catalog.placement p
  join catalog.tenant t on t.id = p.tenant_id
  where p.home_id = ${home} and p.tenant_id <> ${tenant} and not starts_with(t.slug, '~')`

/** What the homes of each track should have applied, as digests. */
export type TrackDigests = Readonly<Record<string, string>>

/** Of a home `h`: it is live and has not applied exactly what the digest of its track says. `only` narrows to one track. */
export const isBehind = (digests: TrackDigests, only: string | null): Sql => sql`(
  h.state = 'live'
  and not ${isGoing}
  and h.digest is distinct from ${JSON.stringify(digests)}::jsonb ->> h.track
  and (${only}::text is null or h.track = ${only}))`

/**
 * The live homes that have not applied exactly what the digest of their track says: all that a fleet migration needs to know, in one query. Those of a
 * track without a digest are among them. `only` narrows to one track.
 */
export const homesBehind = (digests: TrackDigests, only: string | null): Sql<Home> => sql<Home>`
  select ${homeColumns}
  from catalog.home h
  where ${isBehind(digests, only)}
  order by h.number`

/** One of the homes that have applied exactly what the digest says. */
export const homeAtDigest = (track: string, digest: string): Sql<Home> => sql<Home>`
  select ${homeColumns}
  from catalog.home h
  where h.state = 'live' and h.track = ${track} and h.digest = ${digest} and not ${isGoing}
  order by h.number
  limit 1`

export const nextHomeNumber = sql<{ number: number }>`select nextval(pg_get_serial_sequence('catalog.home', 'number'))::int as number`

export const insertHome = (
  home: Pick<Home, 'id' | 'number' | 'databaseId' | 'isolation' | 'track' | 'schema' | 'role' | 'login'>,
): Sql => sql`
  insert into catalog.home (id, number, database_id, isolation, track, schema_name, role_name, login_name, state)
  overriding system value
  values (${home.id}, ${home.number}, ${home.databaseId}, ${home.isolation}, ${home.track}, ${home.schema}, ${home.role}, ${home.login}, 'creating')`

export const homeIsLive = (id: string): Sql => sql`update catalog.home set state = 'live' where id = ${id}`

export const recordHomeVersion = (id: string, version: string, applied: number, digest: string): Sql => sql`
  update catalog.home set version = ${version}, applied = ${applied}, digest = ${digest} where id = ${id}`

/** What a batch of a fleet migration has reached, in one statement. */
export const recordHomeVersions = (
  standings: readonly { readonly home: string; readonly version: string; readonly applied: number; readonly digest: string }[],
): Sql => sql`
  update catalog.home h
  set version = s.version, applied = s.applied, digest = s.digest
  from unnest(
    ${standings.map(({ home }) => home)}::uuid[],
    ${standings.map(({ version }) => version)}::text[],
    ${standings.map(({ applied }) => applied)}::int[],
    ${standings.map(({ digest }) => digest)}::text[]
  ) as s (id, version, applied, digest)
  where h.id = s.id`

export interface HomeInFleet {
  readonly id: string
  readonly cluster: string
  readonly adminRef: string
  /** That it serves; those that are nobody's yet are not counted. */
  readonly tenants: number
  readonly labels: readonly Readonly<Record<string, string>>[]
  readonly tiers: readonly string[]
}

/** Where homes are and whom they serve. Labels and tiers only where waves ask for them: a shared home has many. */
export const homesInFleet = (homes: readonly string[], described: boolean): Sql<HomeInFleet> => sql<HomeInFleet>`
  select h.id, c.name as cluster, c.admin_ref as "adminRef",
         count(t.id) filter (where not starts_with(t.slug, '~'))::int as tenants,
         coalesce(jsonb_agg(distinct t.labels) filter (where ${described} and t.labels <> '{}'), '[]') as labels,
         coalesce(array_agg(distinct t.tier) filter (where ${described} and t.tier is not null), '{}') as tiers
  from catalog.home h
  join catalog.database d on d.id = h.database_id
  join catalog.cluster c on c.id = d.cluster_id
  left join catalog.placement p on p.home_id = h.id
  left join catalog.tenant t on t.id = p.tenant_id
  where h.id = any (${homes}::uuid[])
  group by h.id, c.id`

/** Of groups of tenants, by a label or a tier, those that no tenant with a home is in: by their place in the list. */
export const emptyGroups = (
  groups: readonly { readonly labels?: Readonly<Record<string, string>>; readonly tier?: string }[],
): Sql<{ place: number }> => sql<{ place: number }>`
  select g.place::int as place
  from jsonb_array_elements(${JSON.stringify(groups)}::jsonb) with ordinality as g (one, place)
  where not exists (
    select from catalog.tenant t
    join catalog.placement p on p.tenant_id = t.id
    where t.labels @> coalesce(g.one -> 'labels', '{}') and (g.one ->> 'tier' is null or t.tier = g.one ->> 'tier'))
  order by g.place`

export const deleteHome = (id: string): Sql => sql`delete from catalog.home where id = ${id}`

/** The login role of a cluster that is a member of the fewest homes' roles, and how many there are. */
export const loginLoad = (cluster: string): Sql<{ login: string; homes: number }> => sql<{ login: string; homes: number }>`
  select h.login_name as login, count(*)::int as homes
  from catalog.home h
  join catalog.database d on d.id = h.database_id
  where d.cluster_id = ${cluster}
    -- Those that serve one home alone have no room for another.
    and h.login_name !~ '_app_'
  group by h.login_name
  order by homes, login`

export interface HomeStatus {
  readonly track: string
  readonly version: string
  readonly isolation: Isolation
  readonly homes: number
  readonly tenants: number
  readonly current: boolean
}

/** Track by track and version by version: how many homes and tenants stand there. Visits no home. */
export const homeStatus = (digests: TrackDigests): Sql<HomeStatus> =>
  askedAlike(sql<HomeStatus>`
  select h.track, h.version, h.isolation, count(*)::int as homes, coalesce(sum(p.tenants), 0)::int as tenants,
         h.digest is not distinct from ${JSON.stringify(digests)}::jsonb ->> h.track as current
  from catalog.home h
  left join (select home_id, count(*) as tenants from catalog.placement group by home_id) p on p.home_id = h.id
  where h.state = 'live' and not ${isGoing}
  group by h.track, h.version, h.isolation, current
  order by h.track <> ${TENANT_TRACK}, h.track, h.version, h.isolation`)
