import { askedAlike, type Sql, sql } from '../kernel/sql.js'
import { allOf } from './all-of.js'

export interface EventRow {
  /** Its number in the order of becoming visible. */
  readonly id: string
  readonly time: Date
  readonly source: string
  readonly name: string
  readonly state: string
  readonly subject: string | null
  readonly operationId: string | null
  readonly facts: { readonly slug?: string; readonly actor?: string; readonly code?: string; readonly from?: string }
}

/** One kind of event; null stands for any. */
export interface EventKind {
  readonly source: string
  readonly name: string | null
  readonly state: string | null
}

export interface EventFilter {
  /** Any of these; null: all. */
  readonly kinds: readonly EventKind[] | null
  readonly subject: string | null
  readonly operation: string | null
  readonly before: string | null
  readonly limit: number
  /** Narrows to one tenant, for keys that may see no other. */
  readonly only: string | null
}

const columns = sql`e.seq::text as id, e.at as time, e.source, e.name, e.state, e.subject, e.operation_id as "operationId", e.facts`

// --- publishing

/**
 * Gives the next numbers to those that have none, as many as this at once: as one statement, since whoever waits for it waits for its way there and back.
 * Answers how many; null while another is at it.
 */
export const publishEvents = (most: number): Sql<{ published: number | null }> => sql<{ published: number | null }>`
  select catalog.publish_events(${most}::int) as published`

// --- reading

const isOneOf = (kinds: readonly EventKind[]): Sql => sql`exists (
  select
  from unnest(
    ${kinds.map(({ source }) => source)}::text[], ${kinds.map(({ name }) => name)}::text[], ${kinds.map(({ state }) => state)}::text[]
  ) as kind (source, name, state)
  where e.source = kind.source and (kind.name is null or e.name = kind.name) and (kind.state is null or e.state = kind.state)
)`

/** Published events, newest first, by keyset. Those of a subject and those of an operation have an index each, which only a statement that names them finds. */
export const listEvents = (f: EventFilter): Sql<EventRow & { at: string }> =>
  askedAlike(sql<EventRow & { at: string }>`
  select ${columns}, e.at::text as at
  from catalog.event e
  where ${allOf([
    sql`e.seq is not null`,
    f.kinds !== null && isOneOf(f.kinds),
    f.subject !== null && sql`e.subject = ${f.subject}::uuid`,
    f.only !== null && sql`e.subject = ${f.only}::uuid`,
    f.operation !== null && sql`e.operation_id = ${f.operation}::uuid`,
    f.before !== null && sql`e.seq < ${f.before}::bigint`,
  ])}
  order by e.seq desc
  limit ${f.limit}`)

/** The highest number that was given. */
export const newestEvent = sql<{ newest: string }>`select published::text as newest from catalog.event_stream`

/** Published events behind this number, in their order. */
export const eventsAfter = (seq: number, most: number): Sql<EventRow> => sql<EventRow>`
  select ${columns} from catalog.event e where e.seq > ${seq}::bigint order by e.seq limit ${most}`

// --- keeping

/**
 * Removes the oldest that are published, up to the last that is older than this: what is kept has no gaps. Answers how many; none when nothing is old
 * enough.
 */
export const removeOldEvents = (keptMs: number, most: number): Sql => sql`
  with oldest as (select e.seq, e.at from catalog.event e where e.seq is not null order by e.seq limit ${most})
  delete from catalog.event
  where seq <= (select max(o.seq) from oldest o where o.at < clock_timestamp() - make_interval(secs => ${keptMs / 1_000}))`
