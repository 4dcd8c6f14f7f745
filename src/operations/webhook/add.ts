import { z } from 'zod'
import { insertWebhook } from '../../catalog/webhooks.js'
import { publishWithin } from '../../engine/events.js'
import { operation } from '../../engine/operation.js'
import { masterOf, secretOf } from '../../engine/webhooks/sign.js'
import { newId } from '../../kernel/clock.js'
import { assertReceiver } from './receiver.js'
import { describeWebhook, typesOf, webhookName, webhookRow, webhookTypes, webhookUrl } from './row.js'

export const addWebhook = operation({
  kind: 'change',
  name: 'webhook.add',
  summary: 'Tell an address of events from now on, signed with a secret that is shown once.',
  effect: 'change',
  input: z.strictObject({
    name: webhookName.describe('What it is called here'),
    url: webhookUrl.describe('Where events are sent to, by POST'),
    type: webhookTypes.optional().describe('A type of events, or tenant.* for all of a noun; several may be given (default: all)'),
  }),
  output: webhookRow.extend({ secret: z.string().describe('What its receiver checks signatures with') }),
  secret: ['secret'],
  faults: ['WEBHOOK_KEY_MISSING', 'SECRET_MISSING', 'WEBHOOK_EXISTS', 'WEBHOOK_ADDRESS'],
  access: { roles: ['fleet-admin'], lasting: true },
  http: 'POST /v1/webhooks',
  words: {
    positionals: ['name', 'url'],
    says: (w) => `${w.secret}\nwebhook "${w.name}", id ${w.id}, signs with this secret. Keep it now: it is not shown again.`,
  },
  async change({ platform, tx, caller, fail }, { name, url, type }) {
    const master = masterOf(platform.config.webhooks, platform.secrets)
    await assertReceiver(platform, url)
    await publishWithin(tx)
    const row = await tx.maybe(insertWebhook({ id: newId(), name, url, types: typesOf(type), createdBy: caller.actor }))
    if (row === undefined) throw fail('WEBHOOK_EXISTS', { name })
    return { output: { ...describeWebhook(row), secret: secretOf(master, row.id, row.generation) } }
  },
})
