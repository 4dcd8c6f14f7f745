import { z } from 'zod'
import { operation } from '../../engine/operation.js'
import { plainText } from '../../engine/text-input.js'
import { acceptStateChange, resultOfStateChange, STATE_STEPS } from './change-state.js'
import { tenantResource } from './resource.js'
import { tenantRef, tenantRow } from './row.js'

export const suspendTenant = operation({
  kind: 'steps',
  name: 'tenant.suspend',
  summary: 'Refuse every scope of a tenant. Nothing is deleted.',
  effect: 'change',
  input: z.strictObject({
    tenant: tenantRef,
    reason: plainText(200).describe('Why; kept in the log and shown with the tenant'),
    allowReads: z.boolean().default(false).describe('Keep letting read-only scopes in'),
  }),
  output: tenantRow,
  faults: ['TENANT_NOT_FOUND', 'TENANT_STATE', 'TENANT_BUSY', 'SLUG_INVALID'],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/tenants/{tenant}/suspend',
  resource: tenantResource,
  words: {
    positionals: ['tenant'],
    says: (t) => `${t.slug} is ${t.state === 'read_only' ? 'read-only' : 'suspended'} since ${t.since.toISOString()}`,
  },
  accept: (context, { tenant, reason, allowReads }) =>
    acceptStateChange(context, tenant, allowReads ? 'suspend_for_writing' : 'suspend', reason),
  steps: STATE_STEPS,
  result: resultOfStateChange,
})
