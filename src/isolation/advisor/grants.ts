import { sql } from '../../kernel/sql.js'
import { rolePrefix } from '../doctor/finding.js'
import type { DatabaseSubject } from '../doctor/subject.js'
import { EXTENSION_SCHEMA, POOLER_SCHEMA } from '../names.js'
import { migratedSchemas, type Statement, type Told } from './lint.js'

const ours = (subject: DatabaseSubject): readonly string[] => ['tenantry', POOLER_SCHEMA, EXTENSION_SCHEMA, ...migratedSchemas(subject)]

/** What the next table would be granted to, before anybody has thought of it. */
export const defaultPrivileges: Statement<DatabaseSubject> = (subject) => sql<Told>`
  with granted as (
    select d.defaclrole, n.nspname, d.defaclobjtype, a.grantee, string_agg(distinct lower(a.privilege_type), ', ') as privileges
    from pg_catalog.pg_default_acl d
    left join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace
    cross join lateral pg_catalog.aclexplode(d.defaclacl) a
    where a.grantee <> d.defaclrole
      -- What PostgreSQL itself gives to everybody.
      and not (a.grantee = 0 and d.defaclobjtype in ('f', 'T'))
      -- Of somebody who can make nothing there they mean nothing.
      and case when n.oid is null
        then d.defaclrole in (
          to_regrole(quote_ident(${subject.names.owner})), to_regrole(quote_ident(${subject.names.code})), to_regrole(quote_ident(current_user)))
        else n.nspname = any (${ours(subject)}::text[]) and has_schema_privilege(d.defaclrole, n.oid, 'create') end
    group by 1, 2, 3, 4
  ), named as (
    select *,
           case grantee when 0 then 'public' else grantee::regrole::text end as role,
           case defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'routines' when 'T' then 'types' when 'n' then 'schemas'
             else 'large objects' end as kind
    from granted
  )
  select concat_ws('.', quote_ident(nspname), kind) as object,
         format('%s will have %s on whatever %s makes next', case role when 'public' then 'PUBLIC' else role end, privileges, defaclrole::regrole) as reason,
         format('alter default privileges for role %s%s revoke all on %s from %s', defaclrole::regrole,
           coalesce(' in schema ' || quote_ident(nspname), ''), kind, role) as fix
  from named
  order by 1, 2`

/** A role of ours may do something in a schema that is not ours. Homes that are being made, and those that were left over, belong to the owner. */
export const rightsElsewhere: Statement<DatabaseSubject> = (subject) => sql<Told>`
  select quote_ident(n.nspname) as object,
         format('%s has %s on this schema, which is not Tenantry''s', a.grantee::regrole, string_agg(lower(a.privilege_type), ', ' order by a.privilege_type)) as reason,
         format('revoke all on schema %I from %s', n.nspname, a.grantee::regrole) as fix
  from pg_catalog.pg_namespace n
  cross join lateral pg_catalog.aclexplode(n.nspacl) a
  join pg_catalog.pg_roles r on r.oid = a.grantee
  where starts_with(r.rolname, ${rolePrefix(subject.installation.platformId)})
    and n.nspname <> all (${ours(subject)}::text[])
    and n.nspowner <> a.grantee
    and n.nspowner is distinct from to_regrole(quote_ident(${subject.names.owner}))
  group by n.nspname, a.grantee
  order by 1, 2`
