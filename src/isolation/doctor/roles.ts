import { ident, type Sql, sql } from '../../kernel/sql.js'
import { otherLogin } from '../names.js'
import { type Finding, isSuperuser, repairable, rolePrefix, statements, told } from './finding.js'
import type { ClusterSubject } from './subject.js'

interface Role {
  readonly name: string
  readonly login: boolean
  readonly bypassesWalls: boolean
  readonly powers: readonly string[]
}

const rolesLike = (prefix: string): Sql<Role> => sql<Role>`
  select r.rolname::text as name, r.rolcanlogin as login, r.rolbypassrls as "bypassesWalls",
         array_remove(array[
           case when r.rolsuper then 'superuser' end, case when r.rolcreaterole then 'createrole' end,
           case when r.rolcreatedb then 'createdb' end, case when r.rolreplication then 'replication' end
         ], null) as powers
  from pg_catalog.pg_roles r
  where starts_with(r.rolname, ${prefix})
  order by 1`

/** Every role of the platform is there, and may what it should. */
export async function checkRoles({
  server,
  where,
  platformId,
  names,
  hardened,
  homes,
  logins,
}: ClusterSubject): Promise<readonly Finding[]> {
  const roles = await server.rows(rolesLike(rolePrefix(platformId)))
  const mayLogin = (name: string): boolean =>
    name.startsWith(`${rolePrefix(platformId)}app`) || name === names.resolver || name === names.pooler
  const findings = [names.owner, names.code, names.tenant, ...logins, ...homes.map((home) => home.role)]
    .filter((name) => !roles.some((role) => role.name === name))
    .map((name) => told('roles.missing', `${where}/${name}`, 'the role is missing', 'restore the roles of the server from a backup'))
  for (const role of roles) {
    const wrong = (reason: string, change: string): void => {
      findings.push(told('roles.attributes', `${where}/${role.name}`, reason, `alter role ${ident(role.name).text} ${change}`))
    }
    if (role.login && !mayLogin(role.name)) wrong('it can log in', 'nologin')
    // The other of a pair cannot, once a rotation has retired it.
    if (!role.login && (logins.includes(role.name) || role.name === names.resolver)) wrong('it cannot log in', 'login')
    for (const power of role.powers) wrong(`it has ${power}`, `no${power}`)
    const owner = role.name === names.owner
    if (role.bypassesWalls && !(owner && hardened)) wrong('it stands above row-level security', 'nobypassrls')
    // Forced row-level security binds the owner: migrations would change no row, and say nothing.
    if (!role.bypassesWalls && owner && hardened) wrong('migrations cannot see the rows of tenants', 'bypassrls')
  }
  return findings
}

const membershipsLike = (prefix: string): Sql<{ role: string; member: string }> => sql<{ role: string; member: string }>`
  select distinct g.rolname::text as role, m.rolname::text as member
  from pg_catalog.pg_auth_members a
  join pg_catalog.pg_roles g on g.oid = a.roleid
  join pg_catalog.pg_roles m on m.oid = a.member
  where starts_with(g.rolname, ${prefix}) or starts_with(m.rolname, ${prefix})
  order by 1, 2`

/** Who is a member of what: whoever is a member of a home's role can become it. */
export async function checkMemberships({ server, where, platformId, names, homes }: ClusterSubject): Promise<readonly Finding[]> {
  const prefix = rolePrefix(platformId)
  const found = await server.rows(membershipsLike(prefix))
  const { superuser, me } = await server.one(isSuperuser)
  const wanted = [
    { role: names.code, member: names.owner },
    ...homes.flatMap((home) => [
      { role: names.tenant, member: home.role },
      { role: home.role, member: home.login },
    ]),
  ]
  const key = ({ role, member }: { role: string; member: string }): string => `${role} ${member}`
  // The other login of the pair stays what it was, for the next rotation.
  const spare = homes.map((home) => ({ role: home.role, member: otherLogin(home.login) }))
  const [there, known] = [new Set(found.map(key)), new Set([...wanted, ...spare].map(key))]
  const liveRoles = new Set([names.tenant, names.code, names.owner, ...homes.flatMap((home) => [home.role, home.login])])
  return [
    ...wanted
      .filter((one) => !there.has(key(one)))
      .map(({ role, member }) =>
        repairable(
          'membership.missing',
          `${where}/${member}`,
          `it is no member of ${role}`,
          statements(sql`grant ${ident(role)} to ${ident(member)}`),
        ),
      ),
    ...found
      .filter((one) => !known.has(key(one)))
      // An administrator who is no superuser can only manage the roles that it is a member of.
      .filter(({ member }) => superuser || member !== me)
      // Homes that are being made have their memberships already; left-over ones are found as orphans.
      .filter(({ role, member }) => liveRoles.has(role) || !isHomeRole(prefix, role) || !member.startsWith(prefix))
      .filter(({ role, member }) => !(role === names.tenant && isHomeRole(prefix, member) && !liveRoles.has(member)))
      .map(({ role, member }) =>
        told(
          'membership.extra',
          `${where}/${member}`,
          `it is a member of ${role}`,
          `revoke ${ident(role).text} from ${ident(member).text}`,
        ),
      ),
  ]
}

const isHomeRole = (prefix: string, name: string): boolean => name.startsWith(`${prefix}h_`)
