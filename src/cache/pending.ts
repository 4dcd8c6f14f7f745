import type { TenantIdentity } from '../client/after-commit.js'
import { jitter, systemClock } from '../kernel/clock.js'

/** What was made void and has not reached the store: it is tried again until it has, and until then the tenant's values are not believed here. */
export interface Pending {
  readonly add: (tenant: TenantIdentity, tags: readonly string[] | undefined) => void
  readonly has: (tenantId: string) => boolean
  readonly size: () => number
  /** Tries once more, and no more after that. */
  readonly close: () => Promise<void>
}

export interface Owed {
  readonly tenant: TenantIdentity
  /** Undefined: everything. */
  readonly tags: ReadonlySet<string> | undefined
}

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1_000
// Of a tenant with more of them everything is void, so that an outage costs a bounded amount of memory per tenant.
const MAX_TAGS = 100

/** @param pay answers whether it has reached the store. */
export function createPending(pay: (owed: Owed) => Promise<boolean>): Pending {
  const owed = new Map<string, Owed>()
  const closing = new AbortController()
  let running: Promise<void> | undefined

  const round = async (): Promise<boolean> => {
    for (const [id, one] of owed) {
      if (!(await pay(one))) return false
      // What was added meanwhile is another object, and still owed.
      if (owed.get(id) === one) owed.delete(id)
    }
    return owed.size === 0
  }

  const run = async (): Promise<void> => {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      await systemClock.sleep(pause * jitter(), closing.signal)
      if (closing.signal.aborted || (await round())) return
    }
  }

  return {
    add: (tenant, tags) => {
      const known = owed.get(tenant.id)
      const all = tags === undefined || (known !== undefined && known.tags === undefined)
      const union = all ? undefined : new Set([...(known?.tags ?? []), ...tags])
      owed.set(tenant.id, { tenant, tags: union === undefined || union.size > MAX_TAGS ? undefined : union })
      if (closing.signal.aborted) return
      running ??= run().finally(() => {
        running = undefined
      })
    },
    has: (tenantId) => owed.has(tenantId),
    size: () => owed.size,
    close: async () => {
      closing.abort()
      await running
      if (owed.size > 0) await round()
    },
  }
}
