import { z } from 'zod'
import { operationById, requestCancel } from '../../catalog/operations.js'
import { operation } from '../../engine/operation.js'
import { operationRef } from './row.js'

export const cancelOperation = operation({
  kind: 'change',
  name: 'operation.cancel',
  summary: 'Stop a running operation at its next step and take back what it did.',
  effect: 'change',
  input: z.strictObject({ operation: operationRef }),
  output: z.object({ operation: z.string(), name: z.string(), cancelRequested: z.literal(true) }),
  faults: ['OPERATION_NOT_FOUND', 'OPERATION_STATE'],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/operations/{operation}/cancel',
  words: {
    positionals: ['operation'],
    says: (o) => `${o.name} ${o.operation} stops at its next step; follow it with \`tenantry operation watch ${o.operation}\``,
  },
  async change({ tx, fail }, { operation: id }) {
    const found = await tx.maybe(operationById(id))
    if (found === undefined) throw fail('OPERATION_NOT_FOUND', { operation: id })
    if ((await tx.run(requestCancel(id))) === 0)
      throw fail('OPERATION_STATE', { operation: id, state: found.state, wanted: 'a running operation' })
    return { output: { operation: id, name: found.name, cancelRequested: true as const } }
  },
})
