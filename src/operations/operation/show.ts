import { z } from 'zod'
import { countItems, troubledItems, wavesOf } from '../../catalog/items.js'
import { operationById, stepsOf } from '../../catalog/operations.js'
import { itemSays } from '../../engine/item-says.js'
import { type Caller, operation } from '../../engine/operation.js'
import type { Platform } from '../../engine/platform.js'
import { mayReadOf, withheldFault } from '../../engine/withheld.js'
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
  call: ({ platform, caller }, { operation: id }) => readOperation(platform, id, caller),
})

/** Throws OPERATION_NOT_FOUND. */
export async function readOperation(platform: Platform, id: string, caller: Caller): Promise<z.output<typeof operationDetail>> {
  const found = await platform.catalog.maybe(operationById(id))
  if (found === undefined) throw fault('OPERATION_NOT_FOUND', { operation: id })
  const { catalog } = platform
  const [steps, counts, troubled, waves] = await Promise.all([
    catalog.rows(stepsOf(id)),
    catalog.one(countItems(id)),
    catalog.rows(troubledItems(id, MOST_SHOWN)),
    catalog.rows(wavesOf(id)),
  ])
  const { total, done, waiting, failed, skipped } = counts
  const withheld = !mayReadOf(platform, found, caller)
  return {
    ...describeOperation(found, withheld),
    withheld,
    input: withheld ? {} : { ...found.input },
    result: withheld ? null : found.result,
    waitsFor: found.waitsFor,
    steps: steps.map(({ output: _, ...step }) => step),
    waves: waves.map(({ released: _, endedMsAgo: __, ...wave }) => wave),
    items: {
      total,
      done,
      waiting,
      failedCount: failed,
      skippedCount: skipped,
      failed: troubled
        .filter(({ state }) => state === 'failed')
        .map((one) => ({
          item: one.item,
          tenant: one.tenant,
          wave: one.wave,
          fault: (withheld ? withheldFault(one.fault) : one.fault) as never,
        })),
      skipped: troubled
        .filter(({ state }) => state === 'skipped')
        .map((one) => ({ item: one.item, tenant: one.tenant, reason: one.reason })),
    },
  }
}

const MOST_SHOWN = 100
const MOST_TOLD = 10

type Detail = z.output<typeof operationDetail>

export function describeInWords(o: Detail): string {
  const lines = [`${o.name} ${o.id}: ${o.state}${o.fault === null ? '' : ` (${o.fault.code}: ${o.fault.message})`}`]
  lines.push(`  by ${o.actor} at ${o.createdAt.toISOString()}${o.endedAt === null ? '' : `, ended ${o.endedAt.toISOString()}`}`)
  for (const step of o.steps)
    lines.push(`  ${step.state === 'done' ? 'done  ' : 'undone'} ${step.name} (${step.endedAt.getTime() - step.startedAt.getTime()} ms)`)
  if (o.abandoned)
    lines.push(`  nobody has it: a worker (\`tenantry serve\`) takes it up, or you do with \`tenantry operation retry ${o.id}\``)
  if (o.waitsFor !== null) lines.push(`  waiting: ${o.waitsFor}`)
  for (const wave of o.waves)
    lines.push(`  wave ${wave.wave} (${wave.name}): ${wave.done} of ${wave.total} done, ${wave.failed} failed, ${wave.tenants} tenants`)
  const { items } = o
  if (items.total > 0)
    lines.push(`  items: ${items.done} of ${items.total} done, ${items.failedCount} failed${skippedText(items.skippedCount)}`)
  for (const { fault: reason, ...one } of items.failed.slice(0, MOST_TOLD)) lines.push(`    ${itemSays(one)}: ${failureText(reason)}`)
  if (items.failedCount > MOST_TOLD) lines.push(`    and ${items.failedCount - MOST_TOLD} more; --json shows a hundred`)
  for (const { reason, ...one } of items.skipped.slice(0, MOST_TOLD)) lines.push(`    ${itemSays(one)}: skipped, ${reason ?? ''}`)
  return lines.join('\n')
}

const skippedText = (skipped: number): string => (skipped === 0 ? '' : `, ${skipped} skipped`)

/** The message, with the state and the row that the server named. A failed migration's message has the row already, any other the state. */
function failureText(reason: Detail['fault']): string {
  if (reason === null) return 'failed'
  const { sqlstate, detail } = reason.facts
  const plain = reason.code === 'OPERATION_FAILED'
  const more = plain ? detail : sqlstate && `SQLSTATE ${sqlstate}`
  return typeof more === 'string' ? `${reason.message} (${more})` : reason.message
}
