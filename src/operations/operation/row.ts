import { z } from 'zod'
import { OPERATION_STATES, type Operation } from '../../catalog/operations.js'
import { uuidInput } from '../../engine/text-input.js'
import { withheldFault } from '../../engine/withheld.js'

export const storedFault = z.object({ code: z.string(), facts: z.record(z.string(), z.unknown()), message: z.string() })

export const operationRow = z.object({
  id: z.string(),
  name: z.string(),
  state: z.enum(OPERATION_STATES),
  abandoned: z.boolean().describe('It is under way, and nobody has it: a worker takes it up, or `operation retry` does'),
  actor: z.string(),
  subject: z.string().nullable().describe('The tenant that it is about, if it is about one'),
  fault: storedFault.nullable(),
  attempts: z.number().describe('How many workers have held it'),
  createdAt: z.date(),
  endedAt: z.date().nullable(),
})

export const slugOfHome = z.string().nullable().describe('Slug of the tenant whose home it is')

const itemCounts = {
  total: z.number(),
  done: z.number(),
  waiting: z.number(),
  failed: z.number(),
  skipped: z.number(),
}

export const operationDetail = operationRow.extend({
  withheld: z.boolean().describe('Input and result are left out, and what faults say: whoever asks may not look at what they tell of'),
  input: z.record(z.string(), z.unknown()),
  result: z.unknown(),
  waitsFor: z.string().nullable().describe('What its next item waits for, if it waits'),
  steps: z.array(
    z.object({ position: z.number(), name: z.string(), state: z.enum(['done', 'undone']), startedAt: z.date(), endedAt: z.date() }),
  ),
  waves: z.array(
    z.object({
      wave: z.number(),
      name: z.string(),
      tenants: z.number().describe('That its items serve'),
      ...itemCounts,
      beganAt: z.date().nullable(),
      endedAt: z.date().nullable(),
    }),
  ),
  items: z.object({
    total: z.number(),
    done: z.number(),
    waiting: z.number(),
    failedCount: z.number(),
    skippedCount: z.number(),
    failed: z
      .array(z.object({ item: z.string(), tenant: slugOfHome, wave: z.number(), fault: storedFault.nullable() }))
      .describe('The first hundred'),
    skipped: z.array(z.object({ item: z.string(), tenant: slugOfHome, reason: z.string().nullable() })).describe('The first hundred'),
  }),
})

export const background = z.boolean().default(false).describe('Answer at once; the next worker that looks goes on with it')

export const describeOperation = (o: Operation, withheld: boolean): z.output<typeof operationRow> => ({
  id: o.id,
  name: o.name,
  state: o.state,
  abandoned: o.abandoned,
  actor: o.actor,
  subject: o.subject,
  fault: (withheld ? withheldFault(o.fault) : o.fault) as z.output<typeof operationRow>['fault'],
  attempts: o.attempts,
  createdAt: o.createdAt,
  endedAt: o.endedAt,
})

export const operationRef = uuidInput('an operation').describe('Operation id')
