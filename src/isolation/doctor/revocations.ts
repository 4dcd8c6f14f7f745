import { ident, sql } from '../../kernel/sql.js'
import { schemasOpenToPublic } from '../adoption/findings.js'
import { raiseDatabaseWalls } from '../install.js'
import { type Finding, inTransaction, repairable, told } from './finding.js'
import type { DatabaseSubject } from './subject.js'

// As in sql/home: what PUBLIC loses in a tenant-bearing database.
const backWithPublic = sql<{ what: string; rights: string }>`
  select p.oid::regprocedure::text as what, 'execute' as rights
  from pg_catalog.pg_proc p
  where p.pronamespace = 'pg_catalog'::regnamespace
    and (
      p.proname in ('set_config', 'loread', 'lowrite', 'pg_notify', 'ts_stat', 'ts_rewrite')
      or p.proname in ('pg_prepared_statement', 'pg_cursor', 'setseed')
      or p.proname in ('pg_cancel_backend', 'pg_terminate_backend', 'pg_stat_get_activity', 'pg_export_snapshot', 'pg_logical_emit_message')
      or p.proname like 'lo\\_%' or p.proname like 'pg\\_advisory\\_%' or p.proname like 'pg\\_try\\_advisory\\_%'
      or p.proname like '%\\_to\\_xml%' or p.proname like 'pg\\_sleep%'
    )
    and has_function_privilege('public', p.oid, 'execute')
  union all
  select p.oid::regprocedure::text, 'execute'
  from pg_catalog.pg_proc p
  where p.pronamespace = to_regnamespace('ext') and p.proname = 'set_limit' and has_function_privilege('public', p.oid, 'execute')
  union all
  select c.oid::regclass::text, 'rights'
  from pg_catalog.pg_class c
  where c.relnamespace = 'pg_catalog'::regnamespace
    and c.relname = any (array[
      'pg_stat_activity', 'pg_stats', 'pg_stats_ext', 'pg_stats_ext_exprs', 'pg_settings', 'pg_largeobject_metadata', 'pg_db_role_setting',
      'pg_roles', 'pg_user', 'pg_group', 'pg_database', 'pg_sequences', 'pg_prepared_statements', 'pg_cursors',
      'pg_stat_all_tables', 'pg_stat_user_tables', 'pg_stat_xact_all_tables', 'pg_stat_xact_user_tables',
      'pg_stat_all_indexes', 'pg_stat_user_indexes', 'pg_statio_all_tables', 'pg_statio_user_tables',
      'pg_statio_all_indexes', 'pg_statio_user_indexes', 'pg_statio_all_sequences', 'pg_statio_user_sequences'
    ])
    and has_table_privilege('public', c.oid, 'select, insert, update, delete')
  union all
  select 'language ' || l.lanname, 'usage'
  from pg_catalog.pg_language l
  where l.lanname in ('plpgsql', 'sql') and has_language_privilege('public', l.oid, 'usage')
  union all
  select 'schema public', 'rights'
  from pg_catalog.pg_namespace n
  where n.nspname = 'public' and has_schema_privilege('public', n.oid, 'usage, create')
  order by 1`

/** Does PUBLIC have again what a hardened database has taken from it, or a way into a schema that is not ours? */
export async function checkRevocations({ database, where, installation, adopted, homes }: DatabaseSubject): Promise<readonly Finding[]> {
  if (!installation.hardened) return []
  const repair = inTransaction((session) => raiseDatabaseWalls(session, installation.files))
  const again = (await database.rows(backWithPublic)).map(({ what, rights }) =>
    repairable('walls.revocation', `${where}/${what}`, `PUBLIC has ${rights} again`, repair, 'TL16'),
  )
  const open = await schemasOpenToPublic(database, 'public')
  return [
    ...again,
    ...open
      .filter(({ name }) => !homes.some((home) => home.schema === name))
      .map(({ name, rights, remedy }) => {
        const fix = adopted ? remedy : `revoke all on schema ${ident(name).text} from public`
        return told('walls.revocation', `${where}/${name}`, `PUBLIC has ${rights}, so that tenants have it too`, fix, 'TL16')
      }),
  ]
}
