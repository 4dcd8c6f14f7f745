import { z } from 'zod'
import { DELIVERY_STATES, listDeliveries } from '../../catalog/deliveries.js'
import { findWebhook } from '../../catalog/webhooks.js'
import { eventType } from '../../engine/event-names.js'
import { operation } from '../../engine/operation.js'
import { pageInput, pageOf, readCursor, writeNumber } from '../../engine/paging.js'
import { webhookRef } from './row.js'

export const listWebhookDeliveries = operation({
  kind: 'direct',
  name: 'webhook.deliveries',
  summary: 'List what a webhook was told of, or is to be, the newest events first, and what came of it. Kept for 7 days.',
  effect: 'read',
  input: z.strictObject({
    webhook: webhookRef,
    state: z.enum(DELIVERY_STATES).optional().describe('Only deliveries in this state'),
    ...pageInput,
  }),
  output: pageOf(
    z.object({
      event: z.string().describe('Id of the event'),
      type: z.string(),
      time: z.date().describe('When it happened'),
      state: z.enum(DELIVERY_STATES),
      attempts: z.number(),
      nextAt: z.date().nullable().describe('When it is tried next'),
      attemptedAt: z.date().nullable().describe('When it was tried last; what follows is what came of that'),
      status: z.number().nullable(),
      tookMs: z.number().nullable(),
      failure: z.string().nullable(),
      excerpt: z.string().nullable().describe('What the answer began with'),
    }),
  ),
  faults: ['WEBHOOK_NOT_FOUND'],
  access: { roles: ['operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/webhooks/{webhook}/deliveries',
  words: {
    positionals: ['webhook'],
    says: ({ data, nextCursor }) => (data.length === 0 ? 'no deliveries' : nextCursor === null ? '' : `more: --cursor ${nextCursor}`),
    columns: ['event', 'type', 'state', 'attempts', 'status', 'tookMs', 'nextAt', 'failure'],
  },
  async call({ platform, fail }, { webhook: ref, state, limit, cursor }) {
    const webhook = await platform.catalog.maybe(findWebhook(ref))
    if (webhook === undefined) throw fail('WEBHOOK_NOT_FOUND', { webhook: ref })
    const listing = `webhook.deliveries ${webhook.id}`
    const before = readCursor(cursor, listing, 'number')?.at ?? null
    const rows = await platform.catalog.rows(listDeliveries(webhook.id, state ?? null, before, limit + 1))
    const page = rows.slice(0, limit)
    return {
      data: page.map(({ source, name, eventState, ...row }) => ({ ...row, type: eventType({ source, name, state: eventState }) })),
      nextCursor: rows.length > limit ? writeNumber(page.at(-1)!.event, listing) : null,
    }
  },
})
