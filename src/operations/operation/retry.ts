import { z } from 'zod'
import { operationById } from '../../catalog/operations.js'
import { operation } from '../../engine/operation.js'
import { reopen } from '../../engine/operation-life.js'
import { submit } from '../../engine/submit.js'
import { background, operationRef } from './row.js'

export const retryOperation = operation({
  kind: 'direct',
  name: 'operation.retry',
  summary:
    'Take up the failed items of an operation again, go on with one that nobody has any more, or start a failed or cancelled one anew; what is done already is not done again.',
  effect: 'change',
  input: z.strictObject({ operation: operationRef, background }),
  output: z.object({ operation: z.string(), name: z.string(), retried: z.string(), background: z.boolean() }),
  faults: [
    'OPERATION_NOT_FOUND',
    'OPERATION_STATE',
    'OPERATION_INPUT',
    'MIGRATIONS_OVERLAP',
    'OPERATION_PAUSED',
    'OPERATION_UNSURE',
    'FLEET_PARTIAL',
  ],
  // It could start anything: so only for those who may start everything.
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/operations/{operation}/retry',
  words: {
    positionals: ['operation'],
    says: (o) =>
      o.background
        ? `${o.name} ${o.operation} goes on in the next worker that looks; follow it with \`tenantry operation watch ${o.operation}\``
        : `${o.name} has been done by operation ${o.operation}`,
  },
  async call({ platform, caller, fail }, { operation: id, background: aside }) {
    const reopened = await reopen(platform, id, 'retry', caller, aside)
    if (reopened !== undefined) return { operation: id, retried: id, ...reopened }
    const found = await platform.catalog.one(operationById(id))
    const definition = platform.find(found.name)
    if (definition === undefined) throw fail('OPERATION_INPUT', { operation: found.name })
    const again = await submit(platform, definition, found.input, caller, { detach: aside })
    return { operation: again.operation ?? id, name: found.name, retried: id, background: again.output === undefined }
  },
})
