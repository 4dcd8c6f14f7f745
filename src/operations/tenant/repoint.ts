import { z } from 'zod'
import { findTenant } from '../../catalog/tenants.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { REPOINT_STEPS, REPOINTING_FAULTS, type RePointing } from '../../engine/repointing.js'
import { compareWith } from '../../engine/restore/comparing.js'
import { isDuration, milliseconds } from '../../kernel/durations.js'
import { assertWhole, chooseBeside, findWithBeside, homeRef, lockSettled, rePointingTo } from './beside-of.js'
import { tenantResource } from './resource.js'
import { describeTenant, tenantRef, tenantRow } from './row.js'

export const graceInput = z
  .string()
  .refine(isDuration, 'must be a duration such as 12h or 7d')
  .default('7d')
  .describe('How long the home that it leaves is kept, so that it can be pointed back, such as 12h or 7d')

export const anyVersionInput = z
  .boolean()
  .default(false)
  .describe('Even if that home is at another schema version than the one that the tenant lives in')

export const repointTenant = operation({
  kind: 'steps',
  name: 'tenant.repoint',
  summary: 'Have a tenant live in a home beside from now on; the one before is kept for a grace.',
  effect: 'change',
  input: z.strictObject({
    tenant: tenantRef,
    home: homeRef.optional().describe('Id or schema of the home (default: the only one that is beside)'),
    grace: graceInput,
    anyVersion: anyVersionInput,
    confirm: z.string().max(63).optional().describe('The slug once more: what is in the home before is not in this one'),
  }),
  output: tenantRow,
  faults: [
    'TENANT_NOT_FOUND',
    'HOME_NOT_BESIDE',
    'HOME_CHOICE',
    'HOME_PARTIAL',
    'HOME_BEHIND',
    'CONFIRMATION_NEEDED',
    'ASSURANCE_UNAVAILABLE',
    'SLUG_INVALID',
    'INPUT_INVALID',
    ...REPOINTING_FAULTS,
  ],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/tenants/{tenant}/repoint',
  resource: tenantResource,
  words: {
    positionals: ['tenant'],
    typesName: true,
    says: (t) =>
      `${t.slug} lives in schema ${t.schema} of ${t.cluster}/${t.database} (${t.isolation}), epoch ${t.epoch}; \`tenantry tenant pointback ${t.slug}\` takes it back`,
    confirm: 'What the tenant has written to the home that it lives in, and is not in the other one, it sees no more',
  },

  async tells(context, { tenant: ref, home }) {
    const { tenant, beside } = await findWithBeside(context, ref, home)
    assertWhole(context, tenant, beside)
    const differing = (await compareWith(context.platform, tenant, beside.id, 0)).filter((t) => t.onlyLeft + t.onlyRight + t.changed > 0)
    const schema = `${beside.cluster}/${beside.database}/${beside.schema}`
    if (differing.length === 0) return [`${schema} has the same rows as the home that ${tenant.slug} lives in`]
    return [
      `${schema} differs from the home that ${tenant.slug} lives in:`,
      ...differing.map(
        (t) => `  ${t.table}: ${t.onlyLeft} rows left behind, ${t.changed} with other values, ${t.onlyRight} that come back`,
      ),
      `what is left behind is kept with the former home; \`tenantry tenant difference ${tenant.slug} <table>\` exports it`,
    ]
  },

  async accept(context, { tenant: ref, home, grace, anyVersion, confirm }) {
    const tenant = await lockSettled(context, ref)
    const to = await chooseBeside(context, tenant, home)
    assertWhole(context, tenant, to)
    if (confirm !== tenant.slug && confirm !== ref)
      throw context.fail('CONFIRMATION_NEEDED', {
        what: `tenant "${tenant.slug}" is to live in ${to.cluster}/${to.database}/${to.schema}; say so with confirm: "${tenant.slug}"`,
      })
    return { subject: tenant.id, memory: await rePointingTo(context, tenant, to, { graceMs: milliseconds(grace), anyVersion }) }
  },
  steps: REPOINT_STEPS,
  result: async ({ platform, memory }: StepContext<unknown, RePointing>) =>
    describeTenant(await platform.catalog.one(findTenant(memory.tenant))),
})
