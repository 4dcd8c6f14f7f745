import type { ScopeOptions } from '../client/options.js'
import type { Scope } from '../client/scope.js'
import type { TenantHandle, Tenantry } from '../client/tenantry.js'
import { systemClock } from '../kernel/clock.js'
import { type Fault, fault, isFault } from '../kernel/faults.js'
import type { Keyring } from '../kernel/keyring.js'
import { type JobTarget, openSeal, type SealedJob, sealed } from './seal.js'

/** For whom a job runs. `Job` is what the queue hands on beside the payload. */
export interface JobRun<Job = unknown> {
  readonly tenant: TenantHandle & { readonly id: string; readonly slug: string }
  /** The tenant's epoch when the job was queued, and now: another one means that it was moved, restored, or suspended and resumed since. */
  readonly epoch: { readonly queued: string; readonly now: string }
  readonly queuedAt: Date
  readonly job: Job
}

export type JobHandler<T, Job, R> = (payload: T, run: JobRun<Job>) => R | Promise<R>

export interface SealOptions {
  /** After so many milliseconds the job is no longer run. Default: never. */
  readonly expiresInMs?: number
}

export interface JobWorks {
  readonly seal: <T>(tenant: string, target: JobTarget, payload: T, options?: SealOptions) => Promise<SealedJob<T>>
  readonly run: <T, Job, R>(data: unknown, target: JobTarget, job: Job, handler: JobHandler<T, Job, R>) => Promise<R>
}

/** No later attempt can end otherwise: the queue is told not to try again. */
export const isFinal = (error: unknown): error is Fault => isFault(error, 'JOB_REFUSED', 'JOB_EXPIRED', 'JOB_TENANT_GONE')

export function createWorks(
  tenantry: Tenantry,
  keyring: Keyring,
  options: { readonly scope?: (run: Omit<JobRun, 'tenant'>) => ScopeOptions },
): JobWorks {
  const seal: JobWorks['seal'] = async (ref, { queue, job = null }, payload, { expiresInMs } = {}) => {
    if (expiresInMs !== undefined && !(Number.isFinite(expiresInMs) && expiresInMs > 0))
      throw fault('INPUT_INVALID', { issues: ['expiresInMs must be a positive number of milliseconds'] })
    const found = await tenantry.directory.byRef(ref, { vouched: true })
    if (found === undefined) throw fault('TENANT_NOT_FOUND', { tenant: ref })
    const at = systemClock.now()
    const until = expiresInMs === undefined ? null : at + Math.ceil(expiresInMs)
    return sealed(keyring, { tenant: found.id, epoch: found.epoch, queue, job, at, until }, payload)
  }

  const run: JobWorks['run'] = async (data, target, job, handler) => {
    const { queue } = target
    const { seal: found, payload } = openSeal(keyring, target, data)
    const { tenant: id, epoch: queued, at, until } = found
    if (until !== null && until < systemClock.now())
      throw fault('JOB_EXPIRED', { queue, tenant: id, expired: new Date(until).toISOString() })
    // A tenant keeps its id for life, and no other ever gets it; its epoch only grows, also when it moves.
    const tenant = await tenantry.directory.byRef(id, { fresh: true, atLeast: queued, vouched: true })
    if (tenant === undefined) {
      if (await tenantry.directory.isPurged(id)) throw fault('JOB_TENANT_GONE', { queue, tenant: id })
      throw fault('JOB_STALE', { queue, tenant: id, queued })
    }
    const { slug, state, epoch: now } = tenant
    if (state === 'deleted' || state === 'purging') throw fault('TENANT_DELETED', { tenant: slug })
    if (state !== 'active' && state !== 'read_only') throw fault('TENANT_SUSPENDED', { tenant: slug })
    if (BigInt(now) < BigInt(queued)) throw fault('JOB_STALE', { queue, tenant: id, queued, now })
    const facts = { epoch: { queued, now }, queuedAt: new Date(at), job }
    try {
      return await handler(payload as never, { ...facts, tenant: { id, slug, ...tenantry.tenant(id, options.scope?.(facts)) } })
    } catch (error) {
      // Purged a moment ago: its database knew before the catalog was asked again. A catalog that was set back may have led to the wrong one.
      if (isFault(error, 'TENANT_NOT_FOUND') && error.facts.tenant === id && (await tenantry.directory.isPurged(id)))
        throw fault('JOB_TENANT_GONE', { queue, tenant: id }, { cause: error })
      throw error
    }
  }

  return { seal, run }
}

/** A handler whose whole work is one scope of the job's tenant: it commits when the handler has returned, and rolls back when it throws. */
export const inScope =
  <T, Job, R>(handler: (scope: Scope, payload: T, run: JobRun<Job>) => R | Promise<R>, options?: ScopeOptions): JobHandler<T, Job, R> =>
  (payload, run) =>
    run.tenant.transaction(async (scope) => handler(scope, payload, run), options)
