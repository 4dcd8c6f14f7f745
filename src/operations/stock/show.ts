import { z } from 'zod'
import { ISOLATIONS } from '../../catalog/homes.js'
import { listStock } from '../../catalog/stock.js'
import { operation } from '../../engine/operation.js'
import { today } from './today.js'

export const stockRow = z.object({
  cluster: z.string(),
  isolation: z.enum(ISOLATIONS),
  target: z.number(),
  warm: z.number(),
  preparing: z.number(),
  outdated: z.number().describe('Warm with other seeds than those of today: nobody gets them, and they are replaced'),
  surplus: z.number().describe('How many are taken away'),
})

export const showStock = operation({
  kind: 'direct',
  name: 'stock.show',
  summary: 'Show how many tenants are warm, by cluster and isolation.',
  effect: 'read',
  input: z.strictObject({}),
  output: z.object({ data: z.array(stockRow) }),
  faults: ['SEED_INVALID'],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/stock',
  words: {
    says: ({ data }) => (data.length === 0 ? 'no stock is kept; start one with `tenantry stock fill TARGET`' : ''),
    columns: ['cluster', 'isolation', 'target', 'warm', 'preparing', 'outdated', 'surplus'],
  },
  call: async ({ platform }) => ({ data: [...(await platform.catalog.rows(listStock(await today(platform))))] }),
})
