import { z } from 'zod'
import { listItems } from '../../catalog/items.js'
import { operationById, type StoredFault } from '../../catalog/operations.js'
import { operation } from '../../engine/operation.js'
import { pageInput, pageOf, readCursor, writeNumber } from '../../engine/paging.js'
import { mayReadOf, withheldFault } from '../../engine/withheld.js'
import { operationRef, slugOfHome, storedFault } from './row.js'

export const listOperationItems = operation({
  kind: 'direct',
  name: 'operation.items',
  summary: 'List what an operation works through, in the order of the work.',
  effect: 'read',
  input: z.strictObject({
    operation: operationRef,
    state: z.enum(['waiting', 'done', 'failed', 'skipped']).optional().describe('Only items in this state'),
    ...pageInput,
  }),
  output: pageOf(
    z.object({
      item: z.string(),
      tenant: slugOfHome,
      state: z.enum(['waiting', 'done', 'failed', 'skipped']),
      wave: z.number(),
      attempts: z.number(),
      fault: storedFault.nullable(),
      reason: z.string().nullable().describe('Why it was skipped'),
      endedAt: z.date().nullable(),
    }),
  ),
  faults: ['OPERATION_NOT_FOUND'],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/operations/{operation}/items',
  words: {
    positionals: ['operation'],
    says: ({ data, nextCursor }) => (data.length === 0 ? 'no items' : nextCursor === null ? '' : `more: --cursor ${nextCursor}`),
    columns: ['item', 'tenant', 'state', 'wave', 'attempts', 'endedAt'],
  },
  async call({ platform, caller, fail }, { operation: id, state, limit, cursor }) {
    const listing = `operation.items ${id}`
    const after = readCursor(cursor, listing, 'number')?.at ?? null
    const found = await platform.catalog.maybe(operationById(id))
    if (found === undefined) throw fail('OPERATION_NOT_FOUND', { operation: id })
    const rows = await platform.catalog.rows(listItems(id, state ?? null, after, limit + 1))
    const page = rows.slice(0, limit)
    const told = mayReadOf(platform, found, caller) ? (reason: StoredFault | null) => reason : withheldFault
    return {
      data: page.map(({ id: _, fault, ...row }) => ({ ...row, fault: told(fault) as z.output<typeof storedFault> | null })),
      nextCursor: rows.length > limit ? writeNumber(page.at(-1)!.id, listing) : null,
    }
  },
})
