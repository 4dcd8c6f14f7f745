import { z } from 'zod'
import { listOperations, OPERATION_STATES } from '../../catalog/operations.js'
import { operation } from '../../engine/operation.js'
import { pageFrom, pageInput, pageOf, readCursor } from '../../engine/paging.js'
import { describeOperation, operationRow } from './row.js'

export const listAllOperations = operation({
  kind: 'direct',
  name: 'operation.list',
  summary: 'List operations, newest first.',
  effect: 'read',
  input: z.strictObject({
    state: z.enum(OPERATION_STATES).optional().describe('Only operations in this state'),
    name: z.string().min(1).max(63).optional().describe('Only operations of this name, such as tenant.create'),
    ...pageInput,
  }),
  output: pageOf(operationRow),
  faults: [],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/operations',
  words: {
    says: ({ data, nextCursor }) =>
      [
        ...(data.length === 0 ? ['no operations'] : []),
        ...data
          .filter(({ abandoned }) => abandoned)
          .map(
            ({ id }) => `nobody has ${id}: a worker (\`tenantry serve\`) takes it up, or you do with \`tenantry operation retry ${id}\``,
          ),
        ...(nextCursor === null ? [] : [`more: --cursor ${nextCursor}`]),
      ].join('\n'),
    columns: ['id', 'name', 'state', 'actor', 'createdAt', 'endedAt'],
  },
  async call({ platform }, given) {
    const rows = await platform.catalog.rows(
      listOperations({
        state: given.state ?? null,
        name: given.name ?? null,
        subject: null,
        after: readCursor(given.cursor, 'operation.list'),
        limit: given.limit + 1,
      }),
    )
    const { data, nextCursor } = pageFrom(rows, given.limit, 'operation.list')
    return { data: data.map((row) => describeOperation(row)), nextCursor }
  },
})
