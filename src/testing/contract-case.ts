import { fail } from 'node:assert/strict'
import type { Isolation } from '../catalog/homes.js'
import { type Resolved, resolveTenant } from '../catalog/resolve.js'
import { systemClock } from '../kernel/clock.js'
import { sql } from '../kernel/sql.js'
import { signToken, TOKEN_S } from '../kernel/token.js'
import type { Database, Session } from '../postgres/session.js'
import type { Fleet } from './fleet.js'

/** What a case is given: a fleet with the two tenants `one` and `two` of the isolation, on the contract's own tables. */
export interface ContractSubject {
  readonly fleet: Fleet
  readonly isolation: Isolation
  readonly one: string
  readonly two: string
  /** Set where all scopes of a database share one server connection: two of them cannot be open at once there. */
  readonly oneConnection?: boolean
}

export interface ContractCase {
  /** A sentence about what holds. */
  readonly name: string
  readonly run: (subject: ContractSubject) => Promise<void>
}

/** Enters as the library does, by hand. */
export async function enter(session: Session, fleet: Fleet, slug: string, epoch: string): Promise<void> {
  const { found } = await fleet.platform.catalog.one(resolveTenant(slug))
  const { tenant, version, databaseId, signing } = found as Resolved
  if (signing === undefined || signing === null) {
    await session.run(sql`select set_config('role', tenantry.enter_v1(${tenant}, ${epoch}, ${version}, ${databaseId}, '', ''), true)`)
    return
  }
  const expires = Math.floor(systemClock.now() / 1_000) + TOKEN_S
  const { context, signature } = signToken(signing, { databaseId, tenant, epoch, actor: '', request: '', expires })
  await session.run(sql`
    select set_config('role', tenantry.enter_v2(${context}, ${epoch}, ${version}, ${databaseId}, ${expires}, ${signing.id}, ${signature}), true)`)
}

/** Waits until somebody waits for the tenant's lock. */
export async function untilBlocked(witness: Session, tenant: string, howMany = 1): Promise<void> {
  for (let i = 0; i < 200; i++) {
    const { waiting } = await witness.one(sql<{ waiting: number }>`
      select count(*)::int as waiting
      from pg_catalog.pg_locks
      where locktype = 'advisory'
        and not granted
        and database = (select oid from pg_catalog.pg_database where datname = current_database())
        and ((classid::bigint << 32) | objid::bigint) = uuid_hash_extended(${tenant}::uuid, 7426)`)
    if (waiting >= howMany) return
    await systemClock.sleep(20)
  }
  fail('nobody waits for the lock')
}

/** The role of the home that a tenant lives in. */
export async function roleOf(fleet: Fleet, slug: string): Promise<string> {
  const witness: Database = await fleet.witness(slug)
  const { home } = await fleet.tenant(slug)
  return (await witness.one(sql<{ role: string }>`select role_name as role from tenantry.home where id = ${home}`)).role
}
