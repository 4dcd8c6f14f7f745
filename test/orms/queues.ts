import { Queue, Worker } from 'bullmq'
import { Logger, makeWorkerUtils, run } from 'graphile-worker'
import { Redis } from 'ioredis'
import PgBoss from 'pg-boss'
import type { JobHandler, Jobs } from '../../src/jobs.js'

/** How a queue has ended a job, or that it means to try again. */
export type Outcome = 'done' | 'given up' | 'again'

export interface QueueUnderTest {
  /** Queues what it is given, with at least five attempts. Answers what `outcome` asks by. */
  readonly add: (queue: string, data: object) => Promise<string>
  /** Undefined while nothing has happened. */
  readonly outcome: (queue: string, id: string) => Promise<Outcome | undefined>
  readonly stop: () => Promise<void>
}

export interface Wiring {
  readonly jobs: Jobs
  readonly redis: { readonly host: string; readonly port: number }
  /** Of a database that the queue may make tables in. */
  readonly url: string
  readonly queues: readonly string[]
  readonly handler: JobHandler<never, unknown, unknown>
}

/** The name that BullMQ knows a job by within its queue. */
export const JOB = 'do'

async function bullmq({ jobs, redis, queues, handler }: Wiring): Promise<QueueUnderTest> {
  const connection = new Redis({ ...redis, maxRetriesPerRequest: null })
  const opened = new Map(queues.map((name) => [name, new Queue(name, { connection })]))
  const workers = queues.map((name) => new Worker(name, jobs.bullmq(handler), { connection }))
  for (const worker of workers) await worker.waitUntilReady()
  return {
    add: async (queue, data) => (await opened.get(queue)!.add(JOB, data, { attempts: 5, backoff: { type: 'fixed', delay: 60_000 } })).id!,
    outcome: async (queue, id) => {
      const state = await opened.get(queue)!.getJobState(id)
      if (state === 'completed') return 'done'
      if (state === 'failed') return 'given up'
      return state === 'delayed' ? 'again' : undefined
    },
    stop: async () => {
      for (const one of [...workers, ...opened.values()]) await one.close()
      connection.disconnect()
    },
  }
}

async function pgBoss({ jobs, url, queues, handler }: Wiring): Promise<QueueUnderTest> {
  const boss = new PgBoss({ connectionString: url, max: 3, supervise: false, schedule: false })
  boss.on('error', () => {})
  await boss.start()
  for (const name of queues) {
    await boss.createQueue(name)
    await boss.work(name, { pollingIntervalSeconds: 0.5, batchSize: 10 }, jobs.pgBoss(boss, handler))
  }
  return {
    add: async (queue, data) => (await boss.send(queue, data, { retryLimit: 1_000 }))!,
    outcome: async (queue, id) => {
      const { state, retryCount } = (await boss.getJobById(queue, id))!
      if (state === 'completed') return 'done'
      if (state === 'cancelled') return 'given up'
      // It is tried again as soon as the batch has ended.
      return state === 'retry' || retryCount > 0 ? 'again' : undefined
    },
    stop: () => boss.stop({ graceful: false, wait: true }),
  }
}

async function graphileWorker({ jobs, url, queues, handler }: Wiring): Promise<QueueUnderTest> {
  const logger = new Logger(() => () => {})
  const utils = await makeWorkerUtils({ connectionString: url, maxPoolSize: 2, logger })
  await utils.migrate()
  const runner = await run({
    ...{ connectionString: url, maxPoolSize: 4, concurrency: 2, pollInterval: 200, noHandleSignals: true, logger },
    taskList: Object.fromEntries(queues.map((name) => [name, jobs.graphile(utils, handler)])),
  })
  return {
    add: async (queue, data) => (await utils.addJob(queue, data, { maxAttempts: 5 })).id,
    outcome: (_queue, id) =>
      utils.withPgClient(async (client) => {
        const { rows } = await client.query('select attempts, max_attempts, locked_at from graphile_worker._private_jobs where id = $1', [
          id,
        ])
        const job = rows[0] as { attempts: number; max_attempts: number; locked_at: Date | null } | undefined
        if (job === undefined) return 'done'
        if (job.attempts === 0 || job.locked_at !== null) return undefined
        return job.attempts >= job.max_attempts ? 'given up' : 'again'
      }),
    stop: async () => {
      await runner.stop()
      await utils.release()
    },
  }
}

export const QUEUES = { bullmq, 'pg-boss': pgBoss, 'graphile-worker': graphileWorker } as const
