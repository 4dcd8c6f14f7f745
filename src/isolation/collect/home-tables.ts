import { ident, type Sql, sql } from '../../kernel/sql.js'
import { relationsIn } from '../in-schema.js'

/** A table of a home, with what the server knows of it without reading it. */
export interface HomeTable {
  readonly oid: string
  readonly table: string
  /** Estimated, as by the last statements, or else by the last ANALYZE. */
  readonly rows: number
  readonly dead: number
  /** With its indexes and what is stored beside it; null: somebody has it locked, or it is gone. */
  readonly bytes: number | null
  readonly vacuumedAt: Date | null
  readonly analyzedAt: Date | null
}

// pg_total_relation_size takes a lock that waits for whoever alters or drops a table, and others would wait behind it.
const SIZE = sql`
  case when c.oid not in (
         select l.relation
         from pg_catalog.pg_locks l
         where l.mode = 'AccessExclusiveLock' and l.relation is not null
           and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database()))
       then pg_catalog.pg_total_relation_size(c.oid)::float8 end`

/** Tables that hold rows by themselves: partitions, and what has none. */
export const tablesOfHome = (schema: string, { sized }: { readonly sized: boolean }): Sql<HomeTable> => sql<HomeTable>`
  select c.oid::text as oid, c.relname::text as "table",
         coalesce(nullif(pg_catalog.pg_stat_get_live_tuples(c.oid), 0), greatest(c.reltuples, 0))::float8 as rows,
         coalesce(pg_catalog.pg_stat_get_dead_tuples(c.oid), 0)::float8 as dead,
         ${sized ? SIZE : sql`null::float8`} as bytes,
         greatest(pg_catalog.pg_stat_get_last_vacuum_time(c.oid), pg_catalog.pg_stat_get_last_autovacuum_time(c.oid)) as "vacuumedAt",
         greatest(pg_catalog.pg_stat_get_last_analyze_time(c.oid), pg_catalog.pg_stat_get_last_autoanalyze_time(c.oid)) as "analyzedAt"
  from pg_catalog.pg_class c
  where c.oid in ${relationsIn(schema)} and c.relkind = 'r'
  order by c.relname`

/** By its number: null when it is gone. */
export const sizeOfTable = (oid: string): Sql<{ bytes: number | null }> => sql<{ bytes: number | null }>`
  select pg_catalog.pg_total_relation_size(${oid}::oid)::float8 as bytes`

/** Outside of a transaction. As the owner of the table: to anybody else who may not, PostgreSQL says so in a warning and does nothing. */
export const vacuumTable = (schema: string, table: string, analyze: boolean): Sql =>
  analyze ? sql`vacuum (analyze) ${ident(schema, table)}` : sql`vacuum ${ident(schema, table)}`
