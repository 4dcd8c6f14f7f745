import { Queue, Worker } from 'bullmq'
import { makeWorkerUtils, run } from 'graphile-worker'
import PgBoss from 'pg-boss'
import { createTenantry, sql } from '../../src/index.js'
import { createJobs, inScope } from '../../src/jobs.js'

interface Invoice {
  readonly order: number
}

const tenantry = createTenantry({ catalogUrl: 'postgres://…' })
const jobs = createJobs(tenantry, { keys: { k1: 'env:JOB_KEY_1', k2: 'env:JOB_KEY_2' }, sign: 'k2' })

// What the queue runs, the same for all of them: one scope of the tenant that queued it.
const invoice = inScope(async (scope, { order }: Invoice) => {
  await scope.rows(sql`update orders set invoiced = true where id = ${order}`)
})

// BullMQ: the seal names the queue and the job.
const connection = { host: '127.0.0.1', port: 6379 }
const queue = new Queue('billing', { connection })
await queue.add('invoice', await jobs.seal('acme', { queue: 'billing', job: 'invoice' }, { order: 7 }), { attempts: 10 })
export const worker = new Worker('billing', jobs.bullmq(invoice), { connection })

// pg-boss: the seal names the queue.
const boss = await new PgBoss('postgres://…').start()
await boss.send('invoice', await jobs.seal('acme', { queue: 'invoice' }, { order: 7 }))
await boss.work('invoice', jobs.pgBoss(boss, invoice))

// Graphile Worker: the seal names the task.
const utils = await makeWorkerUtils({ connectionString: 'postgres://…' })
await utils.addJob('invoice', await jobs.seal('acme', { queue: 'invoice' }, { order: 7 }))
export const runner = await run({ connectionString: 'postgres://…', taskList: { invoice: jobs.graphile(utils, invoice) } })

// The handle in place of a scope, where the work is not one transaction.
export const mails = new Worker(
  'mails',
  jobs.bullmq(async ({ order }: Invoice, { tenant, epoch, queuedAt, job }) => {
    const rows = await tenant.query(sql<{ email: string }>`select email from orders where id = ${order}`)
    return { to: rows, epoch, queuedAt, job: job.name }
  }),
  { connection },
)
