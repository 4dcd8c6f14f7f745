import { type Sql, sql } from '../kernel/sql.js'

/** By database, role, query and whether it was sent by itself: calls, milliseconds, rows. */
export type CountedBefore = Readonly<Record<string, readonly [calls: number, totalMs: number, rows: number]>>

export interface StatementReading {
  readonly reset: Date
  /** Seconds since it was taken. */
  readonly age: number
  readonly counted: CountedBefore
}

export const lastReading = (systemId: string): Sql<StatementReading> => sql<StatementReading>`
  select r.reset, extract(epoch from clock_timestamp() - r.at)::float8 as age, r.counted from catalog.statement_reading r where r.system_id = ${systemId}`

/** What a server has counted of a statement, of all homes in a database together. */
export interface HeavyStatement {
  readonly database: string
  readonly queryId: string
  readonly calls: number
  readonly seconds: number
  readonly rows: number
  readonly readSeconds: number
  readonly writeSeconds: number
}

export interface NewReading {
  readonly reset: Date
  readonly evicted: number
  readonly counted: CountedBefore
  readonly heaviest: readonly HeavyStatement[]
}

export const keepReading = (systemId: string, { reset, evicted, counted, heaviest }: NewReading): Sql => sql`
  insert into catalog.statement_reading (system_id, at, reset, evicted, counted, heaviest)
  values (${systemId}, clock_timestamp(), ${reset}, ${evicted}, ${JSON.stringify(counted)}::jsonb, ${JSON.stringify(heaviest)}::jsonb)
  on conflict (system_id) do update
    set at = excluded.at, reset = excluded.reset, evicted = excluded.evicted, counted = excluded.counted, heaviest = excluded.heaviest`

/** Of all servers that were asked not too long ago, each of the cluster whose database it is. */
export const heaviestStatements = (freshS: number): Sql<HeavyStatement & { readonly cluster: string }> => sql<
  HeavyStatement & { readonly cluster: string }
>`
  select c.name as cluster, h.database, h."queryId", h.calls, h.seconds, h.rows, h."readSeconds", h."writeSeconds"
  from catalog.statement_reading r
  cross join lateral jsonb_to_recordset(r.heaviest)
    as h (database text, "queryId" text, calls float8, seconds float8, rows float8, "readSeconds" float8, "writeSeconds" float8)
  join catalog.cluster c on c.system_id = r.system_id
  join catalog.database d on d.cluster_id = c.id and d.name = h.database
  where r.at > clock_timestamp() - make_interval(secs => ${freshS})
  order by c.name, h.database, h."queryId"`

export interface SlowStatement {
  readonly database: string
  readonly role: string
  readonly queryId: string
  readonly toplevel: boolean
  /** Without constants. */
  readonly text: string
  readonly calls: number
  readonly totalMs: number
  readonly rows: number
  readonly maxMs: number
}

const digestOf = (text: Sql): Sql => sql`sha256(convert_to(${text}, 'UTF8'))`

/** Texts that are not there yet. In one order, so that two workers do not wait for each other. */
export const keepTexts = (texts: readonly string[]): Sql => sql`
  insert into catalog.statement_text (digest, text, seen_at)
  select distinct on (${digestOf(sql`n.text`)}) ${digestOf(sql`n.text`)}, n.text, clock_timestamp()
  from unnest(${texts}::text[]) as n (text)
  order by 1
  on conflict (digest) do update set seen_at = excluded.seen_at`

/** Each of the cluster whose database it ran in; one that was removed meanwhile has none. Their texts are there. */
export const insertStatements = (systemId: string, at: Date, statements: readonly SlowStatement[]): Sql => sql`
  insert into catalog.slow_statement (cluster_id, at, database, role, query_id, toplevel, text_id, calls, total_ms, rows, max_ms)
  select c.id, ${at}, n.database, n.role, n."queryId", n.toplevel, t.id, n.calls, n."totalMs", n.rows, n."maxMs"
  from jsonb_to_recordset(${JSON.stringify(statements)}::jsonb)
    as n (database text, role text, "queryId" text, toplevel boolean, text text, calls float8, "totalMs" float8, rows float8, "maxMs" float8)
  join catalog.statement_text t on t.digest = ${digestOf(sql`n.text`)}
  join catalog.database d on d.name = n.database
  join catalog.cluster c on c.id = d.cluster_id and c.system_id = ${systemId}
  on conflict do nothing`

export const removeOldStatements = (keptMs: number, most: number): Sql => sql`
  delete from catalog.slow_statement
  where ctid = any (array(
    select s.ctid
    from catalog.slow_statement s
    where s.at < now() - make_interval(secs => ${keptMs / 1_000})
    order by s.at
    limit ${most}::int
  ))`

/** Of statements that are gone: a day later, so that none is missed that was seen again in this moment. */
export const removeOldTexts = (keptMs: number): Sql => sql`
  delete from catalog.statement_text where seen_at < clock_timestamp() - make_interval(secs => ${keptMs / 1_000}) - interval '1 day'`

export const STATEMENT_SORTS = ['total', 'mean', 'longest', 'calls'] as const
export type StatementSort = (typeof STATEMENT_SORTS)[number]

const ORDERS: Readonly<Record<StatementSort, Sql>> = {
  total: sql`sum(s.total_ms)`,
  mean: sql`sum(s.total_ms) / nullif(sum(s.calls), 0)`,
  longest: sql`max(s.max_ms)`,
  calls: sql`sum(s.calls)`,
}

export interface ListedStatement extends SlowStatement {
  readonly cluster: string
  readonly meanMs: number
  readonly isolation: 'shared' | 'schema' | 'database' | null
  /** Of a home of one tenant. */
  readonly tenant: string | null
  readonly slug: string | null
  /** How many tenants live in the home of the role. */
  readonly tenants: number
}

export interface StatementFilter {
  /** Name; null: all clusters. */
  readonly cluster: string | null
  /** Only what ran as the role of this home. */
  readonly home: string | null
  readonly since: { readonly at: string } | { readonly secondsAgo: number }
  readonly sort: StatementSort
  readonly limit: number
}

/**
 * Those that took most. A role is one home's: so statements of tenants with a home of their own are told apart, also where their query id is one. What is added
 * up has no texts: only of those that are told they are read.
 */
export const listStatements = (f: StatementFilter): Sql<ListedStatement> => sql<ListedStatement>`
  with found as (
    select s.cluster_id, s.database, s.role, s.query_id as "queryId", s.toplevel, max(s.text_id) as text_id,
           sum(s.calls) as calls, sum(s.total_ms) as "totalMs", sum(s.total_ms) / nullif(sum(s.calls), 0) as "meanMs", sum(s.rows) as rows,
           max(s.max_ms) as "maxMs", ${ORDERS[f.sort]} as place
    from catalog.slow_statement s
    join catalog.cluster c on c.id = s.cluster_id
    where (${f.cluster}::text is null or c.name = ${f.cluster})
      and (${f.home}::uuid is null or s.role = (select h.role_name from catalog.home h where h.id = ${f.home}::uuid))
      and s.at >= ${'at' in f.since ? sql`${f.since.at}::timestamptz` : sql`clock_timestamp() - make_interval(secs => ${f.since.secondsAgo})`}
    group by s.cluster_id, s.database, s.role, s.query_id, s.toplevel
    -- An older process keeps no such texts.
    having max(s.text_id) is not null
    order by place desc nulls last, s.query_id, s.role, s.toplevel desc
    limit ${f.limit}::int
  )
  select c.name as cluster, f.database, f.role, f."queryId", f.toplevel, x.text, f.calls, f."totalMs", coalesce(f."meanMs", 0) as "meanMs", f.rows,
         f."maxMs", h.isolation, case when h.isolation <> 'shared' then o.tenant end as tenant, case when h.isolation <> 'shared' then o.slug end as slug,
         coalesce(o.tenants, 0) as tenants
  from found f
  join catalog.statement_text x on x.id = f.text_id
  join catalog.cluster c on c.id = f.cluster_id
  left join catalog.home h on h.role_name = f.role
  left join lateral (
    select count(*)::int as tenants, min(t.id::text) as tenant, min(t.slug) as slug
    from catalog.placement p
    join catalog.tenant t on t.id = p.tenant_id
    where p.home_id = h.id and not starts_with(t.slug, '~')
  ) o on true
  order by f.place desc nulls last, f."queryId", f.role, f.toplevel desc`

export interface ObservedCluster {
  readonly cluster: string
  /** Null: nobody has asked its server yet, or it counts no statements. */
  readonly at: Date | null
  readonly since: Date | null
  readonly evicted: number | null
}

export const observedClusters = sql<ObservedCluster>`
  select c.name as cluster, r.at, r.reset as since, r.evicted
  from catalog.cluster c
  left join catalog.statement_reading r on r.system_id = c.system_id
  order by c.name`
