import type { TenantState } from '../../catalog/tenants.js'
import type { LocalPlacement } from '../../isolation/fence.js'

export type LifecycleEvent = 'suspend' | 'suspend_for_writing' | 'resume' | 'delete' | 'undelete'

/** The states of a tenant that is there; `creating` is left by `tenant.create` alone, and out of `purging` no way leads back. */
export type SettledState = Exclude<TenantState, 'creating' | 'warm' | 'purging'>

const NOTHING = { suspend: undefined, suspend_for_writing: undefined, resume: undefined, delete: undefined, undelete: undefined }

/** What may follow what. `undefined`: the event is not possible in that state. `before`: the state that the tenant was deleted from. */
export const LIFECYCLE: Readonly<Record<TenantState, Readonly<Record<LifecycleEvent, SettledState | 'before' | undefined>>>> = {
  creating: NOTHING,
  warm: NOTHING,
  active: { ...NOTHING, suspend: 'suspended', suspend_for_writing: 'read_only', delete: 'deleted' },
  suspended: { ...NOTHING, suspend_for_writing: 'read_only', resume: 'active', delete: 'deleted' },
  read_only: { ...NOTHING, suspend: 'suspended', resume: 'active', delete: 'deleted' },
  deleted: { ...NOTHING, undelete: 'before' },
  purging: NOTHING,
}

/** The state that an event needs, for messages. */
export const WANTED: Readonly<Record<LifecycleEvent, string>> = {
  suspend: 'an active or read-only tenant',
  suspend_for_writing: 'an active or suspended tenant',
  resume: 'a suspended or read-only tenant',
  delete: 'a tenant that is not deleted yet',
  undelete: 'a deleted tenant',
}

/** What the tenant's own database does for a state: a deleted tenant lets nobody in, like a suspended one. */
export const LOCAL_STATE: Readonly<Record<SettledState, LocalPlacement['state']>> = {
  active: 'active',
  suspended: 'suspended',
  read_only: 'read_only',
  deleted: 'suspended',
}
