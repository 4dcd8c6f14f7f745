import { isFinal, type JobHandler, type JobWorks } from './run.js'

/** A job of BullMQ, by what is needed of it. */
export interface BullJob {
  readonly queueName: string
  readonly name: string
  readonly data: unknown
}

export type BullProcessor<Job, R> = (job: Job) => Promise<R>

/** BullMQ tells what must not be tried again by the name of the error, so that none of its classes is needed here. */
export const bullProcessor =
  <T, Job extends BullJob, R>(
    works: JobWorks,
    refused: (error: unknown, job: unknown) => void,
    handler: JobHandler<T, Job, R>,
  ): BullProcessor<Job, R> =>
  async (job) => {
    try {
      return await works.run(job.data, { queue: job.queueName, job: job.name }, job, handler)
    } catch (error) {
      if (isFinal(error)) {
        refused(error, job)
        Object.defineProperty(error, 'name', { value: 'UnrecoverableError' })
      }
      throw error
    }
  }
