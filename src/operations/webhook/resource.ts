import { findWebhook, lockWebhook } from '../../catalog/webhooks.js'
import type { Resource } from '../../engine/resource.js'
import { fault } from '../../kernel/faults.js'
import { describeWebhook } from './row.js'

/** One webhook, as `webhook show` answers it. */
export const webhookResource = {
  called: ({ webhook }) => `webhook "${webhook}"`,
  async lock(tx, { webhook }) {
    await tx.maybe(lockWebhook(webhook))
  },
  async show(session, { webhook }) {
    const found = await session.maybe(findWebhook(webhook))
    if (found === undefined) throw fault('WEBHOOK_NOT_FOUND', { webhook })
    return describeWebhook(found)
  },
} satisfies Resource<{ readonly webhook: string }>
