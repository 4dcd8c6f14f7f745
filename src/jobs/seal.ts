import { fault } from '../kernel/faults.js'
import { isUuid } from '../kernel/identifiers.js'
import type { Keyring } from '../kernel/keyring.js'

/** Where a job is queued: BullMQ's queue and job name, pg-boss's queue, Graphile Worker's task. A job runs nowhere else. */
export interface JobTarget {
  readonly queue: string
  readonly job?: string
}

/** Says for which tenant a job is, in names short enough to be stored with every job. */
export interface Seal {
  readonly v: 1
  readonly tenant: string
  readonly epoch: string
  readonly queue: string
  readonly job: string | null
  /** In milliseconds since 1970; `until` null: never. */
  readonly at: number
  readonly until: number | null
  readonly key: string
  readonly sig: string
}

/** What is queued: plain JSON. */
export interface SealedJob<T> {
  readonly tenantry: Seal
  readonly payload: T
}

const PURPOSE = 'job'

export function sealed<T>(keyring: Keyring, facts: Omit<Seal, 'v' | 'key' | 'sig'>, payload: T): SealedJob<T> {
  // As the queue will hand it out: without what JSON cannot hold.
  const plain = JSON.parse(JSON.stringify(payload ?? null)) as T
  const { key, signature } = keyring.sign(PURPOSE, (id) => signedText({ v: 1, ...facts, key: id }, plain))
  return { tenantry: { v: 1, ...facts, key, sig: signature }, payload: plain }
}

/** The seal of a job that was queued just so: for this place, with this payload. Throws JOB_REFUSED, JOB_KEY_UNKNOWN. */
export function openSeal(keyring: Keyring, target: JobTarget, data: unknown): { readonly seal: Seal; readonly payload: unknown } {
  const refused = (reason: string) => fault('JOB_REFUSED', { queue: target.queue, reason })
  const { tenantry: seal, payload } = (data ?? {}) as { readonly tenantry?: unknown; readonly payload?: unknown }
  if (!isSeal(seal)) throw refused('it has no seal')
  const objection = keyring.objection(PURPOSE, seal.key, signedText(seal, payload ?? null), seal.sig)
  if (objection === 'unknown key') throw fault('JOB_KEY_UNKNOWN', { queue: target.queue, key: seal.key })
  if (objection !== undefined) throw refused('its seal does not fit: tenant, payload or times were changed, or somebody else has made it')
  if (seal.queue !== target.queue) throw refused('it was made for another queue')
  if (seal.job !== (target.job ?? null)) throw refused('it was made for another job of this queue')
  return { seal, payload }
}

function isSeal(value: unknown): value is Seal {
  if (typeof value !== 'object' || value === null) return false
  const { v, tenant, epoch, queue, job, at, until, key, sig } = value as Partial<Record<keyof Seal, unknown>>
  return (
    v === 1 &&
    [tenant, epoch, queue, key, sig].every((text) => typeof text === 'string') &&
    isUuid(tenant as string) &&
    /^\d{1,19}$/.test(epoch as string) &&
    (job === null || typeof job === 'string') &&
    Number.isFinite(at) &&
    (until === null || Number.isFinite(until))
  )
}

/** Queues keep JSON, not its text: PostgreSQL reorders the keys of an object. */
const signedText = ({ v, tenant, epoch, queue, job, at, until, key }: Omit<Seal, 'sig'>, payload: unknown): string =>
  JSON.stringify([v, tenant, epoch, queue, job, at, until, key, inOrder(payload)])

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder)
  if (typeof value !== 'object' || value === null) return value
  // As pairs: an object would put keys that look like numbers first, and take `__proto__` for something else.
  return {
    o: Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, inOrder(inner)]),
  }
}
