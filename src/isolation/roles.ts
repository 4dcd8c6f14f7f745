import { ident, literal, type Sql, sql, whole } from '../kernel/sql.js'
import { sqlstate } from '../postgres/errors.js'
import type { Database, Session } from '../postgres/session.js'
import type { RoleNames } from './names.js'

/** What the login that administers a cluster may do decides how the roles come into being. */
export interface Administrator {
  readonly superuser: boolean
}

/** Makes the platform's roles on a cluster; those that exist are left as they are. */
export async function ensurePlatformRoles(session: Session, names: RoleNames, admin: Administrator): Promise<void> {
  await ensureRole(session, names.owner, admin.superuser ? sql`nologin noinherit bypassrls` : sql`nologin`, admin)
  await ensureRole(session, names.code, sql`nologin noinherit`, admin)
  await ensureRole(session, names.tenant, sql`nologin noinherit`, admin)
  // So that a later migration may replace a function or view that has been handed to the second owner. In this order: from PostgreSQL 16 on a membership
  // inherits if its member did when it was granted.
  await session.run(sql`alter role ${ident(names.owner)} inherit`)
  await session.run(sql`grant ${ident(names.code)} to ${ident(names.owner)}`)
}

/** Makes or re-keys a login of the application. `verifier` is a SCRAM verifier: the password itself never reaches the server. */
export async function ensureLogin(
  session: Session,
  name: string,
  verifier: string,
  admin: Administrator,
  connections: number | null = null,
): Promise<void> {
  await ensureRole(session, name, sql`login noinherit`, admin)
  // It may be there without the right to log in: retired by a rotation.
  await session.run(sql`alter role ${ident(name)} login password ${literal(verifier)}`)
  if (connections !== null) await session.run(sql`alter role ${ident(name)} connection limit ${whole(connections)}`)
  for (const [setting, value] of Object.entries(LOGIN_SETTINGS)) {
    await session.run(sql`alter role ${ident(name)} set ${ident(setting)} = ${literal(value)}`)
  }
}

/** Of a login that serves one home: so that one tenant cannot take all connections of a server. */
export const OWN_CONNECTIONS = 50

/** Gives logins as many connections as they are to have; those that are not there are nobody's. Answers which were changed. */
export async function limitConnections(session: Session, wanted: ReadonlyMap<string, number>): Promise<readonly string[]> {
  const wrong = await session.rows(sql<{ login: string }>`
    select r.rolname::text as login
    from pg_catalog.pg_roles r
    join unnest(${[...wanted.keys()]}::text[], ${[...wanted.values()]}::int[]) as w (login, most) on w.login = r.rolname
    where r.rolconnlimit <> w.most`)
  for (const { login } of wrong) await session.run(sql`alter role ${ident(login)} connection limit ${whole(wanted.get(login)!)}`)
  return wrong.map(({ login }) => login)
}

/** How many connections a login may have at once; null for as many as the server. */
export async function connectionsOf(session: Session, login: string): Promise<number | null> {
  const found = await session.maybe(sql<{ most: number }>`select rolconnlimit as most from pg_catalog.pg_roles where rolname = ${login}`)
  return found === undefined || found.most < 0 ? null : found.most
}

/** What every session of a login begins with. Limits of the session stay in force under `set role`, unlike those of the role that is set. */
export const LOGIN_SETTINGS = {
  statement_timeout: '60s',
  idle_in_transaction_session_timeout: '60s',
  client_connection_check_interval: '1s',
  search_path: 'pg_catalog',
} as const

/** Makes the role of a home and lets the login change into it. */
export async function ensureHomeRole(session: Session, role: string, names: RoleNames, login: string, admin: Administrator): Promise<void> {
  await ensureRole(session, role, sql`nologin inherit`, admin)
  await session.run(sql`grant ${ident(names.tenant)} to ${ident(role)}`)
  await session.run(sql`grant ${ident(role)} to ${ident(login)}`)
}

/**
 * Takes from the role of a home every right that it has in this database, and what it has said of rights on things that it will make: every role may say
 * that, and could not be dropped for it. If it owns anything, that is somebody's doing, and nothing is touched.
 */
export async function disownRole(session: Session, role: string): Promise<void> {
  const { there, owns } = await session.one(sql<{ there: boolean; owns: boolean }>`
    select to_regrole(quote_ident(${role})) is not null as there,
           exists (
             select from pg_catalog.pg_shdepend d
             where d.refobjid = to_regrole(quote_ident(${role}))
               and d.deptype = 'o'
               and d.dbid in (0, (select oid from pg_catalog.pg_database where datname = current_database()))
               and d.classid <> 'pg_catalog.pg_default_acl'::regclass
           ) as owns`)
  if (there && !owns) await session.run(sql`drop owned by ${ident(role)}`)
}

export async function dropRole(session: Session, role: string): Promise<void> {
  await session.run(sql`drop role if exists ${ident(role)}`)
}

/** Keeps what is left of a role that something still needs, or that is not ours to drop. Answers whether it is gone. */
export async function dropRoleUnlessNeeded(server: Database, role: string): Promise<boolean> {
  try {
    await dropRole(server, role)
    return true
  } catch (error) {
    // dependent_objects_still_exist: the server itself knows what stands on a role, in all of its databases.
    if (sqlstate(error) === '2BP01' || sqlstate(error) === '42501') return false
    throw error
  }
}

/** The roles of a platform on a server, except the catalog's login. Memberships among them go with them, in whatever order. */
export const rolesOfPlatform = (platformId: string, names: RoleNames): Sql<{ name: string }> => sql<{ name: string }>`
  select rolname::text as name
  from pg_catalog.pg_roles
  where starts_with(rolname, ${`tny_${platformId}_`})
    and rolname <> ${names.resolver}
  order by rolname`

async function ensureRole(session: Session, name: string, attributes: Sql, admin: Administrator): Promise<void> {
  if ((await session.maybe(roleExists(name))) !== undefined) return
  await session.run(sql`savepoint role_missing`)
  try {
    await session.run(sql`create role ${ident(name)} ${attributes}`)
  } catch (error) {
    // Another worker, at the same step of the same operation, was faster: it takes the membership for itself as well.
    if (sqlstate(error) !== '42710' && sqlstate(error) !== '23505') throw error
    await session.run(sql`rollback to savepoint role_missing`)
  }
  // A superuser can become any role; anybody else has to be made a member first (and from PostgreSQL 16 on, to be allowed to `set` it).
  if (!admin.superuser) await session.run(sql`grant ${ident(name)} to current_user`)
}

export const roleExists = (name: string): Sql => sql`select 1 as found where to_regrole(quote_ident(${name})) is not null`
