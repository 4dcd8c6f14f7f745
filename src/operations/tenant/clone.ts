import { z } from 'zod'
import { ISOLATIONS, TENANT_TRACK } from '../../catalog/homes.js'
import { findTenant, lockTenant } from '../../catalog/tenants.js'
import { operation, type StepContext } from '../../engine/operation.js'
import type { Filling } from '../../engine/restore/filling.js'
import { RESERVING_FAULTS, reserveNewTenant } from '../../engine/restore/reserving.js'
import { RESTORE_STEPS, releaseRestored } from '../../engine/restore/steps.js'
import { plainText } from '../../engine/text-input.js'
import { counted } from '../../kernel/counted.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import { tenantResource } from './resource.js'
import { describeTenant, tenantRef, tenantRow } from './row.js'

export const cloneTenant = operation({
  kind: 'steps',
  name: 'tenant.clone',
  summary: 'Make a new tenant with the rows that another one has at this moment.',
  effect: 'change',
  input: z.strictObject({
    tenant: tenantRef,
    as: z.string().min(1).max(60).describe('Slug of the new tenant'),
    name: plainText(200).optional().describe('Display name of the new tenant (default: its slug)'),
    isolation: z.enum(ISOLATIONS).optional().describe('How its tables are kept apart (default: as those of the other one)'),
    cluster: z.string().min(1).max(63).optional().describe('Cluster to live on (default: the one of the other one)'),
    anonymise: z.boolean().default(true).describe('Change values on the way as the configuration declares it'),
  }),
  output: tenantRow.extend({
    anonymised: z.array(z.string()).describe('Columns whose values were changed on the way'),
    from: z.string().describe('The tenant that the rows are from'),
    at: z.string().describe('The moment that they are of, by the clock of its server'),
    tables: z.number(),
    rows: z.number(),
  }),
  faults: [...RESERVING_FAULTS, 'ANONYMISE_UNFIT'],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/tenants/{tenant}/clone',
  resource: tenantResource,
  words: {
    positionals: ['tenant'],
    negated: { anonymise: 'Clone all values as they are, whatever the configuration declares' },
    says: (t) =>
      `tenant ${t.slug} has the ${counted(t.rows, 'row')} that ${t.from} had at ${t.at}${t.anonymised.length === 0 ? '' : `, without what ${t.anonymised.join(', ')} said`}: ${t.isolation} on ${t.cluster}, id ${t.id}`,
  },

  async accept(context, { tenant: ref, as: slug, name, isolation, cluster, anonymise }) {
    const { tx, fail, platform } = context
    const from = await tx.maybe(lockTenant(checkTenantRef(ref)))
    if (from === undefined) throw fail('TENANT_NOT_FOUND', { tenant: ref })
    if (from.state === 'creating' || from.state === 'purging')
      throw fail('TENANT_STATE', { tenant: ref, state: from.state, wanted: 'a settled tenant' })
    const memory = await reserveNewTenant(context, {
      slug,
      name: name ?? slug,
      facts: { tier: from.tier, region: from.region, labels: from.labels },
      isolation: isolation ?? from.isolation,
      track: from.service ?? TENANT_TRACK,
      cluster: cluster ?? from.cluster,
      origin: { of: 'tenant', tenant: from.id },
      version: from.version,
    })
    const rules = platform.config.anonymise
    const declared = anonymise && Object.keys(rules).length > 0 ? { rules } : {}
    return { subject: memory.tenant, memory: { ...memory, ...declared, from: from.slug } }
  },
  steps: RESTORE_STEPS,
  release: releaseRestored,
  async result({ platform, memory }: StepContext<unknown, Filling>) {
    const { at, tables, rows } = memory.filled!
    const anonymised = Object.entries(memory.rules ?? {}).flatMap(([table, columns]) =>
      Object.keys(columns).map((column) => `${table}.${column}`),
    )
    const tenant = describeTenant(await platform.catalog.one(findTenant(memory.tenant)))
    return { ...tenant, from: memory.from as string, at, tables, rows, anonymised }
  },
})
