import { type Sql, sql } from '../kernel/sql.js'
import { isGoing } from './homes.js'

/** Homes of a track that have applied the same. */
export interface HomeClass {
  readonly version: string
  readonly digest: string
  readonly homes: number
  readonly tenants: number
  /** The first few of them, as messages name them: database and schema. */
  readonly some: readonly string[]
  /** One of them. */
  readonly id: string
}

const SOME = 3

/** What the live homes of a track have applied, as classes, but for those with these digests. Visits none of them. */
export const homeClasses = (track: string, except: readonly string[] = []): Sql<HomeClass> => sql<HomeClass>`
  select h.version, h.digest, count(*)::int as homes, sum(h.tenants)::int as tenants,
         (array_agg(h.label order by h.number))[1:${SOME}::int] as some, (array_agg(h.id order by h.number))[1] as id
  from (
    select h.id, h.number, h.version, h.digest, d.name || '.' || h.schema_name as label,
           (select count(*) from catalog.placement p where p.home_id = h.id) as tenants
    from catalog.home h
    join catalog.database d on d.id = h.database_id
    where h.state = 'live' and h.track = ${track} and not ${isGoing} and h.digest <> all(${except}::text[])
  ) h
  group by h.version, h.digest
  order by homes desc`

/** The live homes of a track, or one of them, with their names. */
export const homesOfTrack = (
  track: string,
  only: string | null,
): Sql<{ id: string; label: string; version: string; digest: string }> => sql<{
  id: string
  label: string
  version: string
  digest: string
}>`
  select h.id, d.name || '.' || h.schema_name as label, h.version, h.digest
  from catalog.home h
  join catalog.database d on d.id = h.database_id
  where h.state = 'live' and h.track = ${track} and not ${isGoing}
    and (${only}::text is null or h.id::text = ${only} or h.schema_name = ${only} or d.name || '.' || h.schema_name = ${only})
  order by h.number`
