import { z } from 'zod'
import { listEvents } from '../../catalog/events.js'
import { kindsOf } from '../../engine/event-names.js'
import { describeEvent, eventRow } from '../../engine/event-row.js'
import { publishEvents } from '../../engine/events.js'
import { operation } from '../../engine/operation.js'
import { pageFrom, pageInput, pageOf, readCursor } from '../../engine/paging.js'
import { eventFilter, tenantOfFilter } from './row.js'

export const listAllEvents = operation({
  kind: 'direct',
  name: 'event.list',
  summary: 'List what has happened in the last 7 days, newest first.',
  effect: 'read',
  input: z.strictObject({ ...eventFilter, ...pageInput }),
  output: pageOf(eventRow),
  faults: ['TENANT_NOT_FOUND', 'SLUG_INVALID'],
  // A tenant-admin sees what is about its own tenant only: the caller's narrowing, not the filter, says so.
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor', 'tenant-admin'] },
  http: 'GET /v1/events',
  words: {
    says: ({ data, nextCursor }) => (data.length === 0 ? 'no events' : nextCursor === null ? '' : `more: --cursor ${nextCursor}`),
    columns: ['time', 'type', 'slug', 'cluster', 'operation', 'state', 'code', 'id'],
  },
  async call({ platform, caller }, given) {
    const subject = await tenantOfFilter(platform, given.tenant, caller)
    await publishEvents(platform.catalog)
    const rows = await platform.catalog.rows(
      listEvents({
        kinds: given.type === undefined ? null : kindsOf(given.type),
        subject,
        operation: given.operation ?? null,
        before: readCursor(given.cursor, 'event.list')?.id ?? null,
        limit: given.limit + 1,
        only: caller.onlyTenant ?? null,
      }),
    )
    const { data, nextCursor } = pageFrom(rows, given.limit, 'event.list')
    return { data: data.map((row) => describeEvent(row, caller)), nextCursor }
  },
})
