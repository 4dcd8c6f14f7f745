import { z } from 'zod'
import { operation } from '../../engine/operation.js'
import { webhookResource } from './resource.js'
import { webhookRef, webhookRow } from './row.js'

export const showWebhook = operation({
  kind: 'direct',
  name: 'webhook.show',
  summary: 'Show a webhook, without its secret.',
  effect: 'read',
  input: z.strictObject({ webhook: webhookRef }),
  output: webhookRow,
  faults: ['WEBHOOK_NOT_FOUND'],
  access: { roles: ['operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/webhooks/{webhook}',
  words: {
    positionals: ['webhook'],
    says: (w) => {
      const told = w.types === null ? 'all events' : w.types.join(', ')
      const failing = w.failingSince === null ? '' : `; nothing could be delivered since ${w.failingSince.toISOString()}`
      return `"${w.name}" is ${w.state}${w.because === null ? '' : ` (${w.because})`}: ${w.url} is told of ${told}${failing}`
    },
  },
  call: async ({ platform }, input) => webhookResource.show(platform.catalog, input),
})
