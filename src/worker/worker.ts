import { expiredOperations } from '../catalog/operations.js'
import type { Platform } from '../engine/platform.js'
import { takeOver } from '../engine/run.js'
import { systemClock } from '../kernel/clock.js'
import { keepBackups } from './backup-keeper.js'
import { keepBesides } from './beside-keeper.js'
import { keepSamples } from './collector.js'
import { keepConnectionLimits } from './connection-keeper.js'
import { keepEvents } from './event-keeper.js'
import { keepFactsCarried } from './fact-keeper.js'
import { keepKeysFew } from './idempotency-keeper.js'
import { keepPeopleFew } from './people-keeper.js'
import { keepStock } from './stock-keeper.js'
import { putTiersInForce } from './tier-keeper.js'
import { keepWatch } from './watchdog.js'
import { keepWebhooks } from './webhook-keeper.js'
import { keepWishes } from './wish-keeper.js'

/**
 * Brings to an end what other workers have left, keeps stock, copies of facts and limits of connections up to date, migrates homes for which scopes wait, drops
 * former homes whose grace has ended, makes and prunes backups, tells webhooks of events, removes old events and old Idempotency-Keys and old sessions, takes samples of
 * servers, and watches over the sessions of applications, until the signal stops it.
 */
export async function runWorker(platform: Platform, signal: AbortSignal): Promise<void> {
  await Promise.all([
    putTiersInForce(platform),
    finishWhatIsLeft(platform, signal),
    keepStock(platform, signal),
    keepFactsCarried(platform, signal),
    keepConnectionLimits(platform, signal),
    keepWishes(platform, signal),
    keepBesides(platform, signal),
    keepBackups(platform, signal),
    keepEvents(platform, signal),
    keepKeysFew(platform, signal),
    keepPeopleFew(platform, signal),
    keepWebhooks(platform, signal),
    // Signals of their own, since they have many loops.
    keepSamples(platform, AbortSignal.any([signal])),
    keepWatch(platform, AbortSignal.any([signal])),
  ])
}

/**
 * Looks every half lease for operations whose lease is over. Those that are meant to take their time run beside the others, and are put down, for the next
 * worker, when this one stops.
 */
async function finishWhatIsLeft(platform: Platform, signal: AbortSignal): Promise<void> {
  const aside = new Map<string, Promise<unknown>>()
  while (!signal.aborted) {
    try {
      // What a newer release has begun is left to its own workers: a lease that we hold would only keep them waiting.
      const expired = (await platform.catalog.rows(expiredOperations)).filter(({ name }) => platform.find(name)?.kind === 'steps')
      for (const { id, name, input } of expired) {
        if (aside.has(id)) continue
        const run = takeOver(platform, [id], signal)
        if (!isBackground(platform, name, input)) await run
        else
          aside.set(
            id,
            run
              .catch((error: unknown) => platform.log.warn({ operation: id, error: (error as Error).message }, 'ended with a fault'))
              .finally(() => aside.delete(id)),
          )
      }
    } catch (error) {
      platform.log.warn({ error: (error as Error).message }, 'looking for unfinished operations failed')
    }
    await systemClock.sleep(platform.config.leaseMs / 2, signal)
  }
  await Promise.all(aside.values())
}

function isBackground(platform: Platform, name: string, input: Readonly<Record<string, unknown>>): boolean {
  const definition = platform.find(name)
  return definition?.kind === 'steps' && definition.background?.(input) === true
}
