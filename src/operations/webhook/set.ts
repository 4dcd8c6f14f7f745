import { z } from 'zod'
import { changeWebhook, disableWebhook, enableWebhook, lockWebhook, WEBHOOK_STATES, webhookCalled } from '../../catalog/webhooks.js'
import { publishWithin } from '../../engine/events.js'
import { operation } from '../../engine/operation.js'
import { assertReceiver } from './receiver.js'
import { webhookResource } from './resource.js'
import { describeWebhook, typesOf, webhookName, webhookRef, webhookRow, webhookTypes, webhookUrl } from './row.js'

export const setWebhook = operation({
  kind: 'change',
  name: 'webhook.set',
  summary: 'Change a webhook, disable it or have it live again. What is not named stays; what happens while it is disabled is not sent.',
  effect: 'change',
  input: z
    .strictObject({
      webhook: webhookRef,
      name: webhookName.optional().describe('What it is called from now on'),
      url: webhookUrl.optional().describe('Where events are sent to from now on; those that wait as well'),
      type: webhookTypes
        .optional()
        .describe('Types of events that it is told of from now on, in place of those before; several may be given'),
      allTypes: z.boolean().default(false).describe('Tell it of all types'),
      state: z.enum(WEBHOOK_STATES).optional().describe('Whether it is told at all'),
    })
    .refine(
      ({ webhook: _, allTypes, ...rest }) => allTypes || Object.values(rest).some((value) => value !== undefined),
      'nothing to set was given',
    )
    .refine(({ type, allTypes }) => !allTypes || type === undefined, 'all types and some of them were given at once'),
  output: webhookRow,
  faults: ['WEBHOOK_NOT_FOUND', 'WEBHOOK_EXISTS', 'WEBHOOK_ADDRESS'],
  access: { roles: ['fleet-admin'], lasting: true },
  http: 'POST /v1/webhooks/{webhook}',
  resource: webhookResource,
  words: {
    positionals: ['webhook'],
    says: (w) => `"${w.name}" is ${w.state}: ${w.url} is told of ${w.types === null ? 'all events' : w.types.join(', ')}`,
  },
  async change({ platform, tx, fail }, { webhook: ref, name, url, type, allTypes, state }) {
    if (url !== undefined) await assertReceiver(platform, url)
    const webhook = await tx.maybe(lockWebhook(ref))
    if (webhook === undefined) throw fail('WEBHOOK_NOT_FOUND', { webhook: ref })
    const { id } = webhook
    if (name !== undefined && (await tx.maybe(webhookCalled(name, id))) !== undefined) throw fail('WEBHOOK_EXISTS', { name })
    const types = allTypes ? null : type === undefined ? webhook.types : typesOf(type)
    let changed = await tx.one(changeWebhook({ id, name: name ?? webhook.name, url: url ?? webhook.url, types }))
    if (state === 'live' && webhook.state === 'disabled') {
      await publishWithin(tx)
      changed = await tx.one(enableWebhook(id))
    }
    if (state === 'disabled' && webhook.state === 'live') changed = await tx.one(disableWebhook(id, 'asked'))
    return { output: describeWebhook(changed) }
  },
})
