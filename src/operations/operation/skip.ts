import { z } from 'zod'
import { itemsNamed, skipItems } from '../../catalog/items.js'
import { operation } from '../../engine/operation.js'
import { lockedOperation, nextOf } from '../../engine/operation-life.js'
import { plainText } from '../../engine/text-input.js'
import { operationRef } from './row.js'

export const skipOperationItem = operation({
  kind: 'change',
  name: 'operation.skip',
  summary: 'Leave one item of a paused or failed operation out, with a reason.',
  effect: 'change',
  asksOthers: true,
  input: z.strictObject({
    operation: operationRef,
    item: plainText(300).describe(
      'The item as `operation show` names it, or one word of it: the schema or the id of a home, or the slug of its tenant',
    ),
    reason: plainText(200).describe('Why it is left out; shown with the operation and in the status'),
  }),
  output: z.object({ operation: z.string(), name: z.string(), item: z.string(), reason: z.string() }),
  faults: ['OPERATION_NOT_FOUND', 'OPERATION_STATE', 'ITEM_NOT_FOUND'],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/operations/{operation}/skip',
  words: {
    positionals: ['operation', 'item'],
    says: (o) =>
      `${o.item} is left out of ${o.name} ${o.operation}; go on with \`tenantry operation resume ${o.operation}\`, or \`retry\` for what failed`,
  },
  async change({ platform, tx, fail }, { operation: id, item, reason }) {
    const found = await lockedOperation(tx, id)
    nextOf(platform, found, 'skip')
    const [named, another] = await tx.rows(itemsNamed(id, item))
    const refused = (why: string) => fail('ITEM_NOT_FOUND', { operation: id, item, reason: why })
    if (named === undefined) throw refused('is not one of its items')
    if (another !== undefined) throw refused('names more than one of its items')
    if ((await tx.run(skipItems(id, [named.item], reason))) === 0) throw refused(`is ${named.state} already`)
    return { output: { operation: id, name: found.name, item: named.item, reason } }
  },
})
