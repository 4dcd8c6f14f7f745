import { z } from 'zod'
import { deliverAgain } from '../../catalog/deliveries.js'
import { lockWebhook, lookAgain } from '../../catalog/webhooks.js'
import { operation } from '../../engine/operation.js'
import { sinceInput, sinceOf } from '../../engine/since.js'
import { webhookResource } from './resource.js'
import { webhookRef } from './row.js'

export const redeliverToWebhook = operation({
  kind: 'change',
  name: 'webhook.redeliver',
  summary: 'Send a webhook an event once more, or all since a moment that it was not told of.',
  effect: 'change',
  input: z
    .strictObject({
      webhook: webhookRef,
      event: z
        .string()
        .regex(/^\d{1,15}$/, 'must be the id of an event')
        .optional()
        .describe('Id of an event, also of one that was delivered, or of a type that it is not told of'),
      since: sinceInput
        .optional()
        .describe('All of its types since then that were not delivered, at most of the last 7 days: 24h, or 2026-11-21T08:00:00Z'),
    })
    .refine(({ event, since }) => (event === undefined) !== (since === undefined), 'either an event or a moment is to be given'),
  output: z.object({
    webhook: z.string().describe('Id of the webhook'),
    after: z.string().nullable().describe('The number after which all events are looked at again'),
  }),
  faults: ['WEBHOOK_NOT_FOUND', 'WEBHOOK_DISABLED', 'EVENT_NOT_FOUND'],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/webhooks/{webhook}/redeliver',
  resource: webhookResource,
  words: {
    positionals: ['webhook'],
    says: ({ after }) => (after === null ? 'it is sent again' : 'what was not delivered since then is sent'),
  },
  async change({ tx, fail }, { webhook: ref, event, since }) {
    const webhook = await tx.maybe(lockWebhook(ref))
    if (webhook === undefined) throw fail('WEBHOOK_NOT_FOUND', { webhook: ref })
    if (webhook.state === 'disabled') throw fail('WEBHOOK_DISABLED', { webhook: webhook.name })
    if (event !== undefined) {
      if ((await tx.run(deliverAgain(webhook.id, event))) === 0) throw fail('EVENT_NOT_FOUND', { event })
      return { output: { webhook: webhook.id, after: null } }
    }
    const from = sinceOf(since)!
    const { reached } = await tx.one(lookAgain(webhook.id, from))
    return { output: { webhook: webhook.id, after: reached } }
  },
})
