import { ident, join, type Sql, sql } from '../kernel/sql.js'
import type { Database, Session } from '../postgres/session.js'

const ROLES_PER_GRANT = 200

/** Sessions of a login begin with the tables of this home, in this database. */
export async function beginIn(session: Session, login: string, database: string, schema: string): Promise<void> {
  await session.run(sql`
    alter role ${ident(login)} in database ${ident(database)} set search_path = ${ident(schema)}, ext, pg_temp`)
}

/** Lets a login change into the roles of homes; those that it is a member of are not granted again. */
export async function joinHomes(session: Session, login: string, roles: readonly string[]): Promise<void> {
  const has = new Set((await session.rows(membershipsOf(login))).map(({ role }) => role))
  const missing = roles.filter((role) => !has.has(role))
  for (let start = 0; start < missing.length; start += ROLES_PER_GRANT) {
    const some = missing.slice(start, start + ROLES_PER_GRANT).map((role) => ident(role))
    await session.run(sql`grant ${join(some)} to ${ident(login)}`)
  }
}

const membershipsOf = (login: string): Sql<{ role: string }> => sql<{ role: string }>`
  select distinct g.rolname::text as role
  from pg_catalog.pg_auth_members m
  join pg_catalog.pg_roles g on g.oid = m.roleid
  join pg_catalog.pg_roles r on r.oid = m.member
  where r.rolname = ${login}`

/** Nobody can log in as it any more; sessions that are open go on. What is not there stays so. */
export async function disableLogin(session: Session, login: string): Promise<void> {
  const there = await session.maybe(sql`select 1 as found from pg_catalog.pg_roles where rolname = ${login}`)
  if (there !== undefined) await session.run(sql`alter role ${ident(login)} nologin password null`)
}

export interface LoginSessions {
  readonly login: string
  readonly sessions: number
  readonly application: string
  readonly address: string
}

/** Who is logged in as one of these, anywhere on the server. */
export const sessionsOf = (server: Database, logins: readonly string[]): Promise<readonly LoginSessions[]> =>
  server.rows(sql<LoginSessions>`
    select usename::text as login,
           count(*)::int as sessions,
           coalesce(nullif(application_name, ''), 'an application without a name') as application,
           coalesce(host(client_addr), 'a socket') as address
    from pg_catalog.pg_stat_activity
    where usename = any (${logins}::text[])
    group by 1, 3, 4
    order by 1, 2 desc`)
