import { z } from 'zod'
import { endOperation, requestCancel } from '../../catalog/operations.js'
import { operation } from '../../engine/operation.js'
import { lockedOperation, nextOf } from '../../engine/operation-life.js'
import { storedFault } from '../../engine/stored-fault.js'
import { fault } from '../../kernel/faults.js'
import { operationRef } from './row.js'

export const cancelOperation = operation({
  kind: 'change',
  name: 'operation.cancel',
  summary:
    'Stop a running operation at its next step and take back what it did, but for migrations of homes, which stay; or end a paused one where it stands.',
  effect: 'change',
  asksOthers: true,
  input: z.strictObject({ operation: operationRef }),
  output: z.object({
    operation: z.string(),
    name: z.string(),
    cancelRequested: z.literal(true),
    ended: z.boolean().describe('It was paused, and is over'),
  }),
  faults: ['OPERATION_NOT_FOUND', 'OPERATION_STATE'],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/operations/{operation}/cancel',
  words: {
    positionals: ['operation'],
    says: (o) =>
      o.ended
        ? `${o.name} ${o.operation} is over; what it has done stays`
        : `${o.name} ${o.operation} is stopped at its next step by whoever has it; follow it with \`tenantry operation watch ${o.operation}\``,
  },
  async change({ platform, tx }, { operation: id }) {
    const found = await lockedOperation(tx, id)
    nextOf(platform, found, 'cancel')
    // Nobody holds it, and there is nothing to take back.
    const ended = found.state === 'paused'
    await tx.run(
      ended ? endOperation(id, 'cancelled', undefined, storedFault(fault('OPERATION_CANCELLED', { operation: id }))) : requestCancel(id),
    )
    return { output: { operation: id, name: found.name, cancelRequested: true as const, ended } }
  },
})
