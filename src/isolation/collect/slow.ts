import { ident, type Sql, sql } from '../../kernel/sql.js'

/** Where the extension is made: nobody but the administrator may look into the schema. */
export const STATEMENTS_SCHEMA = 'tenantry_statements'

export interface Extension {
  /** Its schema; null: it was not made in this database. */
  readonly schema: string | null
  /** The server has loaded the library. */
  readonly loaded: boolean
}

export const statementsExtension = sql<Extension>`
  select (select n.nspname::text from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_stat_statements')
           as schema,
         'pg_stat_statements' = any (string_to_array(translate(current_setting('shared_preload_libraries'), ' "', ''), ',')) as loaded`

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
  readonly text: string
  readonly calls: number
  readonly totalMs: number
  readonly rows: number
  readonly maxMs: number
}

// Others may carry a password in their text (alter role), and are not what anybody waits for.
const ROW_STATEMENT = '^[\\s(]*(select|insert|update|delete|merge|with|values|table)\\M'

/** Of the platform's own roles in these databases. The columns are the same from PostgreSQL 15 to 18. */
export const askStatements = (schema: string, prefix: string, databases: readonly string[]): Sql<Counted> => sql<Counted>`
  select d.datname::text as database, r.rolname::text as role, s.queryid::text as "queryId", left(min(s.query), 2000) as text,
         sum(s.calls)::float8 as calls, sum(s.total_exec_time)::float8 as "totalMs", sum(s.rows)::float8 as rows, max(s.max_exec_time)::float8 as "maxMs"
  from ${ident(schema, 'pg_stat_statements')} s
  join pg_catalog.pg_database d on d.oid = s.dbid
  join pg_catalog.pg_roles r on r.oid = s.userid
  where starts_with(r.rolname, ${prefix}) and d.datname = any (${databases}) and s.queryid is not null and s.query ~* ${ROW_STATEMENT}
  group by 1, 2, 3`

export const askCounting = (schema: string): Sql<{ reset: Date; evicted: number }> => sql<{ reset: Date; evicted: number }>`
  select coalesce(i.stats_reset, pg_catalog.pg_postmaster_start_time()) as reset, i.dealloc::float8 as evicted
  from ${ident(schema, 'pg_stat_statements_info')} i`
