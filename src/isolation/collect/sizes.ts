import { type Sql, sql } from '../../kernel/sql.js'
import { relationsIn } from '../in-schema.js'

export interface HomeSize {
  readonly schema: string
  readonly bytes: number
  readonly rows: number
  readonly dead: number
  /** Of its tables, those whose files could not be asked for. */
  readonly held: number
}

// To ask for the size of a table takes a lock on it, its indexes and its TOAST table, which waits behind ACCESS EXCLUSIVE, held or asked for: such tables
// are left out by what they belong to. Whoever comes in between is met by lock_timeout.
const HELD = sql`
  select coalesce(t.oid, b.relation) as relation
  from (
    select coalesce(i.indrelid, l.relation) as relation
    from pg_catalog.pg_locks l
    left join pg_catalog.pg_index i on i.indexrelid = l.relation
    where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.pid is distinct from pg_backend_pid()
      and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())
  ) b
  left join pg_catalog.pg_class t on t.reltoastrelid = b.relation`

// What the last VACUUM or ANALYZE has written down takes no lock. By one array of oids, since a subquery behind `or` would read all of pg_class.
const WRITTEN = sql`(
  select coalesce(sum(x.relpages), 0)::bigint * current_setting('block_size')::bigint
  from pg_catalog.pg_class x
  where x.oid = any (array[c.oid, c.reltoastrelid] || array(select i.indexrelid from pg_catalog.pg_index i where i.indrelid = c.oid)))`

/**
 * How large homes of this database are; one that is not there has no row. With `files` the files are asked, otherwise what is written down of them. Rows
 * are those that the server has counted, or estimated at the last ANALYZE. Asked by id: a name that needs quotes, or a table that is dropped meanwhile,
 * spoils nothing.
 */
export const askSizes = (schemas: readonly string[], files: boolean): Sql<HomeSize> => sql<HomeSize>`
  with held as materialized (${HELD}), tables as (
    select c.relnamespace as home, c.oid, c.reltuples, not ${files} or c.oid in (select h.relation from held h) as held,
           case when not ${files} or c.oid in (select h.relation from held h) then ${WRITTEN} else pg_catalog.pg_total_relation_size(c.oid) end as bytes
    from pg_catalog.pg_class c
    where c.oid in ${relationsIn(schemas)} and c.relkind in ('r', 'm')
  )
  select n.nspname::text as schema,
         coalesce(sum(t.bytes), 0)::float8 as bytes,
         round(coalesce(sum(coalesce(nullif(pg_catalog.pg_stat_get_live_tuples(t.oid), 0)::float8, greatest(t.reltuples, 0)::float8)), 0)) as rows,
         coalesce(sum(pg_catalog.pg_stat_get_dead_tuples(t.oid)), 0)::float8 as dead,
         count(*) filter (where t.held)::int as held
  from pg_catalog.pg_namespace n
  left join tables t on t.home = n.oid
  where n.nspname = any (${schemas})
  group by n.oid, n.nspname`
