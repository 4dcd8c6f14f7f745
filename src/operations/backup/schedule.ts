import { z } from 'zod'
import { type PolicyScope, removePolicy, setPolicy } from '../../catalog/backup-policies.js'
import { findTenant } from '../../catalog/tenants.js'
import { LABEL } from '../../engine/labels.js'
import { operation } from '../../engine/operation.js'
import { newId } from '../../kernel/clock.js'
import { checkTenantRef } from '../../kernel/identifiers.js'

const most = z.coerce.number().int().min(0).max(1_000)

const input = z
  .strictObject({
    tenant: z.string().min(2).max(39).optional().describe('For this tenant: its id or slug'),
    label: z.string().max(300).regex(LABEL, 'must be key=value').optional().describe('For tenants with this label: plan=gold'),
    tier: z.string().min(1).max(39).optional().describe('For tenants of this tier'),
    all: z.boolean().default(false).describe('For every tenant that no other policy fits'),
    daily: most.default(0).describe('How many days to keep one of each'),
    weekly: most.default(0).describe('How many weeks to keep one of each'),
    monthly: most.default(0).describe('How many months to keep one of each'),
    hour: z.coerce.number().int().min(0).max(23).default(0).describe('At which hour of UTC they are made'),
    remove: z.boolean().default(false).describe('Take this policy away; what it has made is kept'),
  })
  .refine(
    (given) => [given.tenant !== undefined, given.all, given.label !== undefined, given.tier !== undefined].filter(Boolean).length === 1,
    'say for whom: one of a tenant, --label, --tier and --all',
  )

export const scheduleBackups = operation({
  kind: 'change',
  name: 'backup.schedule',
  summary: 'Say how many daily, weekly and monthly backups workers make and keep: for a tenant, a label, a tier or all.',
  effect: 'change',
  input,
  output: z.object({
    scope: z.enum(['tenant', 'label', 'tier', 'all']),
    target: z.string().nullable(),
    daily: z.number(),
    weekly: z.number(),
    monthly: z.number(),
    hour: z.number(),
    removed: z.boolean(),
  }),
  faults: ['TENANT_NOT_FOUND', 'SLUG_INVALID'],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/backup-policies',
  words: {
    positionals: ['tenant'],
    says: ({ scope, target, daily, weekly, monthly, hour, removed }) => {
      const whom = scope === 'all' ? 'all tenants' : `${scope} ${target}`
      if (removed) return `no policy for ${whom} any more; what it has made is kept`
      return `${whom}: ${daily} daily, ${weekly} weekly, ${monthly} monthly, from ${hour}:00 UTC on`
    },
  },
  async change({ tx, fail }, given) {
    const { daily, weekly, monthly, hour, remove } = given
    const scope: PolicyScope =
      given.tenant !== undefined ? 'tenant' : given.label !== undefined ? 'label' : given.tier !== undefined ? 'tier' : 'all'
    const tenant = given.tenant === undefined ? undefined : await tx.maybe(findTenant(checkTenantRef(given.tenant)))
    if (given.tenant !== undefined && (tenant === undefined || tenant.slug.startsWith('~')))
      throw fail('TENANT_NOT_FOUND', { tenant: given.tenant })
    const target = tenant?.id ?? given.label ?? given.tier ?? ''
    if (remove) await tx.run(removePolicy(scope, target))
    else await tx.run(setPolicy({ id: newId(), scope, target, daily, weekly, monthly, hour }))
    const output = { scope, target: tenant?.slug ?? (target === '' ? null : target), daily, weekly, monthly, hour, removed: remove }
    return { output, ...(tenant === undefined ? {} : { subject: tenant.id }) }
  },
})
