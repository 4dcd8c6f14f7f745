import { type Isolation, TENANT_TRACK, trackOf } from '../catalog/homes.js'
import { isOwnLogin } from '../kernel/own-password.js'
import { ident, type Sql, sql } from '../kernel/sql.js'
import type { Database, Session } from '../postgres/session.js'
import { assertFence, type FencingToken } from './fence.js'
import { forgetLoading } from './loading.js'
import { beginIn } from './logins.js'
import { otherLogin, type RoleNames } from './names.js'
import { type Administrator, disownRole, dropRole, ensureHomeRole } from './roles.js'

/** A home as the isolation models handle it. */
export interface HomePlace {
  readonly id: string
  readonly isolation: Isolation
  /** Which migrations it follows: those of tenants, or those of the service of this name. */
  readonly track: string
  readonly schema: string
  readonly role: string
  readonly login: string
}

/** What is remembered of a home, and no more of it. */
export const homePlaceOf = ({ id, isolation, track, schema, role, login }: HomePlace): HomePlace => ({
  id,
  isolation,
  track,
  schema,
  role,
  login,
})

/**
 * The three kinds of homes differ in who shares what, and in very little code: each home is a schema with a role of its own. In a shared home that
 * schema has many tenants and row-level security, in a schema home one tenant, and a database home's schema is alone in its database.
 */
export interface IsolationModel {
  readonly kind: Isolation
  /** May a home of this kind take a second tenant? */
  readonly manyTenants: boolean
  /** Does a home of this kind get a database made for it? */
  readonly ownDatabase: boolean
  /** Is the tenant column what separates tenants (so that a project without one cannot use this kind)? */
  readonly needsTenantColumn: boolean
  /** Does it stand on walls that only a superuser can raise? */
  readonly needsHardening: boolean
}

export const MODELS: Readonly<Record<Isolation, IsolationModel>> = {
  shared: { kind: 'shared', manyTenants: true, ownDatabase: false, needsTenantColumn: true, needsHardening: true },
  schema: { kind: 'schema', manyTenants: false, ownDatabase: false, needsTenantColumn: false, needsHardening: false },
  database: { kind: 'database', manyTenants: false, ownDatabase: true, needsTenantColumn: false, needsHardening: false },
}

/** The track of homes that are made to be attacked and dropped again; the catalog knows none of them, and no service can be called so. */
export const SCRATCH_TRACK = '~attack'

/** Of a home `h` in its database, which may be from before there were tracks. */
export const isScratch: Sql = sql`coalesce(to_jsonb(h) ->> 'track' = ${SCRATCH_TRACK}, false)`

/** What carries the tenant in the tables of a home. A service's tables are its own from the first to the last row, and carry nothing. */
export const tenantColumnOf = (home: Pick<HomePlace, 'track'>, tenantColumn: string | null): string | null =>
  trackOf(home) === TENANT_TRACK || trackOf(home) === SCRATCH_TRACK ? tenantColumn : null

/** Makes an empty home: role, schema, its row in the database. One transaction; repeatable. */
export async function createHome(
  database: Database,
  home: HomePlace,
  names: RoleNames,
  by: FencingToken,
  admin: Administrator,
): Promise<void> {
  await database.transaction(async (session) => {
    await session.run(assertFence(by))
    await ensureHomeRole(session, home.role, names, home.login, admin)
    const { there } = await session.one(sql<{ there: boolean }>`
      select exists (select 1 from tenantry.home where id = ${home.id}) as there`)
    if (there) return
    // Never `if not exists`: a schema of that name that is not recorded here belongs to somebody else.
    await session.run(sql`create schema ${ident(home.schema)} authorization ${ident(names.owner)}`)
    await session.run(sql`grant usage on schema ${ident(home.schema)} to ${ident(home.role)}, ${ident(names.code)}`)
    // Where one home serves all sessions of a login, or most of them, its search_path is what they begin with, and entering need not set it.
    if (home.isolation === 'database' || (home.isolation === 'shared' && trackOf(home) !== SCRATCH_TRACK))
      await beginIn(session, home.login, database.config.database, home.schema)
    await session.run(sql`
      insert into tenantry.home (id, isolation, schema_name, role_name) values (${home.id}, ${home.isolation}, ${home.schema}, ${home.role})`)
    // A database from before services takes ordinary homes all the same.
    if (trackOf(home) !== TENANT_TRACK) await session.run(sql`update tenantry.home set track = ${home.track} where id = ${home.id}`)
  })
}

/** Destroys a home and all that is in it: schema, ledger, placements, role. Repeatable. */
export async function dropHome(database: Database, home: HomePlace, by: FencingToken): Promise<void> {
  await database.transaction(async (session) => {
    await session.run(assertFence(by))
    await session.run(sql`delete from tenantry.placement where home_id = ${home.id}`)
    const known = await session.run(sql`delete from tenantry.home where id = ${home.id}`)
    await session.run(sql`delete from tenantry.migration where home_id = ${home.id}`)
    // Only what we recorded is ours to drop.
    if (known !== 1) return
    await session.run(sql`drop schema ${ident(home.schema)} cascade`)
    await disownRole(session, home.role)
  })
}

/** Drops the role of a home that is gone. Apart from `dropHome`, since a database home's role outlives its database. */
export async function dropHomeRole(session: Session, home: HomePlace): Promise<void> {
  // Its own login, of either side, goes with it.
  if (isOwnLogin(home.login)) for (const login of [home.login, otherLogin(home.login)]) await dropRole(session, login)
  await dropRole(session, home.role)
}

/** Puts a tenant into a home. Nobody can enter before the catalog names the placement. */
export async function placeTenant(database: Database, tenant: string, homeId: string, by: FencingToken): Promise<void> {
  await database.transaction(async (session) => {
    await session.run(assertFence(by))
    await session.run(sql`
      insert into tenantry.placement (tenant_id, home_id, epoch, state, role_name, search_path, version)
      select ${tenant}, h.id, 1, 'active', h.role_name, quote_ident(h.schema_name) || ', ext, pg_temp', h.version
      from tenantry.home h
      where h.id = ${homeId}
      -- A migration of the home writes its version into all placements: it must not miss this one.
      for share
      on conflict do nothing`)
  })
}

/** Takes a tenant out of a home that stays. One that the database places in another home of its own by now stays there. */
export async function removePlacement(database: Database, tenant: string, home: string, by: FencingToken): Promise<void> {
  await database.transaction(async (session) => {
    await session.run(assertFence(by))
    await session.run(sql`delete from tenantry.placement where tenant_id = ${tenant} and home_id = ${home}`)
    await forgetLoading(session, tenant, home)
  })
}
