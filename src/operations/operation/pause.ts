import { z } from 'zod'
import { requestPause } from '../../catalog/operations.js'
import { operation } from '../../engine/operation.js'
import { lockedOperation, nextOf } from '../../engine/operation-life.js'
import { plainText } from '../../engine/text-input.js'
import { operationRef } from './row.js'

export const pauseAnOperation = operation({
  kind: 'change',
  name: 'operation.pause',
  summary: 'Let a running operation stand still before its next item, until somebody goes on with it.',
  effect: 'change',
  asksOthers: true,
  input: z.strictObject({
    operation: operationRef,
    reason: plainText(200).default('somebody asked for it').describe('Why; shown with the operation while it stands still'),
  }),
  output: z.object({ operation: z.string(), name: z.string(), pauseRequested: z.literal(true) }),
  faults: ['OPERATION_NOT_FOUND', 'OPERATION_STATE'],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/operations/{operation}/pause',
  words: {
    positionals: ['operation'],
    says: (o) => `${o.name} ${o.operation} pauses before its next item; go on with \`tenantry operation resume ${o.operation}\``,
  },
  async change({ platform, tx }, { operation: id, reason }) {
    const found = await lockedOperation(tx, id)
    nextOf(platform, found, 'pause')
    await tx.run(requestPause(id, reason))
    return { output: { operation: id, name: found.name, pauseRequested: true as const } }
  },
})
