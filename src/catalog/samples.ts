import { type Sql, sql } from '../kernel/sql.js'

/** Steps of samples in seconds: as they are read, and what they are rolled up to. */
export const STEPS = [15, 300, 3_600] as const
export type SampleStep = (typeof STEPS)[number]

/** One thing that was read: a number, or a text that does not go into charts. Null: not known. */
export type Reading = number | string | null
export type Readings = Readonly<Record<string, Reading>>

export interface SampleFacts {
  /** When it was read, in seconds since 1970 by the clock of whoever was asked. */
  readonly at: number
  /** By what it is of; of the server itself ''. */
  readonly of: Readonly<Record<string, Readings>>
}

// --- who looks

export interface Turn {
  /** The moment that the sample is of, where it is the asker's turn to take it. */
  readonly at: Date | null
  /** Until the next moment. */
  readonly restMs: number
}

// Moments are multiples of the step since then, whoever asks.
const ORIGIN = sql`timestamptz '2001-01-01 00:00:00+00'`
const bin = (stepS: number): Sql => sql`date_bin(make_interval(secs => ${stepS}), clock_timestamp(), ${ORIGIN})`

/** Of all that ask, one has the turn in each step. */
export const takeTurn = (systemId: string, source: string, stepS: number): Sql<Turn> => sql<Turn>`
  with taken as (
    insert into catalog.collecting as c (system_id, source, next_at)
    values (${systemId}, ${source}, ${bin(stepS)} + make_interval(secs => ${stepS}))
    on conflict (system_id, source) do update
      set next_at = excluded.next_at
      -- Far ahead: the clock was set back.
      where c.next_at < excluded.next_at or c.next_at > excluded.next_at + make_interval(secs => ${stepS})
    returning c.next_at - make_interval(secs => ${stepS}) as at
  )
  select (select at from taken) as at,
         (extract(epoch from ${bin(stepS)} + make_interval(secs => ${stepS}) - clock_timestamp()) * 1000)::float8 as "restMs"`

/** A turn for as long as it takes, but no longer than this: whoever has it gives it back. */
export const holdTurn = (systemId: string, source: string, mostMs: number): Sql<{ taken: boolean; restMs: number }> => sql<{
  taken: boolean
  restMs: number
}>`
  with taken as (
    insert into catalog.collecting as c (system_id, source, next_at)
    values (${systemId}, ${source}, clock_timestamp() + make_interval(secs => ${mostMs / 1_000}))
    on conflict (system_id, source) do update
      set next_at = excluded.next_at
      where c.next_at <= clock_timestamp()
    returning true as taken
  )
  select exists (select from taken) as taken,
         greatest(coalesce((
           select extract(epoch from k.next_at - clock_timestamp()) * 1000
           from catalog.collecting k
           where k.system_id = ${systemId} and k.source = ${source}
         ), 0), 0)::float8 as "restMs"`

export const giveTurnBack = (systemId: string, source: string, restMs: number): Sql => sql`
  update catalog.collecting
  set next_at = clock_timestamp() + make_interval(secs => ${restMs / 1_000})
  where system_id = ${systemId} and source = ${source}`

/** Turns that nobody has taken for a day: of servers that are gone. */
export const forgetTurns = sql`delete from catalog.collecting where next_at < clock_timestamp() - interval '1 day'`

export interface CollectedCluster {
  readonly id: string
  readonly name: string
  /** Those whose own figures are kept: the main one and others by name, no more than a chart can show. */
  readonly databases: readonly string[]
}

const MOST_DATABASES = 50

export const clustersOnServer = (systemId: string): Sql<CollectedCluster> => sql<CollectedCluster>`
  select c.id, c.name,
         array(
           select d.name
           from catalog.database d
           where d.cluster_id = c.id and d.state = 'live'
           order by d.id = c.default_database desc, d.name
           limit ${MOST_DATABASES}::int
         ) as databases
  from catalog.cluster c
  where c.system_id = ${systemId}
  order by c.created_at, c.name`

// --- keeping

export interface NewSample {
  readonly cluster: string
  readonly source: string
  readonly facts: SampleFacts
}

/** A cluster that was removed meanwhile has none. */
export const insertSamples = (step: SampleStep, at: Date, samples: readonly NewSample[]): Sql => sql`
  insert into catalog.sample (cluster_id, source, step, at, facts)
  select c.id, n.source, ${step}, ${at}, n.facts
  from unnest(
    ${samples.map(({ cluster }) => cluster)}::uuid[],
    ${samples.map(({ source }) => source)}::text[],
    ${samples.map(({ facts }) => JSON.stringify(facts))}::jsonb[]
  ) as n (cluster, source, facts)
  join catalog.cluster c on c.id = n.cluster
  on conflict do nothing`

/** Of which clusters and sources a step is over that is not rolled up yet. */
export interface OpenBin {
  readonly cluster: string
  readonly source: string
  readonly at: Date
}

export const binsToRoll = (from: SampleStep, to: SampleStep, most: number): Sql<OpenBin> => sql<OpenBin>`
  select distinct s.cluster_id as cluster, s.source, b.at
  from catalog.sample s
  cross join lateral (select date_bin(make_interval(secs => ${to}), s.at, ${ORIGIN}) as at) b
  where s.step = ${from}
    and b.at + make_interval(secs => ${to}) <= clock_timestamp()
    and not exists (
      select from catalog.sample r where r.cluster_id = s.cluster_id and r.source = s.source and r.step = ${to} and r.at = b.at
    )
  order by b.at
  limit ${most}::int`

export const samplesInBin = ({ cluster, source, at }: OpenBin, from: SampleStep, to: SampleStep): Sql<{ facts: SampleFacts }> => sql<{
  facts: SampleFacts
}>`
  select s.facts
  from catalog.sample s
  where s.cluster_id = ${cluster} and s.source = ${source} and s.step = ${from}
    and s.at >= ${at} and s.at < ${at}::timestamptz + make_interval(secs => ${to})
  order by s.at`

export const removeOldSamples = (step: SampleStep, keptMs: number, most: number): Sql => sql`
  delete from catalog.sample
  where ctid = any (array(
    select s.ctid
    from catalog.sample s
    where s.step = ${step} and s.at < now() - make_interval(secs => ${keptMs / 1_000})
    order by s.at
    limit ${most}::int
  ))`

// --- reading

/** In seconds since 1970, by the catalog's clock. */
export interface Range {
  readonly since: number
  readonly until: number
  readonly now: number
}

/** A range that begins so long ago, or then, and ends then (null: now). */
export const rangeOf = (since: { readonly at: string } | { readonly secondsAgo: number }, until: string | null): Sql<Range> => sql<Range>`
  select extract(epoch from ${'at' in since ? sql`${since.at}::timestamptz` : sql`n.now - make_interval(secs => ${since.secondsAgo})`})::float8 as since,
         extract(epoch from coalesce(${until}::timestamptz, n.now))::float8 as until,
         extract(epoch from n.now)::float8 as now
  from (select clock_timestamp() as now) n`

export interface SampleRow {
  readonly cluster: string
  readonly at: Date
  readonly readAt: number
  readonly of: Readonly<Record<string, Readings>>
}

export interface SampleFilter {
  readonly source: string
  readonly step: SampleStep
  /** Of the readings, these. */
  readonly keys: readonly string[]
  /** Name; null: all clusters. */
  readonly cluster: string | null
  /** What it is of; null: all. */
  readonly label: string | null
  /** In seconds since 1970, both included. */
  readonly since: number
  readonly until: number
}

/** In the order of time. Only what is asked for leaves the catalog. */
export const readSamples = (f: SampleFilter): Sql<SampleRow> => sql<SampleRow>`
  select c.name as cluster, s.at, (s.facts ->> 'at')::float8 as "readAt",
         coalesce((
           select jsonb_object_agg(l.key, (
             select coalesce(jsonb_object_agg(r.key, r.value), '{}') from jsonb_each(l.value) r where r.key = any (${f.keys})
           ))
           from jsonb_each(s.facts -> 'of') l
           where ${f.label}::text is null or l.key = ${f.label}
         ), '{}') as of
  from catalog.sample s
  join catalog.cluster c on c.id = s.cluster_id
  where s.source = ${f.source} and s.step = ${f.step} and s.at >= to_timestamp(${f.since}) and s.at <= to_timestamp(${f.until})
    and (${f.cluster}::text is null or c.name = ${f.cluster})
  order by c.name, s.at`

/** The newest sample of a source. */
export interface NewestSample {
  readonly cluster: string
  readonly source: string
  readonly ageS: number
  readonly of: Readonly<Record<string, Readings>>
}

/** Of each cluster and each of these sources, of this step. */
export const newestSamples = (
  sources: readonly { readonly source: string; readonly step: SampleStep }[],
): Sql<NewestSample> => sql<NewestSample>`
  select c.name as cluster, w.source, greatest(extract(epoch from clock_timestamp() - s.at), 0)::float8 as "ageS", s.facts -> 'of' as of
  from catalog.cluster c
  cross join unnest(${sources.map(({ source }) => source)}::text[], ${sources.map(({ step }) => step)}::int[]) as w (source, step)
  cross join lateral (
    select n.at, n.facts
    from catalog.sample n
    where n.cluster_id = c.id and n.source = w.source and n.step = w.step
    order by n.at desc
    limit 1
  ) s
  order by c.name, w.source`

/** When a position in the WAL was seen to be passed first, as far back as every sample is kept. */
export const passedAt = (cluster: string, position: number): Sql<{ at: number | null }> => sql<{ at: number | null }>`
  select min((s.facts ->> 'at')::float8) as at
  from catalog.sample s
  where s.cluster_id = ${cluster} and s.source = 'server' and s.step = ${STEPS[0]}
    and (s.facts #>> '{of,"",wal}')::float8 > ${position}::float8`
