import { sql } from '../../kernel/sql.js'
import { rolePrefix } from '../doctor/finding.js'
import type { ClusterSubject } from '../doctor/subject.js'
import { MEMBERSHIPS_PER_LOGIN } from '../names.js'
import type { Statement, Told } from './lint.js'
import { isSecret } from './secrets.js'

/** Its value is not told: it would be in yet another place. */
export const secretSettings: Statement<ClusterSubject> = () => sql<Told>`
  with found as (
    select d.datname, r.rolname, split_part(c.setting, '=', 1) as name
    from pg_catalog.pg_db_role_setting s
    cross join unnest(s.setconfig) as c (setting)
    left join pg_catalog.pg_database d on d.oid = s.setdatabase
    left join pg_catalog.pg_roles r on r.oid = s.setrole
    where ${isSecret(sql`split_part(c.setting, '=', 1)`, sql`substr(c.setting, strpos(c.setting, '=') + 1)`)}
  )
  select concat_ws('/', datname, rolname) as object, format('%s is set where every role of the server can read it: change the secret, too', name) as reason,
         format('alter %s reset %s', coalesce(
             'role ' || quote_ident(rolname) || coalesce(' in database ' || quote_ident(datname), ''), 'database ' || quote_ident(datname), 'role all'),
           (select string_agg(quote_ident(part), '.' order by n) from unnest(string_to_array(name, '.')) with ordinality as u (part, n))) as fix
  from found
  order by 1, 2`

/** Roles of others that no wall binds. The owner's of other platforms are like our own. */
export const powerfulRoles: Statement<ClusterSubject> = ({ platformId, trustedRoles }) => sql<Told>`
  select r.rolname::text as object, format('%s, and no wall binds it: list it under trustedRoles in tenantry.config.ts where that is meant', array_to_string(p.powers, ' and ')) as reason,
         format('alter role %I nosuperuser nobypassrls noreplication', r.rolname) as fix
  from pg_catalog.pg_roles r
  cross join lateral (
    select array_remove(array[
      case when r.rolsuper then 'it is a superuser' end, case when r.rolbypassrls and not r.rolsuper then 'it bypasses row-level security' end,
      case when r.rolreplication and not r.rolsuper then 'it may replicate the server' end], null) as powers
  ) p
  where cardinality(p.powers) > 0
    -- The first superuser, and roles that come with PostgreSQL.
    and r.oid >= 16384
    and r.rolname <> current_user
    and not starts_with(r.rolname, ${rolePrefix(platformId)})
    and r.rolname <> all (${trustedRoles}::text[])
    and not (r.rolname ~ '^tny_[a-z2-7]{6}_owner$' and not r.rolcanlogin and not r.rolsuper and not r.rolreplication)
  order by 1`

export const crowdedLogins: Statement<ClusterSubject> = ({ platformId }) => sql<Told>`
  select m.rolname::text as object,
         format('it is a member of %s roles: beyond %s the first scope of a connection waits for tens of milliseconds', count(distinct a.roleid), ${MEMBERSHIPS_PER_LOGIN}::int) as reason,
         'take away what it needs for no home (membership.extra says which); homes beyond the bound get another login by themselves' as fix
  from pg_catalog.pg_auth_members a
  join pg_catalog.pg_roles m on m.oid = a.member
  where starts_with(m.rolname, ${rolePrefix(platformId)})
  group by 1
  having count(distinct a.roleid) > ${MEMBERSHIPS_PER_LOGIN}
  order by 1`
