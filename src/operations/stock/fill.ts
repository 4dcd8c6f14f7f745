import { z } from 'zod'
import { ISOLATIONS } from '../../catalog/homes.js'
import { setStockTarget, stockOf } from '../../catalog/stock.js'
import { chooseCluster } from '../../engine/making.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { refill } from './refill.js'
import { stockRow } from './show.js'

const input = z.strictObject({
  target: z.coerce.number().int().min(0).max(10_000).describe('How many warm tenants there should be'),
  isolation: z.enum(ISOLATIONS).optional().describe('Of which isolation (default: that of the configuration)'),
  cluster: z.string().min(1).max(63).optional().describe('On which cluster (default: the one with the fewest homes)'),
  parallel: z.coerce.number().int().min(1).max(16).default(4).describe('Tenants made at once'),
})

interface Memory {
  readonly [key: string]: unknown
  readonly clusterId: string
  readonly cluster: string
  readonly isolation: (typeof ISOLATIONS)[number]
}

type Context = StepContext<z.output<typeof input>, Memory>

export const fillStock = operation({
  kind: 'steps',
  name: 'stock.fill',
  summary: 'Set how many tenants are kept warm, and make those that are missing.',
  effect: 'change',
  input,
  output: stockRow,
  faults: [
    'CLUSTER_NOT_FOUND',
    'CLUSTER_NEEDED',
    'CLUSTER_UNHARDENED',
    'CLUSTER_DRAINING',
    'CLUSTER_BUSY',
    'ISOLATION_UNAVAILABLE',
    'MIGRATION_INVALID',
    'MIGRATION_FAILED',
    'SERVER_UNREACHABLE',
  ],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/stock/fill',
  words: {
    positionals: ['target'],
    says: (s) => `${s.warm} ${s.isolation} tenants are warm on ${s.cluster}, of ${s.target}`,
  },
  async accept(context, given) {
    const isolation = given.isolation ?? context.platform.config.isolation
    const cluster = await chooseCluster(context, isolation, given.cluster)
    await context.tx.run(setStockTarget(cluster.id, isolation, given.target))
    return { memory: { clusterId: cluster.id, cluster: cluster.name, isolation } }
  },
  steps: [
    {
      name: 'fill',
      async act({ platform, memory, input: { parallel } }: Context) {
        await refill(platform, memory, parallel)
        return {}
      },
    },
  ],
  result: async ({ platform, memory }) => platform.catalog.one(stockOf(memory.clusterId, memory.isolation)),
})
