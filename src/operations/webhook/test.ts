import { z } from 'zod'
import { findWebhook } from '../../catalog/webhooks.js'
import { audited } from '../../engine/audited.js'
import { operation } from '../../engine/operation.js'
import { targetOf } from '../../engine/webhooks/addresses.js'
import { reachOf } from '../../engine/webhooks/due.js'
import { type Outcome, send } from '../../engine/webhooks/send.js'
import { masterOf, secretsOf } from '../../engine/webhooks/sign.js'
import { newId, systemClock } from '../../kernel/clock.js'
import { webhookRef } from './row.js'

export const testWebhook = operation({
  kind: 'direct',
  name: 'webhook.test',
  summary: 'Send a webhook a made-up event now, once, and say what it answers. One that is disabled as well.',
  effect: 'change',
  input: z.strictObject({ webhook: webhookRef }),
  output: z.object({
    webhook: z.string().describe('Id of the webhook'),
    delivered: z.boolean().describe('Whether it has answered with a status from 200 to 299'),
    status: z.number().nullable(),
    tookMs: z.number(),
    failure: z.string().nullable().describe('Why it counts as not delivered'),
    excerpt: z.string().nullable().describe('What its answer begins with'),
  }),
  faults: ['WEBHOOK_NOT_FOUND', 'WEBHOOK_KEY_MISSING', 'SECRET_MISSING', 'WEBHOOK_ADDRESS'],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/webhooks/{webhook}/test',
  words: {
    positionals: ['webhook'],
    says: ({ delivered, status, tookMs, failure }) => (delivered ? `delivered: ${status} in ${tookMs} ms` : `not delivered: ${failure}`),
    passes: ({ delivered }) => delivered,
  },
  async call({ platform, caller, fail }, { webhook: ref }) {
    const { catalog, config, secrets } = platform
    const webhook = await catalog.maybe(findWebhook(ref))
    if (webhook === undefined) throw fail('WEBHOOK_NOT_FOUND', { webhook: ref })
    const signedWith = secretsOf(masterOf(config.webhooks, secrets), { ...webhook, beforeToo: webhook.beforeUntil !== null })
    // Whoever leaves stops nothing: it takes 10 s at most, and who asks again with the same key is told what came of it.
    const reach = reachOf(config.webhooks)
    await targetOf(new URL(webhook.url), reach)
    const body = JSON.stringify({
      type: 'webhook.test',
      timestamp: new Date(systemClock.now()).toISOString(),
      data: { webhook: webhook.name },
    })
    const parcel = { url: webhook.url, id: `test-${newId()}`, body, secrets: signedWith }
    const { delivered, status, tookMs, failure, excerpt } = await audited(
      { platform, caller },
      {
        ...{ operation: 'webhook.test', tenantId: null, digestOf: webhook.id },
        told: (outcome: Outcome) => ({
          webhook: webhook.id,
          name: webhook.name,
          delivered: outcome.delivered,
          status: outcome.status ?? null,
        }),
      },
      () => send(parcel, reach),
    )
    return { webhook: webhook.id, delivered, status: status ?? null, tookMs, failure: failure ?? null, excerpt: excerpt ?? null }
  },
})
