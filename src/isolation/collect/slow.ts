import { ident, type Sql, sql } from '../../kernel/sql.js'
import { type Major, WORDS } from './versions.js'

/** Where the extension is made: nobody but the administrator may look into the schema. */
export const STATEMENTS_SCHEMA = 'tenantry_statements'

export interface Extension {
  /** Its schema; null: it was not made in this database. */
  readonly schema: string | null
  /** Others than who administers the server may look into that schema. */
  readonly open: boolean
  /** The server has loaded the library. */
  readonly loaded: boolean
}

/** Its functions and views may be used by everybody: whoever may use the schema sees what all others do. */
export const statementsExtension = sql<Extension>`
  select e.nspname::text as schema,
         coalesce(exists (
           select from pg_catalog.pg_roles r
           where r.rolcanlogin and not r.rolsuper and not pg_catalog.pg_has_role(r.oid, 'pg_read_all_stats', 'usage')
             and pg_catalog.has_schema_privilege(r.oid, e.oid, 'usage')
         ) or pg_catalog.has_schema_privilege('public', e.oid, 'usage'), false) as open,
         'pg_stat_statements' = any (string_to_array(translate(current_setting('shared_preload_libraries'), ' "', ''), ',')) as loaded
  from (select) o
  left join (
    select n.oid, n.nspname
    from pg_catalog.pg_extension e
    join pg_catalog.pg_namespace n on n.oid = e.extnamespace
    where e.extname = 'pg_stat_statements'
  ) e on true`

/** For whoever administers the server alone: by default PUBLIC may see how often everybody does what. Repeatable. */
export const makeStatements: Sql = sql`
  create schema if not exists ${ident(STATEMENTS_SCHEMA)};
  revoke all on schema ${ident(STATEMENTS_SCHEMA)} from public;
  create extension if not exists pg_stat_statements schema ${ident(STATEMENTS_SCHEMA)};
  revoke all on all tables in schema ${ident(STATEMENTS_SCHEMA)} from public`

/** What a server has counted of one statement, as one role and in one database. */
export interface Counted {
  readonly database: string
  readonly role: string
  readonly queryId: string
  /** False: it ran inside of a function, whose own statement has its time as well. */
  readonly toplevel: boolean
  /** As the server has it: with its constants where the server had forgotten it while it ran. */
  readonly text: string
  readonly calls: number
  readonly totalMs: number
  readonly rows: number
  readonly maxMs: number
  /** Of reading blocks and of writing them, where `track_io_timing` is on. */
  readonly readMs: number
  readonly writeMs: number
}

// Others may carry a password in their text (alter role), and are not what anybody waits for.
const ROW_STATEMENT = '^[\\s(]*(select|insert|update|delete|merge|with|values|table)\\M'

/** Of the platform's own roles in these databases. Where one was made anew and stands there twice for a moment, both count. */
export const askStatements = (schema: string, major: Major, prefix: string, databases: readonly string[]): Sql<Counted> => sql<Counted>`
  select d.datname::text as database, r.rolname::text as role, s.queryid::text as "queryId", s.toplevel, left(min(s.query), 2000) as text,
         sum(s.calls)::float8 as calls, sum(s.total_exec_time)::float8 as "totalMs", sum(s.rows)::float8 as rows, max(s.max_exec_time)::float8 as "maxMs",
         sum(${WORDS[major].statementReadMs})::float8 as "readMs", sum(${WORDS[major].statementWriteMs})::float8 as "writeMs"
  from ${ident(schema, 'pg_stat_statements')} s
  join pg_catalog.pg_database d on d.oid = s.dbid
  join pg_catalog.pg_roles r on r.oid = s.userid
  where starts_with(r.rolname, ${prefix}) and d.datname = any (${databases}) and s.queryid is not null and s.query ~* ${ROW_STATEMENT}
  group by 1, 2, 3, 4`

export const askCounting = (schema: string): Sql<{ reset: Date; evicted: number }> => sql<{ reset: Date; evicted: number }>`
  select coalesce(i.stats_reset, pg_catalog.pg_postmaster_start_time()) as reset, i.dealloc::float8 as evicted
  from ${ident(schema, 'pg_stat_statements_info')} i`
