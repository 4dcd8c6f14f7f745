import { z } from 'zod'
import { lockWebhook, rotateWebhook } from '../../catalog/webhooks.js'
import { operation } from '../../engine/operation.js'
import { masterOf, secretOf } from '../../engine/webhooks/sign.js'
import { webhookResource } from './resource.js'
import { describeWebhook, webhookRef, webhookRow } from './row.js'

const BEFORE_MS = 24 * 3_600_000

export const rotateWebhookSecret = operation({
  kind: 'change',
  name: 'webhook.rotate',
  summary: 'Give a webhook a new secret, which is shown once. For 24 hours messages are signed with the one before as well.',
  effect: 'change',
  input: z.strictObject({ webhook: webhookRef }),
  output: webhookRow.extend({ secret: z.string().describe('What its receiver checks signatures with') }),
  secret: ['secret'],
  faults: ['WEBHOOK_KEY_MISSING', 'SECRET_MISSING', 'WEBHOOK_NOT_FOUND'],
  access: { roles: ['fleet-admin'], lasting: true },
  http: 'POST /v1/webhooks/{webhook}/rotate',
  resource: webhookResource,
  words: {
    positionals: ['webhook'],
    says: (w) =>
      `${w.secret}\n"${w.name}" signs with this secret, and until ${w.beforeUntil?.toISOString()} with the one before as well. Keep it now: it is not shown again.`,
  },
  async change({ platform, tx, fail }, { webhook: ref }) {
    const master = masterOf(platform.config.webhooks, platform.secrets)
    const webhook = await tx.maybe(lockWebhook(ref))
    if (webhook === undefined) throw fail('WEBHOOK_NOT_FOUND', { webhook: ref })
    const row = await tx.one(rotateWebhook(webhook.id, BEFORE_MS))
    return { output: { ...describeWebhook(row), secret: secretOf(master, row.id, row.generation) } }
  },
})
