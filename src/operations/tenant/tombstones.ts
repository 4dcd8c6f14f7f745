import { z } from 'zod'
import { listTombstones } from '../../catalog/tombstones.js'
import { operation } from '../../engine/operation.js'
import { pageFrom, pageInput, pageOf, readCursor } from '../../engine/paging.js'
import { destroyedRow } from './destroyed.js'

/** A purged tenant as every surface shows it. */
export const tombstoneRow = z.object({
  id: z.string(),
  slug: z.string(),
  name: z.string(),
  isolation: z.string(),
  cluster: z.string(),
  database: z.string(),
  schema: z.string(),
  createdAt: z.date(),
  deletedAt: z.date(),
  purgedAt: z.date(),
  purgedBy: z.string(),
  operation: z.string(),
  waiver: z.string().nullable().describe('Why there is no final backup'),
  backup: z.string().nullable().describe('The final backup'),
  heldFor: z.string().nullable().describe('Why its archives and the keys to them must stay'),
  destroyed: destroyedRow,
})

export const listAllTombstones = operation({
  kind: 'direct',
  name: 'tenant.tombstones',
  summary: 'List purged tenants, newest first: who destroyed what, when and why.',
  effect: 'read',
  input: z.strictObject({
    search: z.string().min(1).max(100).optional().describe('Only tenants whose slug contains this, or with this id'),
    ...pageInput,
  }),
  output: pageOf(tombstoneRow),
  faults: [],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/tombstones',
  words: {
    says: ({ data, nextCursor }) =>
      data.length === 0 ? 'no tenant has been purged' : nextCursor === null ? '' : `more: --cursor ${nextCursor}`,
    columns: ['slug', 'isolation', 'cluster', 'purgedAt', 'purgedBy', 'backup', 'waiver', 'id'],
  },
  async call({ platform }, given) {
    const rows = await platform.catalog.rows(
      listTombstones({ search: given.search ?? null, after: readCursor(given.cursor, 'tenant.tombstones'), limit: given.limit + 1 }),
    )
    const { data, nextCursor } = pageFrom(rows, given.limit, 'tenant.tombstones')
    return { data: [...data], nextCursor }
  },
})
