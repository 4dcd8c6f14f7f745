import { z } from 'zod'
import { ISOLATIONS } from '../../catalog/homes.js'
import { clusterWithStock, setStockTarget, stockOf } from '../../catalog/stock.js'
import { type AcceptContext, operation, type StepContext } from '../../engine/operation.js'
import { CHOOSING_FAULTS, chooseCluster } from '../../engine/placing.js'
import { refill, shed } from './refill.js'
import { stockRow } from './show.js'
import { today } from './today.js'

const input = z.strictObject({
  target: z.coerce.number().int().min(0).max(10_000).describe('How many warm tenants there should be'),
  isolation: z.enum(ISOLATIONS).optional().describe('Of which isolation (default: that of the configuration)'),
  cluster: z
    .string()
    .min(1)
    .max(63)
    .optional()
    .describe('On which cluster (default: the one with the fewest homes; for a target of 0 the one with the most)'),
  parallel: z.coerce.number().int().min(1).max(16).default(4).describe('Tenants made or taken away at once'),
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
  summary: 'Set how many tenants are kept warm, make those that are missing, and take away those that are too many.',
  effect: 'change',
  input,
  output: stockRow,
  faults: [
    ...CHOOSING_FAULTS,
    'MIGRATION_INVALID',
    'MIGRATION_FAILED',
    'SEED_INVALID',
    'SEED_FAILED',
    'SEED_CHANGED',
    'TENANT_DEPENDED',
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
    const stocked = given.target === 0 ? await chooseStocked(context, isolation, given.cluster) : undefined
    const cluster = stocked ?? (await chooseCluster(context, isolation, given.cluster))
    await context.tx.run(setStockTarget(cluster.id, isolation, given.target))
    return { memory: { clusterId: cluster.id, cluster: cluster.name, isolation } }
  },
  steps: [
    {
      name: 'fill',
      async act({ platform, memory, input: { parallel } }: Context) {
        const { target, warm, preparing } = await platform.catalog.one(stockOf(memory.clusterId, memory.isolation, await today(platform)))
        if (warm + preparing < target) await refill(platform, memory, parallel)
        return {}
      },
    },
    {
      name: 'shed',
      async act({ platform, memory, input: { parallel } }: Context) {
        await shed(platform, memory, { parallel, patienceS: 0 })
        return {}
      },
    },
  ],
  result: async ({ platform, memory }) => platform.catalog.one(stockOf(memory.clusterId, memory.isolation, await today(platform))),
})

/** None are to be kept: that is possible where no tenant may be created any more, too. */
async function chooseStocked(
  { tx, fail }: AcceptContext<'CLUSTER_BUSY'>,
  isolation: Memory['isolation'],
  name: string | undefined,
): Promise<{ readonly id: string; readonly name: string } | undefined> {
  const cluster = await tx.maybe(clusterWithStock(isolation, name ?? null))
  if (cluster !== undefined && cluster.state !== 'live') throw fail('CLUSTER_BUSY', { cluster: cluster.name, doing: cluster.state })
  return cluster
}
