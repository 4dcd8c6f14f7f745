import { passwordOf } from '../../kernel/own-password.js'
import { ident, literal, type Sql, sql } from '../../kernel/sql.js'
import { isVerifierOf, scramVerifier } from '../../postgres/scram.js'
import type { LintId } from '../advisor/ids.js'
import { otherLogin } from '../names.js'
import { type Finding, inTransaction, isSuperuser, repairable, rolePrefix, statements, told } from './finding.js'
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
  const [there, active] = [new Set(roles.map((role) => role.name)), new Set(logins)]
  const mayLogin = (name: string): boolean =>
    name.startsWith(`${rolePrefix(platformId)}app`) || name === names.resolver || name === names.pooler
  const findings = [names.owner, names.code, names.tenant, ...logins, ...homes.map((home) => home.role)]
    .filter((name) => !there.has(name))
    .map((name) => told('roles.missing', `${where}/${name}`, 'the role is missing', 'restore the roles of the server from a backup'))
  for (const role of roles) {
    const wrong = (reason: string, change: string, lint?: LintId): void => {
      findings.push(told('roles.attributes', `${where}/${role.name}`, reason, `alter role ${ident(role.name).text} ${change}`, lint))
    }
    if (role.login && !mayLogin(role.name)) wrong('it can log in', 'nologin', 'TL03')
    // The other of a pair cannot, once a rotation has retired it.
    if (!role.login && (active.has(role.name) || role.name === names.resolver)) wrong('it cannot log in', 'login')
    for (const power of role.powers) wrong(`it has ${power}`, `no${power}`, 'TL21')
    const owner = role.name === names.owner
    if (role.bypassesWalls && !(owner && hardened)) wrong('it stands above row-level security', 'nobypassrls', 'TL21')
    // Forced row-level security binds the owner: migrations would change no row, and say nothing.
    if (!role.bypassesWalls && owner && hardened) wrong('migrations cannot see the rows of tenants', 'bypassrls')
  }
  return findings
}

/** The verifiers of the logins, which only a superuser may read, against the password that applications are given. */
export async function checkPasswords({ server, where, logins }: ClusterSubject, secret: string): Promise<readonly Finding[]> {
  const found = await server.rows(sql<{ name: string; verifier: string | null }>`
    select rolname::text as name, rolpassword as verifier from pg_catalog.pg_authid where rolname = any (${logins}::text[]) order by 1`)
  const findings: Finding[] = []
  for (const { name, verifier } of found) {
    const password = passwordOf(name, secret)
    if (verifier !== null && (await isVerifierOf(verifier, password))) continue
    const repair = inTransaction(async (session) => {
      await session.run(sql`alter role ${ident(name)} password ${literal(await scramVerifier(password))}`)
    })
    findings.push(
      repairable('roles.password', `${where}/${name}`, 'its password is not the one that applications are given', repair, 'TL19'),
    )
  }
  return findings
}

interface Membership {
  readonly role: string
  readonly member: string
  readonly inherits: boolean
}

const membershipsLike = (prefix: string): Sql<Membership> => sql<Membership>`
  select g.rolname::text as role, m.rolname::text as member,
         -- Each membership has its own word from PostgreSQL 16 on.
         bool_or(coalesce((to_jsonb(a) ->> 'inherit_option')::boolean, m.rolinherit)) as inherits
  from pg_catalog.pg_auth_members a
  join pg_catalog.pg_roles g on g.oid = a.roleid
  join pg_catalog.pg_roles m on m.oid = a.member
  where starts_with(g.rolname, ${prefix}) or starts_with(m.rolname, ${prefix})
  group by 1, 2
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
  const key = ({ role, member }: Pick<Membership, 'role' | 'member'>): string => `${role} ${member}`
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
          'TL19',
        ),
      ),
    ...found
      .filter(({ role, member, inherits }) => role === names.code && member === names.owner && !inherits)
      .map(({ role, member }) =>
        repairable(
          'membership.missing',
          `${where}/${member}`,
          `it does not inherit from ${role}, so that no migration can replace a function or view of an earlier one`,
          statements(
            sql`alter role ${ident(member)} inherit`,
            sql`revoke ${ident(role)} from ${ident(member)}`,
            sql`grant ${ident(role)} to ${ident(member)}`,
          ),
          'TL19',
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
          'TL19',
        ),
      ),
  ]
}

const isHomeRole = (prefix: string, name: string): boolean => name.startsWith(`${prefix}h_`)
