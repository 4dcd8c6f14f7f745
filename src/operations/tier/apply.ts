import { z } from 'zod'
import { dropTiersExcept, listTiers, putTiers } from '../../catalog/tiers.js'
import { operation } from '../../engine/operation.js'
import { limitsOfTiers } from '../../engine/tiers.js'

const ms = z.number().nullable()

export const applyTiers = operation({
  kind: 'change',
  name: 'tier.apply',
  summary: 'Put the limits of the tiers in the configuration in force, as `tenantry serve` does when it starts.',
  effect: 'change',
  input: z.strictObject({
    prune: z.boolean().default(false).describe('Also forget the limits of tiers that the configuration does not name'),
  }),
  output: z.object({
    changed: z.number(),
    forgotten: z.number(),
    tiers: z.array(z.object({ name: z.string(), statementTimeoutMs: ms, idleTimeoutMs: ms, lockTimeoutMs: ms, connections: ms })),
  }),
  faults: [],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/tiers/apply',
  words: {
    says: ({ changed, forgotten, tiers }) =>
      `${changed} of ${tiers.length} tiers changed${forgotten === 0 ? '' : `, ${forgotten} forgotten`}; applications hear of it within a minute`,
  },
  async change({ platform, tx }, { prune }) {
    const wanted = limitsOfTiers(platform.config)
    const changed = await tx.run(putTiers(wanted))
    const forgotten = prune ? await tx.run(dropTiersExcept(wanted.map(({ name }) => name))) : 0
    const tiers = (await tx.rows(listTiers)).filter(({ known }) => known).map(({ known: _known, tenants: _tenants, ...tier }) => tier)
    return { output: { changed, forgotten, tiers } }
  },
})
