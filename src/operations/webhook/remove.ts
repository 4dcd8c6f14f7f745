import { z } from 'zod'
import { deleteWebhook, lockWebhook } from '../../catalog/webhooks.js'
import { operation } from '../../engine/operation.js'
import { webhookResource } from './resource.js'
import { describeWebhook, webhookRef, webhookRow } from './row.js'

export const removeWebhook = operation({
  kind: 'change',
  name: 'webhook.remove',
  summary: 'Remove a webhook, with what waits to be delivered to it.',
  effect: 'change',
  input: z.strictObject({ webhook: webhookRef }),
  output: webhookRow,
  faults: ['WEBHOOK_NOT_FOUND'],
  access: { roles: ['fleet-admin'] },
  http: 'DELETE /v1/webhooks/{webhook}',
  resource: webhookResource,
  words: { positionals: ['webhook'], says: (w) => `webhook "${w.name}" is removed` },
  async change({ tx, fail }, { webhook: ref }) {
    const webhook = await tx.maybe(lockWebhook(ref))
    if (webhook === undefined) throw fail('WEBHOOK_NOT_FOUND', { webhook: ref })
    await tx.run(deleteWebhook(webhook.id))
    return { output: describeWebhook(webhook) }
  },
})
