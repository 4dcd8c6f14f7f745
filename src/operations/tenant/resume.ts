import { z } from 'zod'
import { operation } from '../../engine/operation.js'
import { acceptStateChange, resultOfStateChange, STATE_STEPS } from './change-state.js'
import { tenantResource } from './resource.js'
import { tenantRef, tenantRow } from './row.js'

export const resumeTenant = operation({
  kind: 'steps',
  name: 'tenant.resume',
  summary: 'Let scopes of a suspended tenant in again.',
  effect: 'change',
  input: z.strictObject({ tenant: tenantRef }),
  output: tenantRow,
  faults: ['TENANT_NOT_FOUND', 'TENANT_STATE', 'TENANT_BUSY', 'SLUG_INVALID'],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/tenants/{tenant}/resume',
  resource: tenantResource,
  words: {
    positionals: ['tenant'],
    says: (t) => `${t.slug} is active since ${t.since.toISOString()}`,
  },
  accept: (context, { tenant }) => acceptStateChange(context, tenant, 'resume', null),
  steps: STATE_STEPS,
  result: resultOfStateChange,
})
