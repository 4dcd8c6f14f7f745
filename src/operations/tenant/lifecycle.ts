import type { TenantState } from '../../catalog/tenants.js'

export type LifecycleEvent = 'suspend' | 'suspend_for_writing' | 'resume'

/** The states of a tenant that is there; `creating` is left by `tenant.create` alone. */
export type SettledState = Exclude<TenantState, 'creating'>

/** What may follow what. `undefined`: the event is not possible in that state. */
export const LIFECYCLE: Readonly<Record<TenantState, Readonly<Record<LifecycleEvent, SettledState | undefined>>>> = {
  creating: { suspend: undefined, suspend_for_writing: undefined, resume: undefined },
  active: { suspend: 'suspended', suspend_for_writing: 'read_only', resume: undefined },
  suspended: { suspend: undefined, suspend_for_writing: 'read_only', resume: 'active' },
  read_only: { suspend: 'suspended', suspend_for_writing: undefined, resume: 'active' },
}

/** The state that an event needs, for messages. */
export const WANTED: Readonly<Record<LifecycleEvent, string>> = {
  suspend: 'an active or read-only tenant',
  suspend_for_writing: 'an active or suspended tenant',
  resume: 'a suspended or read-only tenant',
}
