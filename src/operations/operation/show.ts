import { z } from 'zod'
import { itemsOf, operationById, stepsOf } from '../../catalog/operations.js'
import { operation } from '../../engine/operation.js'
import type { Platform } from '../../engine/platform.js'
import { fault } from '../../kernel/faults.js'
import { describeOperation, operationDetail, operationRef } from './row.js'

export const showOperation = operation({
  kind: 'direct',
  name: 'operation.show',
  summary: 'Show one operation with its steps and items.',
  effect: 'read',
  input: z.strictObject({ operation: operationRef }),
  output: operationDetail,
  faults: ['OPERATION_NOT_FOUND'],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/operations/{operation}',
  words: { positionals: ['operation'], says: (o) => describeInWords(o) },
  call: ({ platform }, { operation: id }) => readOperation(platform, id),
})

/** Throws OPERATION_NOT_FOUND. */
export async function readOperation(platform: Platform, id: string): Promise<z.output<typeof operationDetail>> {
  const found = await platform.catalog.maybe(operationById(id))
  if (found === undefined) throw fault('OPERATION_NOT_FOUND', { operation: id })
  const [steps, items] = await Promise.all([platform.catalog.rows(stepsOf(id)), platform.catalog.rows(itemsOf(id))])
  return {
    ...describeOperation(found),
    input: { ...found.input },
    result: found.result,
    steps: steps.map(({ output: _, ...step }) => step),
    items: {
      total: items.length,
      done: items.filter((item) => item.state === 'done').length,
      failed: items.filter((item) => item.state === 'failed').map((item) => ({ item: item.item, fault: item.fault as never })),
    },
  }
}

export function describeInWords(o: z.output<typeof operationDetail>): string {
  const lines = [`${o.name} ${o.id}: ${o.state}${o.fault === null ? '' : ` (${o.fault.code}: ${o.fault.message})`}`]
  lines.push(`  by ${o.actor} at ${o.createdAt.toISOString()}${o.endedAt === null ? '' : `, ended ${o.endedAt.toISOString()}`}`)
  for (const step of o.steps)
    lines.push(`  ${step.state === 'done' ? 'done  ' : 'undone'} ${step.name} (${step.endedAt.getTime() - step.startedAt.getTime()} ms)`)
  if (o.items.total > 0) lines.push(`  items: ${o.items.done} of ${o.items.total} done, ${o.items.failed.length} failed`)
  for (const { item, fault: reason } of o.items.failed.slice(0, 10)) lines.push(`    ${item}: ${reason?.message ?? 'failed'}`)
  return lines.join('\n')
}
