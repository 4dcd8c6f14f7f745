import { z } from 'zod'
import { operationById } from '../../catalog/operations.js'
import { operation } from '../../engine/operation.js'
import { submit } from '../../engine/submit.js'
import { operationRef } from './row.js'

export const retryOperation = operation({
  kind: 'direct',
  name: 'operation.retry',
  summary: 'Start a failed or cancelled operation anew, with the same input; what is done already is not done again.',
  effect: 'change',
  input: z.strictObject({ operation: operationRef }),
  output: z.object({ operation: z.string(), name: z.string(), retried: z.string() }),
  faults: ['OPERATION_NOT_FOUND', 'OPERATION_STATE', 'OPERATION_INPUT'],
  // It could start anything: so only for those who may start everything.
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/operations/{operation}/retry',
  words: { positionals: ['operation'], says: (o) => `${o.name} has been done by operation ${o.operation}` },
  async call({ platform, caller, fail }, { operation: id }) {
    const found = await platform.catalog.maybe(operationById(id))
    if (found === undefined) throw fail('OPERATION_NOT_FOUND', { operation: id })
    if (found.state !== 'failed' && found.state !== 'cancelled')
      throw fail('OPERATION_STATE', { operation: id, state: found.state, wanted: 'a failed or cancelled operation' })
    const definition = platform.find(found.name)
    if (definition === undefined) throw fail('OPERATION_INPUT', { operation: found.name })
    const again = await submit(platform, definition, found.input, caller)
    return { operation: again.operation ?? id, name: found.name, retried: id }
  },
})
