import { fault } from '../kernel/faults.js'
import { sql } from '../kernel/sql.js'
import { signToken, TOKEN_S } from '../kernel/token.js'
import type { Session } from '../postgres/session.js'
import { believedKeys } from './assurance.js'

interface Place {
  readonly epoch: string
  readonly version: string
  readonly databaseId: string
  readonly signed: boolean
  /** Seconds, by the server's clock. */
  readonly now: number
}

/** Enters a tenant for the rest of a transaction of the control plane, whose login may read the keys. Raises as the way in does. */
export async function enterAsPlatform(session: Session, tenant: string, request: string): Promise<void> {
  // Exactly one row: without a placement nothing is entered, and what follows would run with an administrator's rights.
  const place = await session.one(sql<Place>`
    select p.epoch::text, p.version, tenantry.database_id() as "databaseId",
           -- Databases of older releases have no such column.
           coalesce((to_jsonb(p) ->> 'signed')::boolean, false) as signed,
           floor(extract(epoch from clock_timestamp()))::int8::float8 as now
    from tenantry.placement p
    where p.tenant_id = ${tenant}`)
  const { epoch, version, databaseId } = place
  if (!place.signed) {
    await session.one(sql`
      select set_config('role', tenantry.enter_v1(${tenant}, ${epoch}, ${version}, ${databaseId}, 'tenantry', ${request}), true)`)
    return
  }
  const key = (await session.rows(believedKeys)).at(-1)
  if (key === undefined) throw fault('TOKEN_REFUSED', { tenant, reason: 'the database has no key of tokens' })
  const expires = place.now + TOKEN_S
  const facts = { databaseId, tenant, epoch, actor: 'tenantry', request, expires }
  const { context, signature } = signToken({ id: key.id, key: key.key.toString('hex') }, facts)
  await session.one(sql`
    select set_config('role', tenantry.enter_v2(${context}, ${epoch}, ${version}, ${databaseId}, ${expires}, ${key.id}, ${signature}), true)`)
}
