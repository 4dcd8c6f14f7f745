import type { Fleet } from '../../src/testing/fleet.js'
import { runWorker } from '../../src/worker/worker.js'

/** Two workers while `body` runs. They begin with it, so that on a slow machine nobody is taken over who has not been disturbed yet. */
export async function withWork<T>(fleet: Fleet, body: () => Promise<T>): Promise<T> {
  const over = new AbortController()
  const working = [1, 2].map(() => runWorker(fleet.platform, over.signal))
  try {
    return await body()
  } finally {
    over.abort()
    await Promise.all(working)
  }
}
