/*
 * What a pooler asks before it lets somebody in: the verifier of one login of ours, for this database. In a schema of its own, since the role that may ask
 * this may do nothing else here; and among the walls, since only a superuser may read verifiers. It never answers for an administrator, for the pooler's
 * own role, or for anybody who is not ours; nor for a password that has expired. Every name in it is qualified by its search_path, which is fixed.
 */
create schema if not exists tenantry_pooler;
revoke all on schema tenantry_pooler from public;

create or replace function tenantry_pooler.login_v1(wanted text) returns table (login text, verifier text)
language sql stable security definer rows 1
set search_path = pg_catalog, pg_temp
as $$
  select a.rolname::text, a.rolpassword
  from pg_authid a
  join tenantry.identity i on starts_with(a.rolname::text, concat('tny_', i.platform_id, '_'))
  where a.rolname = wanted
    and a.rolname <> concat('tny_', i.platform_id, '_pooler')
    and a.rolcanlogin
    and not (a.rolsuper or a.rolcreaterole or a.rolcreatedb or a.rolreplication or a.rolbypassrls)
    and (a.rolvaliduntil is null or a.rolvaliduntil > now())
    and starts_with(a.rolpassword, 'SCRAM-SHA-256$')
    and has_database_privilege(a.oid, current_database()::text, 'connect')
$$;
revoke all on function tenantry_pooler.login_v1(text) from public;
