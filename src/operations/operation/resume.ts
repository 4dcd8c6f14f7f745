import { z } from 'zod'
import { operation } from '../../engine/operation.js'
import { reopen } from '../../engine/operation-life.js'
import { background, operationRef } from './row.js'

export const resumeOperation = operation({
  kind: 'direct',
  name: 'operation.resume',
  summary: 'Go on with a paused operation: with the items that are waiting, not with those that failed.',
  effect: 'change',
  input: z.strictObject({ operation: operationRef, background }),
  output: z.object({ operation: z.string(), name: z.string(), background: z.boolean().describe('It goes on in a worker') }),
  faults: ['OPERATION_NOT_FOUND', 'OPERATION_STATE', 'OPERATION_PAUSED', 'FLEET_PARTIAL'],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/operations/{operation}/resume',
  words: {
    positionals: ['operation'],
    says: (o) =>
      o.background
        ? `${o.name} ${o.operation} goes on in the next worker that looks; follow it with \`tenantry operation watch ${o.operation}\``
        : `${o.name} ${o.operation} is done`,
  },
  async call({ platform, caller, fail }, { operation: id, background: aside }) {
    const done = await reopen(platform, id, 'resume', caller, aside)
    if (done === undefined) throw fail('OPERATION_STATE', { operation: id, state: 'failed', wanted: 'a paused operation' })
    return { operation: id, ...done }
  },
})
