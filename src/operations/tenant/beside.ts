import { z } from 'zod'
import { besidesOf } from '../../catalog/beside.js'
import { ISOLATIONS, TENANT_TRACK } from '../../catalog/homes.js'
import { findTenant } from '../../catalog/tenants.js'
import { BESIDE_STEPS, KEEP_BESIDE, releaseBeside } from '../../engine/beside.js'
import { HOME_FAULTS } from '../../engine/making.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { checkTrack, chooseCluster, type Making, reserveBeside } from '../../engine/placing.js'
import { plainText } from '../../engine/text-input.js'
import { besideRow, describeBeside, lockSettled } from './beside-of.js'
import { tenantResource } from './resource.js'
import { tenantRef } from './row.js'

export const makeBeside = operation({
  kind: 'steps',
  name: 'tenant.beside',
  summary: 'Make an empty home for a tenant beside the one it lives in, to be filled by hand and pointed to.',
  effect: 'change',
  input: z.strictObject({
    tenant: tenantRef,
    isolation: z.enum(ISOLATIONS).optional().describe('How its tables are kept apart (default: as in the home that it lives in)'),
    cluster: z.string().min(1).max(63).optional().describe('Cluster that it is on (default: the one that the tenant lives on)'),
    note: plainText(200).optional().describe('What it is for; shown with it'),
  }),
  output: besideRow,
  faults: ['TENANT_NOT_FOUND', 'TENANT_STATE', 'HOME_TAKEN', 'SLUG_INVALID', ...HOME_FAULTS],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/tenants/{tenant}/homes',
  resource: tenantResource,
  words: {
    positionals: ['tenant'],
    says: (b) => `${b.tenant} has an empty home beside: ${b.isolation} on ${b.cluster}, schema ${b.schema} of ${b.database}, id ${b.home}`,
  },

  async accept(context, given) {
    const { platform, tx, fail } = context
    const tenant = await lockSettled(context, given.tenant)
    if (tenant.state === 'creating' || tenant.state === 'purging')
      throw fail('TENANT_STATE', { tenant: given.tenant, state: tenant.state, wanted: 'a settled tenant' })
    const isolation = given.isolation ?? tenant.isolation
    const track = tenant.service ?? TENANT_TRACK
    checkTrack(context, track, isolation)
    const cluster = await chooseCluster(context, isolation, given.cluster ?? tenant.cluster)
    const making = await reserveBeside(platform, tx, tenant, isolation, cluster, { track, graceMs: null, note: given.note ?? null })
    return { subject: tenant.id, memory: making }
  },
  steps: [...BESIDE_STEPS, KEEP_BESIDE],
  release: releaseBeside,
  async result({ platform, memory }: StepContext<unknown, Making>) {
    const { slug } = await platform.catalog.one(findTenant(memory.tenant))
    const all = await platform.catalog.rows(besidesOf(memory.tenant))
    return describeBeside(slug, all.find(({ id }) => id === memory.home.id)!)
  },
})
