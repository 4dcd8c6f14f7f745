import { offerOf, openWishes } from '../catalog/wishes.js'
import { failWith } from '../engine/operation.js'
import type { Platform } from '../engine/platform.js'
import { submit } from '../engine/submit.js'
import { jitter, systemClock } from '../kernel/clock.js'
import { isFault } from '../kernel/faults.js'
import { migrateHome, offeredFiles } from '../operations/migrate/home.js'

// A scope waits.
const LOOK_EVERY_MS = 200
const AT_ONCE = 4
// After a failure: of the catalog, or of a home whose migration this worker could not begin.
const REST_MS = 5_000

/** Migrates the homes for which scopes wait, until the signal stops it. Several workers may: each home is taken up by one. */
export async function keepWishes(platform: Platform, signal: AbortSignal): Promise<void> {
  const inHand = new Map<string, Promise<void>>()
  const resting = new Map<string, number>()
  const rests = (name: string): boolean => (resting.get(name) ?? 0) > systemClock.now()
  const rest = (name: string): void => void resting.set(name, systemClock.now() + REST_MS * jitter())

  const grant = async (home: string, tenant: string): Promise<void> => {
    try {
      await submit(platform, migrateHome, { tenant }, { actor: 'worker', source: 'worker' })
    } catch (error) {
      rest(home)
      // Another worker was faster.
      if (isFault(error, 'OPERATION_STATE', 'OPERATION_LOST')) return
      platform.log.warn({ tenant, error: (error as Error).message }, 'a home could not be migrated on request')
    } finally {
      inHand.delete(home)
    }
  }

  while (!signal.aborted) {
    let pause = LOOK_EVERY_MS
    try {
      const wishes = inHand.size >= AT_ONCE ? [] : await platform.catalog.rows(openWishes)
      for (const { home, tenant, track } of wishes) {
        if (inHand.has(home) || rests(home) || rests(track)) continue
        if (inHand.size >= AT_ONCE || signal.aborted) break
        if (await isOurs(platform, track)) inHand.set(home, grant(home, tenant))
        else rest(track)
      }
    } catch (error) {
      pause = REST_MS
      platform.log.info({ error: (error as Error).message }, 'the catalog could not be asked for which homes scopes wait')
    }
    if (resting.size > 1_000) for (const name of resting.keys()) if (!rests(name)) resting.delete(name)
    await systemClock.sleep(pause, signal)
  }
  await Promise.all(inHand.values())
}

/** Has this worker the files that were offered? Otherwise it leaves them to those who have. */
async function isOurs(platform: Platform, track: string): Promise<boolean> {
  try {
    if ((await platform.catalog.maybe(offerOf(track))) === undefined) return false
    await offeredFiles(platform, track, failWith)
    return true
  } catch (error) {
    platform.log.warn({ track, error: (error as Error).message }, 'scopes wait for a migration that this worker does not have')
    return false
  }
}
