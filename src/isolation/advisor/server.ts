import { sql } from '../../kernel/sql.js'
import { rolePrefix } from '../doctor/finding.js'
import type { ClusterSubject } from '../doctor/subject.js'
import type { Statement, Told } from './lint.js'

/** Databases that every role may connect to, beside those that have checks of their own: tenant-bearing ones, and those that Tenantry once closed. */
export const openDatabases: Statement<ClusterSubject> = ({ databases, revoked, hardened }) => sql<Told>`
  select '' as object, format('every role may connect to %s', string_agg(d.datname, ', ' order by d.datname)) as reason,
         format('revoke connect, temporary on database %s from public', string_agg(quote_ident(d.datname), ', ' order by d.datname)) as fix
  from pg_catalog.pg_database d
  where ${hardened}::boolean
    and d.datallowconn
    and has_database_privilege('public', d.oid, 'connect')
    and d.datname <> all (${[...databases.map((database) => database.name), ...revoked]}::text[])
  having count(*) > 0`

/** Settings that only a superuser may change, but for a grant: with one, a tenant forges what is kept there. */
export const grantedParameters: Statement<ClusterSubject> = ({ platformId }) => sql<Told>`
  select g.name as object, format('%s may %s %s', case g.name when 'public' then 'PUBLIC' else 'it' end, string_agg(lower(a.privilege_type), ', '), p.parname) as reason,
         format('revoke all on parameter %s from %s', (select string_agg(quote_ident(part), '.' order by n) from unnest(string_to_array(p.parname, '.')) with ordinality as u (part, n)), g.name) as fix
  from pg_catalog.pg_parameter_acl p
  cross join lateral pg_catalog.aclexplode(p.paracl) a
  left join pg_catalog.pg_roles r on r.oid = a.grantee
  cross join lateral (select case a.grantee when 0 then 'public' else quote_ident(r.rolname) end as name) g
  where a.grantee = 0 or starts_with(r.rolname, ${rolePrefix(platformId)})
  group by p.parname, g.name
  order by 1, 2`
