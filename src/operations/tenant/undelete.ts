import { z } from 'zod'
import { operation } from '../../engine/operation.js'
import { acceptStateChange, resultOfStateChange, STATE_STEPS } from './change-state.js'
import { tenantResource } from './resource.js'
import { tenantRef, tenantRow } from './row.js'

export const undeleteTenant = operation({
  kind: 'steps',
  name: 'tenant.undelete',
  summary: 'Take a deleted tenant back, to the state that it was deleted from.',
  effect: 'change',
  input: z.strictObject({ tenant: tenantRef }),
  output: tenantRow,
  faults: ['TENANT_NOT_FOUND', 'TENANT_STATE', 'TENANT_BUSY', 'SLUG_INVALID'],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/tenants/{tenant}/undelete',
  resource: tenantResource,
  words: {
    positionals: ['tenant'],
    says: (t) => `${t.slug} is ${t.state} again`,
  },
  accept: (context, { tenant }) => acceptStateChange(context, tenant, 'undelete', null),
  steps: STATE_STEPS,
  result: resultOfStateChange,
})
