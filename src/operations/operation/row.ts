import { z } from 'zod'
import { OPERATION_STATES, type Operation } from '../../catalog/operations.js'

const storedFault = z.object({ code: z.string(), facts: z.record(z.string(), z.unknown()), message: z.string() })

export const operationRow = z.object({
  id: z.string(),
  name: z.string(),
  state: z.enum(OPERATION_STATES),
  actor: z.string(),
  subject: z.string().nullable().describe('The tenant that it is about, if it is about one'),
  fault: storedFault.nullable(),
  attempts: z.number().describe('How many workers have held it'),
  createdAt: z.date(),
  endedAt: z.date().nullable(),
})

export const operationDetail = operationRow.extend({
  input: z.record(z.string(), z.unknown()),
  result: z.unknown(),
  steps: z.array(
    z.object({ position: z.number(), name: z.string(), state: z.enum(['done', 'undone']), startedAt: z.date(), endedAt: z.date() }),
  ),
  items: z.object({ total: z.number(), done: z.number(), failed: z.array(z.object({ item: z.string(), fault: storedFault.nullable() })) }),
})

export const describeOperation = (o: Operation): z.output<typeof operationRow> => ({
  id: o.id,
  name: o.name,
  state: o.state,
  actor: o.actor,
  subject: o.subject,
  fault: o.fault as z.output<typeof operationRow>['fault'],
  attempts: o.attempts,
  createdAt: o.createdAt,
  endedAt: o.endedAt,
})

export const operationRef = z
  .string()
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'must be the id of an operation: a UUID in lower case')
  .describe('Operation id')
