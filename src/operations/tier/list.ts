import { z } from 'zod'
import { listTiers } from '../../catalog/tiers.js'
import type { Config } from '../../engine/config.js'
import { operation } from '../../engine/operation.js'

const ms = z.number().nullable()

const tierRow = z.object({
  name: z.string(),
  tenants: z.number(),
  standing: z.enum(['in force', 'changed', 'not named']).describe('Against the configuration of whoever answers'),
  isolation: z.string().nullable().describe('Of tenants that are created without naming one'),
  assurance: z.string().nullable().describe('The least of a database where its tenants may be'),
  statementTimeoutMs: ms,
  idleTimeoutMs: ms,
  lockTimeoutMs: ms.describe('How long others may wait behind a lock on a shared table'),
  connections: z.number().nullable().describe('At most, of a login that serves a single home'),
})

type TierRow = z.output<typeof tierRow>
type Known = Pick<TierRow, 'name' | 'tenants' | 'statementTimeoutMs' | 'idleTimeoutMs' | 'lockTimeoutMs' | 'connections'> & {
  readonly known: boolean
}

export const listAllTiers = operation({
  kind: 'direct',
  name: 'tier.list',
  summary: 'List the tiers with their limits, and whether the configuration says the same.',
  effect: 'read',
  input: z.strictObject({}),
  output: z.object({ data: z.array(tierRow) }),
  faults: [],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/tiers',
  words: {
    says: ({ data }) =>
      data.length === 0
        ? 'no tiers: name them under `tiers` in tenantry.config.ts'
        : data.some(({ standing }) => standing === 'changed')
          ? 'the limits in force are shown; `tenantry tier apply` puts those of the configuration in their place'
          : '',
    columns: ['name', 'tenants', 'standing', 'isolation', 'statementTimeoutMs', 'idleTimeoutMs', 'lockTimeoutMs'],
  },
  async call({ platform }) {
    const found = await platform.catalog.rows(listTiers)
    const unknown = Object.keys(platform.config.tiers).filter((name) => !found.some((tier) => tier.name === name))
    const none = { tenants: 0, statementTimeoutMs: null, idleTimeoutMs: null, lockTimeoutMs: null, connections: null, known: false }
    const all = [...found, ...unknown.map((name) => ({ name, ...none }))].sort((a, b) => (a.name < b.name ? -1 : 1))
    return { data: all.map((tier) => describeTier(tier, platform.config)) }
  },
})

/** Limits as they are in force; what only the configuration knows as that says. */
function describeTier({ known, ...tier }: Known, { tiers }: Config): TierRow {
  const given = Object.hasOwn(tiers, tier.name) ? tiers[tier.name] : undefined
  const same =
    given?.statementTimeoutMs === tier.statementTimeoutMs &&
    given.idleTimeoutMs === tier.idleTimeoutMs &&
    given.lockTimeoutMs === tier.lockTimeoutMs &&
    given.connections === tier.connections
  return {
    ...tier,
    standing: given === undefined ? 'not named' : known && same ? 'in force' : 'changed',
    isolation: given?.isolation ?? null,
    assurance: given?.assurance ?? null,
  }
}
