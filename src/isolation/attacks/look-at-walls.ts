import { type Sql, sql } from '../../kernel/sql.js'

export interface WallsOf {
  readonly schemas: readonly string[]
  /** Roles of the scratch homes: nobody else changes them meanwhile. */
  readonly roles: readonly string[]
  readonly tenants: readonly string[]
}

/**
 * A digest over everything that keeps two tenants apart in a database: tables with their owners, rights and policies, code, triggers, roles, placements.
 * Of what other tenants have it reads nothing, so that it stays the same while they come and go.
 */
export const lookAtWalls = ({ schemas, roles, tenants }: WallsOf): Sql<{ digest: string }> => sql<{ digest: string }>`
  with home as materialized (
    select n.oid, n.nspname, n.nspowner, n.nspacl from pg_catalog.pg_namespace n where n.nspname = any (${schemas}::text[])
  ), role as materialized (
    select r.* from pg_catalog.pg_roles r where r.rolname = any (${roles}::text[])
  ), line (text) as (
    select concat_ws(' ', 'schema', nspname, nspowner, nspacl) from home
    union all
    select concat_ws(' ', 'table', c.oid, c.relname, c.relkind, c.relowner, c.relrowsecurity, c.relforcerowsecurity, c.relispartition, c.relacl, c.reloptions)
    from pg_catalog.pg_class c
    where c.relnamespace in (select oid from home) and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
    union all
    select concat_ws(' ', 'policy', p.polrelid, p.polname, p.polcmd, p.polpermissive, p.polroles::text, p.polqual::text, p.polwithcheck::text)
    from pg_catalog.pg_policy p
    join pg_catalog.pg_class c on c.oid = p.polrelid
    where c.relnamespace in (select oid from home)
    union all
    select concat_ws(' ', 'trigger', t.tgrelid, t.tgname, t.tgenabled)
    from pg_catalog.pg_trigger t
    join pg_catalog.pg_class c on c.oid = t.tgrelid
    where c.relnamespace in (select oid from home)
    union all
    select concat_ws(' ', 'code', f.proname, f.proowner, f.prosrc, f.proconfig::text, has_function_privilege('public', f.oid, 'execute'))
    from pg_catalog.pg_proc f
    where f.pronamespace in (select oid from home) or f.pronamespace = to_regnamespace('tenantry')
    union all
    select concat_ws(' ', 'role', r.rolname, r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin, r.rolreplication, r.rolbypassrls, r.rolconfig::text)
    from role r
    union all
    select concat_ws(' ', 'member', m.roleid, m.member, m.admin_option)
    from pg_catalog.pg_auth_members m
    where m.member in (select oid from role) or m.roleid in (select oid from role)
    union all
    select concat_ws(' ', 'default', d.defaclrole, d.defaclnamespace, d.defaclobjtype, d.defaclacl)
    from pg_catalog.pg_default_acl d
    where d.defaclrole in (select oid from role)
    union all
    select concat_ws(' ', 'placement', p::text) from tenantry.placement p where p.tenant_id = any (${tenants}::uuid[])
  )
  select md5(string_agg(text, E'\n' order by text)) as digest from line`
