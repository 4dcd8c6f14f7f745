import { isFinal, type JobHandler, type JobWorks } from './run.js'

/** A job of pg-boss, by what is needed of it. */
export interface BossJob {
  readonly id: string
  readonly name: string
  readonly data: unknown
}

/** pg-boss, by what is needed of it. */
export interface Boss {
  readonly cancel: (queue: string, id: string) => Promise<unknown>
  readonly complete: (queue: string, id: string) => Promise<unknown>
}

export type BossHandler<Job, R> = (jobs: Job[]) => Promise<R | undefined>

/**
 * An error has no way to tell pg-boss not to try again: such a job is cancelled under way, which stays so whatever becomes of the handler. Of a batch
 * each job that succeeds is completed at once. One that fails stays active until the batch has ended: if it were given back before, another worker could
 * take it, and pg-boss would complete that run together with this batch.
 */
export const bossHandler =
  <T, Job extends BossJob, R>(
    works: JobWorks,
    refused: (error: unknown, job: unknown) => void,
    boss: Boss,
    handler: JobHandler<T, Job, R>,
  ): BossHandler<Job, R> =>
  async (jobs) => {
    const failures: unknown[] = []
    let answer: R | undefined
    for (const job of jobs) {
      try {
        answer = await works.run(job.data, { queue: job.name }, job, handler)
      } catch (error) {
        if (!isFinal(error)) failures.push(error)
        else {
          refused(error, job)
          // Not cancelled, it fails with the batch, and is refused again.
          await boss.cancel(job.name, job.id).catch((trouble: unknown) => failures.push(trouble))
        }
        continue
      }
      // Where this does not come through, pg-boss completes the job with the batch, or has it run again if another one has failed.
      if (jobs.length > 1) await boss.complete(job.name, job.id).catch(() => {})
    }
    // pg-boss then fails those of the batch that are still active.
    if (failures.length > 0) throw failures[0]
    return jobs.length === 1 ? answer : undefined
  }
