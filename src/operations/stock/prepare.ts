import { z } from 'zod'
import { ISOLATIONS } from '../../catalog/homes.js'
import { lockStock, stockOf, warmSlug } from '../../catalog/stock.js'
import { findTenant, insertTenant } from '../../catalog/tenants.js'
import { MAKING_FAULTS, makingSteps, releaseMaking } from '../../engine/making.js'
import { operation } from '../../engine/operation.js'
import { chooseCluster, reserve } from '../../engine/placing.js'
import { newId } from '../../kernel/clock.js'
import { today } from './today.js'

export const prepareStock = operation({
  kind: 'steps',
  name: 'stock.prepare',
  summary: 'Make one warm tenant, if the stock has room for it.',
  effect: 'change',
  input: z.strictObject({
    cluster: z.string().min(1).max(63).describe('Cluster to make it on'),
    isolation: z.enum(ISOLATIONS).describe('How its tables are kept apart'),
  }),
  output: z.object({ id: z.string(), isolation: z.enum(ISOLATIONS), cluster: z.string(), schema: z.string(), version: z.string() }),
  faults: ['STOCK_FULL', ...MAKING_FAULTS],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/stock/prepare',
  words: {
    positionals: ['cluster', 'isolation'],
    says: (t) => `a ${t.isolation} tenant is warm on ${t.cluster}`,
  },
  async accept(context, { cluster: name, isolation }) {
    const { platform, tx, fail } = context
    const cluster = await chooseCluster(context, isolation, name)
    await tx.run(lockStock(cluster.id, isolation))
    const stock = await tx.maybe(stockOf(cluster.id, isolation, await today(platform)))
    const target = stock?.target ?? 0
    if (stock === undefined || stock.warm + stock.preparing >= target) throw fail('STOCK_FULL', { cluster: name, isolation, target })
    const tenant = newId()
    await tx.run(insertTenant({ id: tenant, slug: warmSlug(tenant), name: 'warm', isolation }))
    return { subject: tenant, memory: await reserve(platform, tx, tenant, isolation, cluster) }
  },
  steps: makingSteps('warm'),
  release: releaseMaking,
  async result({ platform, memory }) {
    const { id, isolation, cluster, schema, version } = await platform.catalog.one(findTenant(memory.tenant))
    return { id, isolation, cluster, schema, version }
  },
})
