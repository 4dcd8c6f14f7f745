import { type Sql, sql } from '../../kernel/sql.js'
import { rolePrefix } from '../doctor/finding.js'
import type { DatabaseSubject } from '../doctor/subject.js'
import { functionsIn } from '../in-schema.js'
import { PLATFORM_SCHEMA } from '../names.js'
import { migratedSchemas, type Statement, type Told } from './lint.js'

// With pg_temp anywhere but last, or nowhere, a caller's temporary table takes the place of ours. Of `pg_proc` as p.

/** Does a function's own search_path end in pg_temp? */
export const isPinned: Sql = sql`exists (select from unnest(p.proconfig) as setting where setting ~ '^search_path=.*,[[:space:]]*pg_temp$')`

/** What gives it one, in the statement that does. */
export const pinned = (preset: string): Sql => sql`
  format('alter routine %s set search_path = %s, pg_temp', p.oid::regprocedure, coalesce((
    select nullif(btrim(regexp_replace(regexp_replace(setting, '^search_path=', ''), '(^|,)\\s*("?pg_temp"?|"")\\s*(?=,|$)', '', 'g'), ', '), '')
    from unnest(p.proconfig) as setting
    where setting ~ '^search_path='
  ), ${preset}::text))`

/** Functions with the rights of their owner that tenants can call, where neither the gate nor the text of our own files is asked. */
export const looseDefiners: Statement<DatabaseSubject> = (subject) => sql<Told>`
  select p.oid::regprocedure::text as object,
         'tenants may call it, it runs with the rights of its owner, and its search_path does not end in pg_temp' as reason,
         ${pinned('pg_catalog')} as fix
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  cross join (select to_regrole(quote_ident(${subject.names.tenant})) as tenant) r
  where p.prosecdef
    and not ${isPinned}
    and n.nspname <> all (${['tenantry', ...migratedSchemas(subject)]}::text[])
    and has_schema_privilege(r.tenant, n.oid, 'usage')
    and has_function_privilege(r.tenant, p.oid, 'execute')
  order by 1`

/** Code that lives in somebody's session: it watches what others do, and is gone without a trace when the session ends. */
export const temporaryCode: Statement<DatabaseSubject> = (subject) => sql<Told>`
  select t.tgrelid::regclass::text as object, format('trigger %I runs %s, which lives in somebody''s session', t.tgname, p.oid::regprocedure) as reason,
         format('drop trigger %I on %s', t.tgname, t.tgrelid::regclass) as fix
  from pg_catalog.pg_namespace n
  join pg_catalog.pg_proc p on p.pronamespace = n.oid
  join pg_catalog.pg_trigger t on t.tgfoid = p.oid
  join pg_catalog.pg_class c on c.oid = t.tgrelid
  join pg_catalog.pg_namespace cn on cn.oid = c.relnamespace
  where starts_with(n.nspname, 'pg_temp_')
    and cn.nspname = any (${['tenantry', ...migratedSchemas(subject)]}::text[])
  union all
  select p.oid::regprocedure::text, format('%s has made a function in a session of its own', r.rolname), format('drop routine %s', p.oid::regprocedure)
  from pg_catalog.pg_namespace n
  join pg_catalog.pg_proc p on p.pronamespace = n.oid
  join pg_catalog.pg_roles r on r.oid = p.proowner
  where starts_with(n.nspname, 'pg_temp_')
    and starts_with(r.rolname, ${rolePrefix(subject.installation.platformId)})
  order by 1, 2`

/** Functions of the platform look for tables where their caller does: in the home, ahead of the platform. */
export const mutablePaths: Statement<DatabaseSubject> = () => sql<Told>`
  select p.oid::regprocedure::text as object, 'it looks for tables where its caller does, in the home ahead of the platform' as reason,
         format('alter routine %s set search_path = pg_catalog, platform, ext, pg_temp', p.oid::regprocedure) as fix
  from pg_catalog.pg_proc p
  where p.oid in ${functionsIn(PLATFORM_SCHEMA)}
    and p.prokind in ('f', 'p')
    and not p.prosecdef
    -- In a body that is no text, names were looked up when it was made.
    and p.prosqlbody is null
    and not exists (select from unnest(p.proconfig) as setting where setting ~ '^search_path=')
  order by 1`
