-- What PUBLIC loses in a tenant-bearing database (not in the rest of the server): each of these is a way around a wall, or a window in it.
revoke all on schema public from public;
revoke usage on language plpgsql, sql from public;

do $walls$
declare
  found regprocedure;
begin
  for found in
    select p.oid
    from pg_catalog.pg_proc p
    where p.pronamespace = 'pg_catalog'::regnamespace
      and (
        -- A tenant that can write settings can write its own identity, from inside a single injected expression.
        p.proname = 'set_config'
        -- Large objects and notifications belong to the database, not to a tenant.
        or p.proname like 'lo\_%' or p.proname in ('loread', 'lowrite', 'pg_notify')
        -- Advisory locks are the fence.
        or p.proname like 'pg\_advisory\_%' or p.proname like 'pg\_try\_advisory\_%'
        -- These run SQL that they are given as text.
        or p.proname like '%\_to\_xml%' or p.proname in ('ts_stat', 'ts_rewrite')
        -- Other people's sessions.
        or p.proname like 'pg\_sleep%'
        or p.proname in ('pg_cancel_backend', 'pg_terminate_backend', 'pg_stat_get_activity', 'pg_export_snapshot', 'pg_logical_emit_message')
      )
      and pg_catalog.has_function_privilege('public', p.oid, 'execute')
  loop
    execute format('revoke execute on function %s from public', found);
  end loop;
end
$walls$;

revoke all on
  pg_catalog.pg_stat_activity, pg_catalog.pg_stats, pg_catalog.pg_stats_ext, pg_catalog.pg_stats_ext_exprs, pg_catalog.pg_settings,
  pg_catalog.pg_largeobject_metadata, pg_catalog.pg_db_role_setting, pg_catalog.pg_roles, pg_catalog.pg_user, pg_catalog.pg_group,
  pg_catalog.pg_database, pg_catalog.pg_sequences,
  pg_catalog.pg_stat_all_tables, pg_catalog.pg_stat_user_tables, pg_catalog.pg_stat_xact_all_tables, pg_catalog.pg_stat_xact_user_tables,
  pg_catalog.pg_stat_all_indexes, pg_catalog.pg_stat_user_indexes, pg_catalog.pg_statio_all_tables, pg_catalog.pg_statio_user_tables,
  pg_catalog.pg_statio_all_indexes, pg_catalog.pg_statio_user_indexes, pg_catalog.pg_statio_all_sequences, pg_catalog.pg_statio_user_sequences
from public;
