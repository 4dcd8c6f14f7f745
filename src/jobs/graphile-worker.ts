import { systemClock } from '../kernel/clock.js'
import { isFinal, type JobHandler, type JobWorks } from './run.js'

/** What Graphile Worker tells a task beside its payload, by what is needed of it. */
export interface GraphileHelpers {
  readonly job: { readonly id: string; readonly task_identifier: string }
}

/** What `makeWorkerUtils` answers, by what is needed of it. */
export interface GraphileUtils {
  readonly permanentlyFailJobs: (ids: string[], reason?: string) => Promise<readonly unknown[]>
}

export type GraphileTask<Helpers> = (payload: unknown, helpers: Helpers) => Promise<void>

// The first repetition comes after more than two seconds; a job that is missed now is refused again then.
const WITHIN_MS = 10_000
const EVERY_MS = 25

/**
 * An error has no way to tell Graphile Worker not to try again, and a job cannot be failed for good while it is held: that is done as soon as the worker
 * has let go of it.
 */
export const graphileTask =
  <T, Helpers extends GraphileHelpers>(
    works: JobWorks,
    refused: (error: unknown, job: unknown) => void,
    utils: GraphileUtils,
    handler: JobHandler<T, Helpers, unknown>,
  ): GraphileTask<Helpers> =>
  async (payload, helpers) => {
    const { id, task_identifier: queue } = helpers.job
    try {
      await works.run(payload, { queue }, helpers, handler)
    } catch (error) {
      if (isFinal(error)) {
        refused(error, helpers.job)
        void failForGood(utils, id, error.message)
      }
      throw error
    }
  }

async function failForGood(utils: GraphileUtils, id: string, reason: string): Promise<void> {
  const end = systemClock.now() + WITHIN_MS
  try {
    do await systemClock.sleep(EVERY_MS)
    while ((await utils.permanentlyFailJobs([id], reason)).length === 0 && systemClock.now() < end)
  } catch {
    // The utilities were released meanwhile: whoever has the job next refuses it as well.
  }
}
