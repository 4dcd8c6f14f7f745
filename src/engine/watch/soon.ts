import { systemClock } from '../../kernel/clock.js'

// A catalog that is silent must not keep the watchdog from acting.
const CATALOG_MS = 500

/** What the catalog answers; undefined when it fails, or takes too long. */
export async function soon<T>(answer: Promise<T>, withinMs = CATALOG_MS): Promise<T | undefined> {
  const late = new AbortController()
  try {
    return await Promise.race([answer.catch(() => undefined), systemClock.sleep(withinMs, late.signal).then(() => undefined)])
  } finally {
    late.abort()
  }
}
