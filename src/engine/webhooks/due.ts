import { addDeliveries, type ClaimedDelivery, claimDeliveries, letGo, recordTry } from '../../catalog/deliveries.js'
import { eventsAfter } from '../../catalog/events.js'
import { findWebhook, holdBehind, reachWebhook, type Webhook, webhookFails, webhooksBehind, webhookWorks } from '../../catalog/webhooks.js'
import { jitter } from '../../kernel/clock.js'
import { eventType, isWished } from '../event-names.js'
import { describeEvent } from '../event-row.js'
import { publishEvents } from '../events.js'
import type { Platform } from '../platform.js'
import { type Outcome, type Parcel, type SendOptions, send } from './send.js'
import { masterOf, secretsOf } from './sign.js'

/** Until it is tried again, after the first try and each that follows; after the last it has failed. */
const PAUSES_MS: readonly number[] = [5_000, 30_000, 120_000, 600_000, 3_600_000, 21_600_000, 86_400_000]
const LONGEST_FAILING_MS = 3 * 86_400_000
const LONGEST_PAUSE_MS = 1.2 * Math.max(...PAUSES_MS)

const EVENTS_AT_ONCE = 500
// So many to one receiver at a time.
const LANES = 8
// Longer than sending takes.
const LEASE_MS = 60_000

const GONE = 410

/** Notes for every live webhook what it is to be told of among the events that have been committed by now. Of several processes one does so at a time. */
export async function noteDeliveries({ catalog }: Pick<Platform, 'catalog'>, signal?: AbortSignal): Promise<void> {
  const behind = await catalog.rows(webhooksBehind)
  if (behind.length === 0) return
  await publishEvents(catalog)
  for (const { id } of behind) while (signal?.aborted !== true && (await notePage(catalog, id)) === EVENTS_AT_ONCE);
}

const notePage = (catalog: Platform['catalog'], id: string): Promise<number> =>
  catalog.transaction(async (tx) => {
    const held = await tx.maybe(holdBehind(id))
    if (held === undefined) return 0
    const events = await tx.rows(eventsAfter(held.reached, EVENTS_AT_ONCE))
    const last = events.at(-1)
    if (last === undefined) return 0
    const wanted = events.filter((event) => isWished(held.types, eventType(event)))
    if (wanted.length > 0)
      await tx.run(
        addDeliveries(
          id,
          wanted.map(({ id: seq }) => seq),
        ),
      )
    await tx.run(reachWebhook(id, Number(last.id)))
    return events.length
  })

/** What a receiver is sent: the event as everybody sees it who may see all. */
export const bodyOf = (event: ClaimedDelivery): string =>
  JSON.stringify({ type: eventType(event), timestamp: event.time.toISOString(), data: describeEvent(event, {}) })

export interface SendDueOptions {
  readonly signal?: AbortSignal | undefined
  /** Asked after each round of deliveries: somebody else may be waiting for the turn. Default: on to the end. */
  readonly goesOn?: () => boolean
}

/**
 * Sends a webhook what is due. An event is told at least once: whoever dies between sending and saying so has its lease, and when that is over it is
 * sent again. Throws WEBHOOK_KEY_MISSING, SECRET_MISSING.
 */
export async function sendDue(platform: Platform, id: string, { signal, goesOn = () => true }: SendDueOptions = {}): Promise<void> {
  const { catalog, config, secrets } = platform
  for (let first = true; signal?.aborted !== true && (first || goesOn()); first = false) {
    const master = masterOf(config.webhooks, secrets)
    const webhook = await catalog.maybe(findWebhook(id))
    if (webhook?.state !== 'live') return
    const claimed = await catalog.rows(claimDeliveries(id, LANES, LEASE_MS))
    if (claimed.length === 0) return
    const signedWith = secretsOf(master, { ...webhook, beforeToo: webhook.beforeUntil !== null })
    await Promise.all(
      claimed.map((one) =>
        attempt(platform, webhook, one, { url: webhook.url, id: one.id, body: bodyOf(one), secrets: signedWith }, signal),
      ),
    )
  }
}

async function attempt(
  platform: Platform,
  webhook: Webhook,
  { eventId, attempts, lease }: ClaimedDelivery,
  parcel: Parcel,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { catalog, config, log } = platform
  const one = { webhook: webhook.id, eventId, lease }
  let outcome: Outcome
  try {
    outcome = await send(parcel, reachOf(config.webhooks, signal))
  } catch {
    // This process is to stop, and nobody knows whether it has arrived.
    await catalog.run(letGo(one))
    return
  }
  await platform.failpoint('webhook/deliver:sent')
  const again = outcome.delivered || outcome.status === GONE ? undefined : PAUSES_MS[attempts]
  await catalog.run(
    recordTry(one, {
      state: outcome.delivered ? 'delivered' : again === undefined ? 'failed' : 'waiting',
      againMs: again === undefined ? null : again * jitter(0.1),
      status: outcome.status ?? null,
      tookMs: outcome.tookMs,
      failure: outcome.failure ?? null,
      excerpt: outcome.excerpt ?? null,
    }),
  )
  if (outcome.delivered) {
    await catalog.run(webhookWorks(webhook.id))
    return
  }
  const changed = await catalog.maybe(
    webhookFails(webhook.id, { url: webhook.url, gone: outcome.status === GONE, longestMs: LONGEST_FAILING_MS, pauseMs: LONGEST_PAUSE_MS }),
  )
  if (changed?.because != null) log.warn({ webhook: webhook.name, because: changed.because }, 'a webhook is disabled')
}

/** How a webhook is sent to. */
export const reachOf = ({ allow }: Platform['config']['webhooks'], stop?: AbortSignal): SendOptions => ({ allow, stop })
