import { z } from 'zod'
import { findTenant, lockTenant, recordTenantFacts } from '../../catalog/tenants.js'
import { LABEL, LABEL_KEY, labelsFrom, MAX_LABELS, word } from '../../engine/labels.js'
import { operation } from '../../engine/operation.js'
import { assertTierAssurance, useTier } from '../../engine/tiers.js'
import { fault } from '../../kernel/faults.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import { tenantResource } from './resource.js'
import { describeTenant, tenantRef, tenantRow } from './row.js'

const DAY_MS = 86_400_000

export const UNSET = ['tier', 'region', 'statement-timeout-ms', 'idle-timeout-ms'] as const
const limit = (says: string) => z.coerce.number().int().min(100).max(DAY_MS).optional().describe(says)

export const setTenant = operation({
  kind: 'change',
  name: 'tenant.set',
  summary: 'Set tier, region, labels and limits of a tenant. What is not named stays; of two at once the last one holds.',
  effect: 'change',
  input: z
    .strictObject({
      tenant: tenantRef,
      tier: word.optional().describe('What it pays for, such as gold: its limits, where it has none of its own, are those of the tier'),
      region: word.optional().describe('Where it belongs; a note, which moves nothing'),
      label: z
        .array(z.string().regex(LABEL, 'must be key=value'))
        .max(MAX_LABELS)
        .optional()
        .describe('A label, as key=value; several may be given'),
      unlabel: z
        .array(z.string().regex(LABEL_KEY, 'must be the key of a label'))
        .max(MAX_LABELS)
        .optional()
        .describe('Keys of labels to take away'),
      statementTimeoutMs: limit('The server cancels statements of its scopes that take longer, whatever the application asks for'),
      idleTimeoutMs: limit('The server ends its transactions that wait for their application for longer'),
      unset: z.array(z.enum(UNSET)).optional().describe('Take these away'),
    })
    .refine(({ tenant: _, ...rest }) => Object.values(rest).some((value) => value !== undefined), 'nothing to set was given')
    .superRefine((given, context) => {
      const wrong = (message: string) => context.addIssue({ code: 'custom', message })
      const values = {
        tier: given.tier,
        region: given.region,
        'statement-timeout-ms': given.statementTimeoutMs,
        'idle-timeout-ms': given.idleTimeoutMs,
      }
      for (const name of new Set(given.unset)) if (values[name] !== undefined) wrong(`${name} is set and unset at once`)
      const keys = (given.label ?? []).map((text) => text.slice(0, text.indexOf('=')))
      const twice = keys.find((key, at) => keys.indexOf(key) !== at)
      if (twice !== undefined) wrong(`the label ${twice} is given twice`)
      const both = given.unlabel?.find((key) => keys.includes(key))
      if (both !== undefined) wrong(`the label ${both} is given and taken away at once`)
    }),
  output: tenantRow,
  faults: ['TENANT_NOT_FOUND', 'SLUG_INVALID', 'ASSURANCE_UNAVAILABLE'],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/tenants/{tenant}',
  resource: tenantResource,
  words: {
    positionals: ['tenant'],
    says: (t) =>
      `${t.slug}: tier ${t.tier ?? '-'}, region ${t.region ?? '-'}, statement timeout ${t.statementTimeoutMs ?? '-'} ms, idle timeout ${t.idleTimeoutMs ?? '-'} ms, ` +
      `labels ${
        Object.entries(t.labels)
          .map(([key, value]) => `${key}=${value}`)
          .join(', ') || '-'
      }`,
  },
  async change({ platform, tx, fail }, given) {
    const tenant = await tx.maybe(lockTenant(checkTenantRef(given.tenant)))
    if (tenant === undefined) throw fail('TENANT_NOT_FOUND', { tenant: given.tenant })
    await assertTierAssurance(tx, await useTier(tx, platform.config, given.tier), tenant.id)
    const cleared = (name: (typeof UNSET)[number]): boolean => given.unset?.includes(name) === true
    const gone = new Set(given.unlabel)
    const labels = {
      ...Object.fromEntries(Object.entries(tenant.labels).filter(([key]) => !gone.has(key))),
      ...labelsFrom(given.label ?? []),
    }
    if (Object.keys(labels).length > MAX_LABELS) throw fault('INPUT_INVALID', { issues: [`label: a tenant has at most ${MAX_LABELS}`] })
    await tx.run(
      recordTenantFacts(tenant.id, {
        tier: given.tier ?? (cleared('tier') ? null : tenant.tier),
        region: given.region ?? (cleared('region') ? null : tenant.region),
        labels,
        statementTimeoutMs: given.statementTimeoutMs ?? (cleared('statement-timeout-ms') ? null : tenant.statementTimeoutMs),
        idleTimeoutMs: given.idleTimeoutMs ?? (cleared('idle-timeout-ms') ? null : tenant.idleTimeoutMs),
      }),
    )
    return { output: describeTenant(await tx.one(findTenant(tenant.id))), subject: tenant.id }
  },
})
