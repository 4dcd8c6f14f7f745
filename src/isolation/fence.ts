import { type Clock, jitter, systemClock } from '../kernel/clock.js'
import { fault } from '../kernel/faults.js'
import { type Sql, sql } from '../kernel/sql.js'
import { sqlstate } from '../postgres/errors.js'
import { type Database, lockTimeout, type Session } from '../postgres/session.js'

/** Proof that a worker still holds its operation: travels into every transaction that it makes outside of the catalog. */
export interface FencingToken {
  readonly operation: string
  readonly token: number
}

/** The local placement of a tenant as the fence finds it. */
export interface LocalPlacement {
  readonly home: string
  readonly epoch: number
  readonly state: 'active' | 'suspended' | 'read_only' | 'moved'
}

/** What `underFence` is mostly for. */
export const localState = (tenant: string, state: LocalPlacement['state']): Sql =>
  sql`update tenantry.placement set state = ${state} where tenant_id = ${tenant}`

export interface FenceOptions {
  /** How long open scopes of the tenant may keep the fence waiting in all. Afterwards: TENANT_BUSY, and nothing was changed. */
  readonly withinMs: number
  readonly clock?: Clock
}

// While an exclusive request waits, every new scope of the tenant waits behind it: so each single wait is short, and others pass in between.
const ONE_WAIT_MS = 200

/** Raises (as OPERATION_LOST) in a transaction of a worker that has been taken over. */
export const assertFence = (by: FencingToken): Sql => sql`select tenantry.fence(${by.operation}, ${by.token})`

/**
 * Has a transaction of this operation that asserted the fence been committed here? For operations of which that is the only one: then their work in this
 * database is done.
 */
export async function hasCommitted(session: Session, by: FencingToken): Promise<boolean> {
  return (await session.maybe(sql`select 1 as one from tenantry.operation_fence where operation_id = ${by.operation}`)) !== undefined
}

/** Asserts the fence in the only transaction of the operation in this database. False where an earlier attempt has committed it, which is waited for. */
export async function fenceOnce(session: Session, by: FencingToken): Promise<boolean> {
  const first = await session.run(sql`
    insert into tenantry.operation_fence (operation_id, token) values (${by.operation}, 0) on conflict (operation_id) do nothing`)
  await session.run(assertFence(by))
  return first === 1
}

const raised = new WeakMap<FencingToken, WeakMap<Database, Promise<unknown>>>()

/** Commits the fence by itself, once for each database: whoever makes its row in a long transaction keeps all others of the operation waiting for its end. */
export async function raiseFence(database: Database, by: FencingToken): Promise<void> {
  const mine = raised.get(by) ?? new WeakMap<Database, Promise<unknown>>()
  raised.set(by, mine)
  const raising = mine.get(database) ?? database.run(assertFence(by))
  mine.set(database, raising)
  try {
    await raising
  } catch (error) {
    mine.delete(database)
    throw error
  }
}

/** The local placement, after which no worker that held the operation before changes it any more. Throws TENANT_NOT_FOUND. */
export async function holdPlacement(database: Database, tenant: string, by: FencingToken): Promise<LocalPlacement> {
  const found = await database.transaction(async (session) => {
    await session.run(assertFence(by))
    return session.maybe(sql<LocalPlacement>`
      select home_id as home, epoch::int as epoch, state from tenantry.placement where tenant_id = ${tenant}`)
  })
  if (found === undefined) throw fault('TENANT_NOT_FOUND', { tenant })
  return found
}

/**
 * Changes a tenant while no scope of it is open: takes the tenant's exclusive lock, lets its epoch grow by one, runs `change`, commits. Scopes that
 * waited meanwhile are refused afterwards as stale, at every isolation level. Answers the new epoch.
 */
export async function underFence(
  database: Database,
  tenant: string,
  by: FencingToken,
  change: (session: Session, placement: LocalPlacement) => Promise<void>,
  options: FenceOptions,
): Promise<number> {
  return whileNobodyIsIn(
    database,
    tenant,
    by,
    async (session) => {
      const placement = await session.maybe(sql<LocalPlacement>`
          update tenantry.placement set epoch = epoch + 1 where tenant_id = ${tenant} returning home_id as home, epoch::int as epoch, state`)
      if (placement === undefined) throw fault('TENANT_NOT_FOUND', { tenant })
      await change(session, placement)
      return placement.epoch
    },
    options,
  )
}

/** Runs a transaction while no scope of the tenant is open, which changes nothing that a client knows. Throws TENANT_BUSY. */
export async function whileNobodyIsIn<T>(
  database: Database,
  tenant: string,
  by: FencingToken,
  body: (session: Session) => Promise<T>,
  options: FenceOptions,
): Promise<T> {
  const clock = options.clock ?? systemClock
  const start = clock.now()
  for (;;) {
    try {
      return await database.transaction(async (session) => {
        await session.run(assertFence(by))
        await session.run(lockTimeout(ONE_WAIT_MS))
        await session.run(sql`select pg_advisory_xact_lock(uuid_hash_extended(${tenant}::uuid, 7426))`)
        return body(session)
      })
    } catch (error) {
      if (sqlstate(error) !== '55P03') throw error
      const waitedMs = clock.now() - start
      if (waitedMs > options.withinMs) throw fault('TENANT_BUSY', { tenant, waitedMs: Math.round(waitedMs) })
    }
    await clock.sleep(50 * jitter(0.5))
  }
}
