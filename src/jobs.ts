import { cwd } from 'node:process'
import type { ScopeOptions } from './client/options.js'
import type { Tenantry } from './client/tenantry.js'
import { type BullJob, type BullProcessor, bullProcessor } from './jobs/bullmq.js'
import { type GraphileHelpers, type GraphileTask, type GraphileUtils, graphileTask } from './jobs/graphile-worker.js'
import { type Boss, type BossHandler, type BossJob, bossHandler } from './jobs/pg-boss.js'
import { createWorks, isFinal, type JobHandler, type JobRun, type JobWorks } from './jobs/run.js'
import type { JobTarget, SealedJob } from './jobs/seal.js'
import type { Fault } from './kernel/faults.js'
import { createKeyring, type KeyringOptions } from './kernel/keyring.js'
import { type Secrets, secretsFrom } from './kernel/secrets.js'

export { inScope } from './jobs/run.js'
export { Fault, type FaultCode, isFault } from './kernel/faults.js'
export type { JobHandler, JobRun, JobTarget, SealedJob }

export interface JobsOptions extends KeyringOptions {
  /** Options of all scopes of a job: who acts, the id of the job. */
  readonly scope?: (run: Omit<JobRun, 'tenant'>) => ScopeOptions
  /** Told of jobs that are refused for good, with the queue's own job. */
  readonly onRefused?: (fault: Fault, job: unknown) => void
  /** Reads references to secrets. Default: the environment and files. */
  readonly secrets?: Secrets
}

export interface Jobs {
  /**
   * What to queue in place of the payload: it runs for this tenant (by id or slug) and in this place only. The payload is what JSON keeps of it. Throws
   * TENANT_NOT_FOUND, SLUG_INVALID, CATALOG_UNREACHABLE, INPUT_INVALID.
   */
  readonly seal: JobWorks['seal']
  /**
   * Runs the handler for the tenant that the job was sealed for: for queues of other kinds. Throws JOB_REFUSED, JOB_EXPIRED and JOB_TENANT_GONE, which
   * no repetition mends (`isFinal`), and JOB_KEY_UNKNOWN, JOB_STALE, TENANT_SUSPENDED, TENANT_DELETED, CATALOG_UNREACHABLE, which time may.
   */
  readonly run: JobWorks['run']
  readonly isFinal: (error: unknown) => boolean
  /** The processor of a BullMQ Worker. A job that is refused for good goes to its failed jobs at once. */
  readonly bullmq: <T, R = unknown, Job extends BullJob = BullJob>(handler: JobHandler<T, Job, R>) => BullProcessor<Job, R>
  /** The handler of `boss.work`. A job that is refused for good is cancelled. Of a batch each job succeeds or fails for itself, the failed ones at its end. */
  readonly pgBoss: <T, R = unknown, Job extends BossJob = BossJob>(boss: Boss, handler: JobHandler<T, Job, R>) => BossHandler<Job, R>
  /** A task of Graphile Worker. A job that is refused for good fails, and has no attempts left. `utils` is what `makeWorkerUtils` answers. */
  readonly graphile: <T, Helpers extends GraphileHelpers = GraphileHelpers>(
    utils: GraphileUtils,
    handler: JobHandler<T, Helpers, unknown>,
  ) => GraphileTask<Helpers>
}

/** Carries the tenant through a job queue. Throws INPUT_INVALID, SECRET_MISSING. */
export function createJobs(tenantry: Tenantry, options: JobsOptions): Jobs {
  const keyring = createKeyring(options, options.secrets ?? secretsFrom(process.env, cwd()))
  const works = createWorks(tenantry, keyring, options)
  const refused = (error: unknown, job: unknown): void => options.onRefused?.(error as Fault, job)
  return {
    ...works,
    isFinal,
    bullmq: (handler) => bullProcessor(works, refused, handler),
    pgBoss: (boss, handler) => bossHandler(works, refused, boss, handler),
    graphile: (utils, handler) => graphileTask(works, refused, utils, handler),
  }
}
