import { fault } from '../kernel/faults.js'
import { type Sql, sql } from '../kernel/sql.js'
import type { Database, Session } from '../postgres/session.js'
import { assertFence, type FenceOptions, type FencingToken, type LocalPlacement, whileNobodyIsIn } from './fence.js'

// Between databases a tenant is `moved` away from the one before it is placed in the other, and comes back only after it is provably not placed there: so
// at no moment do two databases let it in, whoever dies when. Each of these finds what an earlier attempt has done, and does it once.

const placementOf = (tenant: string): Sql<LocalPlacement> => sql<LocalPlacement>`
  select home_id as home, epoch::int as epoch, state from tenantry.placement where tenant_id = ${tenant} for update`

/** The placement in a database, after which no worker that held the operation before changes it any more. */
export const lookAtPlacement = (database: Database, tenant: string, by: FencingToken): Promise<LocalPlacement | undefined> =>
  database.transaction(async (session) => {
    await session.run(assertFence(by))
    return session.maybe(placementOf(tenant))
  })

/** Throws HOME_MISSING where the database has no such home. */
export async function assertHomeIsThere(database: Database, home: string): Promise<void> {
  const found = await database.maybe(sql`
    select 1 from tenantry.home where id = ${home} and to_regnamespace(quote_ident(schema_name)) is not null`)
  if (found === undefined) throw fault('HOME_MISSING', { home })
}

/** From here on this database lets the tenant in no more. Answers the epoch at which it left. */
export const leave = (database: Database, tenant: string, by: FencingToken, options: FenceOptions): Promise<number> =>
  whileNobodyIsIn(
    database,
    tenant,
    by,
    async (session) => {
      const found = await session.one(placementOf(tenant))
      if (found.state === 'moved') return found.epoch
      // Lost in a crash of this server, it would let the tenant in beside the other database: whatever the server is set to, this commit is on disk.
      await session.run(sql`
        select set_config('synchronous_commit', 'on', true) where current_setting('synchronous_commit') = 'off'`)
      await session.run(sql`update tenantry.placement set state = 'moved', epoch = epoch + 1 where tenant_id = ${tenant}`)
      return found.epoch + 1
    },
    options,
  )

export interface Arrival {
  readonly home: string
  /** The home that it lives in, if that is in the same database. */
  readonly from: string | null
  /** What it left with. */
  readonly epoch: number
  readonly state: LocalPlacement['state']
}

/** Places the tenant in this home, at an epoch above all that were, after `ready` in the same transaction. Answers it. */
export const arrive = (
  database: Database,
  tenant: string,
  to: Arrival,
  by: FencingToken,
  { ready, ...options }: FenceOptions & { readonly ready?: (session: Session) => Promise<void> },
): Promise<number> =>
  whileNobodyIsIn(
    database,
    tenant,
    by,
    async (session) => {
      await ready?.(session)
      return place(session, tenant, to)
    },
    options,
  )

async function place(session: Session, tenant: string, to: Arrival): Promise<number> {
  // A migration of the home writes its version into all placements, and must not miss this one. It has the home before them: so has this.
  const home = await session.maybe(sql<{ role: string; path: string; version: string }>`
    select role_name as role, quote_ident(schema_name) || ', ext, pg_temp' as path, version from tenantry.home where id = ${to.home} for share`)
  const found = await session.maybe(placementOf(tenant))
  const isHere = found !== undefined && found.state !== 'moved'
  if (isHere && found.home === to.home) return found.epoch
  if (isHere && found.home !== to.from) throw elsewhere(tenant)
  if (home === undefined) throw fault('HOME_MISSING', { home: to.home })
  const epoch = Math.max(to.epoch, found?.epoch ?? 0) + 1
  if (isHere) {
    await session.run(sql`
      update tenantry.placement
      set home_id = ${to.home}, epoch = ${epoch}, state = ${to.state}, role_name = ${home.role}, search_path = ${home.path}, version = ${home.version}
      where tenant_id = ${tenant}`)
    return epoch
  }
  // What is left from an earlier stay: a new row says by itself whether it is entered with a token.
  await session.run(sql`delete from tenantry.placement where tenant_id = ${tenant}`)
  await session.run(sql`
    insert into tenantry.placement (tenant_id, home_id, epoch, state, role_name, search_path, version)
    values (${tenant}, ${to.home}, ${epoch}, ${to.state}, ${home.role}, ${home.path}, ${home.version})`)
  return epoch
}

/** Takes back that the tenant arrived in a database which it had not lived in. */
export const withdraw = (database: Database, tenant: string, home: string, by: FencingToken, options: FenceOptions): Promise<number> =>
  whileNobodyIsIn(
    database,
    tenant,
    by,
    (session) => session.run(sql`delete from tenantry.placement where tenant_id = ${tenant} and home_id = ${home} and state <> 'moved'`),
    options,
  )

/** Takes back that it left, once it is placed nowhere else. Answers the epoch, which is above the one that it may have had there. */
export const comeBack = (
  database: Database,
  tenant: string,
  state: LocalPlacement['state'],
  by: FencingToken,
  options: FenceOptions,
): Promise<number> =>
  whileNobodyIsIn(
    database,
    tenant,
    by,
    async (session) => {
      const found = await session.one(placementOf(tenant))
      if (found.state !== 'moved') return found.epoch
      await session.run(sql`update tenantry.placement set state = ${state}, epoch = epoch + 2 where tenant_id = ${tenant}`)
      return found.epoch + 2
    },
    options,
  )

export const elsewhere = (tenant: string) =>
  fault('TENANT_STATE', {
    tenant,
    state: 'placed in another home by its database than by the catalog',
    wanted: 'that both agree: `tenantry doctor` says where they differ',
  })
