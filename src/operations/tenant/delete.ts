import { z } from 'zod'
import { operation } from '../../engine/operation.js'
import { plainText } from '../../engine/text-input.js'
import { isDuration, milliseconds } from '../../kernel/durations.js'
import { acceptStateChange, resultOfStateChange, STATE_STEPS } from './change-state.js'
import { tenantResource } from './resource.js'
import { tenantRef, tenantRow } from './row.js'

export const deleteTenant = operation({
  kind: 'steps',
  name: 'tenant.delete',
  summary: 'Close a tenant for good, with a grace in which it can be taken back.',
  effect: 'change',
  input: z.strictObject({
    tenant: tenantRef,
    reason: plainText(200).describe('Why; kept in the log and shown with the tenant'),
    grace: z
      .string()
      .refine(isDuration, 'must be a duration such as 12h or 30d')
      .default('30d')
      .describe('How long before it may be purged, such as 12h or 30d'),
  }),
  output: tenantRow,
  faults: ['TENANT_NOT_FOUND', 'TENANT_STATE', 'TENANT_BUSY', 'SLUG_INVALID', 'INPUT_INVALID'],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/tenants/{tenant}/delete',
  resource: tenantResource,
  words: {
    positionals: ['tenant'],
    says: (t) =>
      `${t.slug} is deleted; nothing is destroyed before ${t.purgeAfter!.toISOString()}, and \`tenantry tenant undelete ${t.slug}\` takes it back`,
    confirm: 'This refuses every scope of the tenant',
  },
  accept: (context, { tenant, reason, grace }) => acceptStateChange(context, tenant, 'delete', reason, milliseconds(grace)),
  steps: STATE_STEPS,
  result: resultOfStateChange,
})
