import { z } from 'zod'
import { deleteDatabase } from '../../catalog/clusters.js'
import { deleteHome, ISOLATIONS } from '../../catalog/homes.js'
import { clusterWithStock, lockStock, stockOf, takeLeftSurplus, takeSurplus, warmSlug } from '../../catalog/stock.js'
import { deleteTenant, findTenant, setTenantState } from '../../catalog/tenants.js'
import { type Doomed, destroyTenant } from '../../engine/destroying.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { reserved } from '../../engine/placing.js'
import { MODELS } from '../../isolation/model.js'
import { today } from './today.js'

interface Memory extends Doomed {
  readonly [key: string]: unknown
  readonly schema: string
  /** Whatever fails after this is not taken back. */
  readonly begun?: true
}

type Context = StepContext<unknown, Memory>

export const discardStock = operation({
  kind: 'steps',
  name: 'stock.discard',
  summary: "Take away one warm tenant, if there are too many. It has never been anybody's, so it leaves no tombstone.",
  effect: 'change',
  input: z.strictObject({
    cluster: z.string().min(1).max(63).describe('Cluster to take it from'),
    isolation: z.enum(ISOLATIONS).describe('How its tables are kept apart'),
    patience: z.coerce
      .number()
      .int()
      .min(0)
      .max(86_400)
      .default(0)
      .describe('Leave those whose seeds are outdated, or that could not be taken away, for so many seconds'),
  }),
  output: z.object({ id: z.string(), isolation: z.enum(ISOLATIONS), cluster: z.string(), schema: z.string() }),
  faults: ['STOCK_KEPT', 'CLUSTER_NOT_FOUND', 'CLUSTER_BUSY', 'SEED_INVALID', 'TENANT_DEPENDED', 'SERVER_UNREACHABLE'],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/stock/discard',
  words: {
    positionals: ['cluster', 'isolation'],
    says: (t) => `a warm ${t.isolation} tenant is gone from ${t.cluster}`,
  },
  async accept({ platform, tx, fail }, { cluster: name, isolation, patience }): Promise<{ memory: Memory; subject: string }> {
    const cluster = await tx.maybe(clusterWithStock(isolation, name))
    if (cluster === undefined) throw fail('CLUSTER_NOT_FOUND', { cluster: name })
    if (cluster.state !== 'live') throw fail('CLUSTER_BUSY', { cluster: name, doing: cluster.state })
    await tx.run(lockStock(cluster.id, isolation))
    const now = await today(platform, patience)
    const stock = await tx.maybe(stockOf(cluster.id, isolation, now))
    const kept = () => fail('STOCK_KEPT', { cluster: name, isolation, target: stock?.target ?? 0 })
    if (stock === undefined || stock.surplus === 0) throw kept()
    const fresh = await tx.maybe(takeSurplus(stock, now))
    const taken = fresh ?? (await tx.maybe(takeLeftSurplus(stock, now)))
    // A claim was faster.
    if (taken === undefined) throw kept()
    const { adminRef, database, home, superuser } = await reserved(tx, await tx.one(findTenant(taken.id)))
    return {
      subject: taken.id,
      memory: {
        ...{ tenant: taken.id, slug: warmSlug(taken.id), schema: home.schema, adminRef, database, home, superuser },
        ...(fresh === undefined ? { begun: true as const } : {}),
      },
    }
  },
  steps: [
    { name: 'begin', final: true, act: async () => ({ begun: true as const }) },
    {
      name: 'destroy',
      final: true,
      async act({ platform, memory, by }: Context) {
        await destroyTenant(platform, memory, by)
        return {}
      },
    },
    {
      name: 'forget',
      final: true,
      async record({ memory }: Context, tx) {
        const model = MODELS[memory.home.isolation]
        await tx.run(deleteTenant(memory.tenant))
        if (!model.manyTenants) await tx.run(deleteHome(memory.home.id))
        if (model.ownDatabase) await tx.run(deleteDatabase(memory.database.id))
      },
    },
  ],
  async release({ memory }: Context, tx) {
    if (memory.begun === undefined) await tx.run(setTenantState(memory.tenant, 'warm'))
  },
  result: async ({ input, memory }) => ({
    id: memory.tenant,
    isolation: memory.home.isolation,
    cluster: (input as { cluster: string }).cluster,
    schema: memory.schema,
  }),
})
