import { z } from 'zod'
import { listWebhooks } from '../../catalog/webhooks.js'
import { operation } from '../../engine/operation.js'
import { pageFrom, pageInput, pageOf, readCursor } from '../../engine/paging.js'
import { describeWebhook, webhookRow } from './row.js'

export const listAllWebhooks = operation({
  kind: 'direct',
  name: 'webhook.list',
  summary: 'List webhooks, oldest first, with how many deliveries wait or have failed.',
  effect: 'read',
  input: z.strictObject(pageInput),
  output: pageOf(webhookRow.extend({ waiting: z.number(), failed: z.number() })),
  faults: [],
  access: { roles: ['operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/webhooks',
  words: {
    says: ({ data, nextCursor }) =>
      data.length === 0
        ? 'no webhooks; make one with `tenantry webhook add NAME URL`'
        : nextCursor === null
          ? ''
          : `more: --cursor ${nextCursor}`,
    columns: ['name', 'url', 'state', 'because', 'failingSince', 'waiting', 'failed', 'id'],
  },
  async call({ platform }, { limit, cursor }) {
    const rows = await platform.catalog.rows(listWebhooks(readCursor(cursor, 'webhook.list'), limit + 1))
    const { data, nextCursor } = pageFrom(rows, limit, 'webhook.list')
    return { data: data.map((row) => ({ ...describeWebhook(row), waiting: row.waiting, failed: row.failed })), nextCursor }
  },
})
