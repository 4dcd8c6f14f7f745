import { z } from 'zod'
import { besidesOf } from '../../catalog/beside.js'
import { findTenant } from '../../catalog/tenants.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { REPOINT_STEPS, REPOINTING_FAULTS, type RePointing } from '../../engine/repointing.js'
import { milliseconds } from '../../kernel/durations.js'
import { lockSettled, rePointingTo } from './beside-of.js'
import { anyVersionInput, graceInput } from './repoint.js'
import { tenantResource } from './resource.js'
import { describeTenant, tenantRef, tenantRow } from './row.js'

export const pointBackTenant = operation({
  kind: 'steps',
  name: 'tenant.pointback',
  summary: 'Have a tenant live in its former home again, as long as the grace of that lasts.',
  effect: 'change',
  input: z.strictObject({ tenant: tenantRef, grace: graceInput, anyVersion: anyVersionInput }),
  output: tenantRow,
  faults: [
    'TENANT_NOT_FOUND',
    'HOME_FORMER',
    'HOME_BEHIND',
    'ASSURANCE_UNAVAILABLE',
    'SLUG_INVALID',
    'INPUT_INVALID',
    ...REPOINTING_FAULTS,
  ],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/tenants/{tenant}/pointback',
  resource: tenantResource,
  words: {
    positionals: ['tenant'],
    says: (t) => `${t.slug} lives in schema ${t.schema} of ${t.cluster}/${t.database} (${t.isolation}) again, epoch ${t.epoch}`,
    confirm: 'What the tenant has written since it left its former home is not in there',
  },

  async accept(context, { tenant: ref, grace, anyVersion }) {
    const tenant = await lockSettled(context, ref)
    // The one that it left last. Whatever is not dropped yet will do, its grace may have ended a moment ago.
    const to = (await context.tx.rows(besidesOf(tenant.id))).filter(({ kind, standing }) => kind === 'former' && standing === 'kept').at(-1)
    if (to === undefined) throw context.fail('HOME_FORMER', { tenant: tenant.slug })
    return { subject: tenant.id, memory: await rePointingTo(context, tenant, to, { graceMs: milliseconds(grace), anyVersion }) }
  },
  steps: REPOINT_STEPS,
  result: async ({ platform, memory }: StepContext<unknown, RePointing>) =>
    describeTenant(await platform.catalog.one(findTenant(memory.tenant))),
})
