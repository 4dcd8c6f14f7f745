import { clearDeletion, findTenant, lockTenant, recordDeletion, recordTenantState } from '../../catalog/tenants.js'
import { assertIdle } from '../../engine/idle.js'
import type { AcceptContext, Step, StepContext } from '../../engine/operation.js'
import { holdPlacement, localState, underFence } from '../../isolation/fence.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import { LIFECYCLE, type LifecycleEvent, LOCAL_STATE, type SettledState, WANTED } from './lifecycle.js'
import { describeTenant } from './row.js'

/** What a change of state remembers between its steps. */
export interface StateChange {
  readonly [key: string]: unknown
  readonly tenant: string
  readonly databaseId: string
  readonly from: SettledState
  readonly fromReason: string | null
  readonly to: SettledState
  readonly reason: string | null
  /** How long a deleted tenant can be taken back. */
  readonly graceMs?: number
  readonly epoch?: number
}

// Open scopes may keep a change of state waiting for so long; then it is given up with TENANT_BUSY, and nothing has changed.
const FENCE_PATIENCE_MS = 10_000

/** Checks the event against the lifecycle. Of two operators at once exactly one gets through: the row is locked, and an open operation counts. */
export async function acceptStateChange(
  { tx, fail }: AcceptContext<'TENANT_NOT_FOUND' | 'TENANT_STATE'>,
  ref: string,
  event: LifecycleEvent,
  reason: string | null,
  graceMs?: number,
): Promise<{ memory: StateChange; subject: string }> {
  const tenant = await tx.maybe(lockTenant(checkTenantRef(ref)))
  if (tenant === undefined) throw fail('TENANT_NOT_FOUND', { tenant: ref })
  const next = LIFECYCLE[tenant.state][event]
  const to = next === 'before' ? tenant.deletedFrom : next
  if (to === undefined || to === null) throw fail('TENANT_STATE', { tenant: ref, state: tenant.state, wanted: WANTED[event] })
  await assertIdle({ tx, fail }, tenant.id, ref)
  return {
    subject: tenant.id,
    memory: {
      tenant: tenant.id,
      databaseId: tenant.databaseId,
      from: tenant.state as SettledState,
      fromReason: tenant.stateReason,
      to,
      reason: next === 'before' ? tenant.deletedFromReason : reason,
      ...(graceMs === undefined ? {} : { graceMs }),
    },
  }
}

type Context = StepContext<unknown, StateChange>

/** The fence first, in the tenant's own database; the catalog follows. */
export const STATE_STEPS: readonly Step<unknown, StateChange>[] = [
  {
    name: 'fence',
    async act({ platform, memory, by }: Context) {
      return { epoch: await setLocalState(platform, memory, memory.to, by) }
    },
    async undo({ platform, memory, by, journal }: Context) {
      const { database } = await platform.tenantDatabase(memory.databaseId)
      const found = await holdPlacement(database, memory.tenant, by)
      // Given up before it changed anything, most likely since scopes are open: they need not end for nothing to be taken back.
      const epoch = found.state === LOCAL_STATE[memory.from] ? found.epoch : await setLocalState(platform, memory, memory.from, by)
      await journal((tx) => tx.run(recordTenantState(memory.tenant, memory.from, memory.fromReason, epoch)))
    },
  },
  {
    name: 'record',
    async record({ memory }: Context, tx) {
      if (memory.to === 'deleted') await tx.run(recordDeletion(memory.tenant, memory.from, memory.fromReason, memory.graceMs!))
      await tx.run(recordTenantState(memory.tenant, memory.to, memory.reason, memory.epoch!))
      if (memory.from === 'deleted') await tx.run(clearDeletion(memory.tenant))
    },
  },
]

export const resultOfStateChange = async ({ platform, memory }: Context) =>
  describeTenant(await platform.catalog.one(findTenant(memory.tenant)))

async function setLocalState(platform: Context['platform'], memory: StateChange, state: SettledState, by: Context['by']): Promise<number> {
  const { database } = await platform.tenantDatabase(memory.databaseId)
  return underFence(
    database,
    memory.tenant,
    by,
    async (session) => {
      await session.run(localState(memory.tenant, LOCAL_STATE[state]))
    },
    { withinMs: FENCE_PATIENCE_MS },
  )
}
