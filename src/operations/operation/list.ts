import { z } from 'zod'
import { listOperations, OPERATION_STATES } from '../../catalog/operations.js'
import { operation } from '../../engine/operation.js'
import { pageFrom, pageInput, pageOf, readCursor } from '../../engine/paging.js'
import { sinceInput, sinceOf } from '../../engine/since.js'
import { tenantIdEver } from '../../engine/tenant-ever.js'
import { mayReadOf } from '../../engine/withheld.js'
import { describeOperation, operationRow } from './row.js'

const ANY_STATE = `(${OPERATION_STATES.join('|')})`
const STATES = new RegExp(`^${ANY_STATE}(,${ANY_STATE})*$`)

export const listAllOperations = operation({
  kind: 'direct',
  name: 'operation.list',
  summary: 'List operations, newest first.',
  effect: 'read',
  input: z.strictObject({
    state: z
      .string()
      .regex(STATES, `must be one of ${OPERATION_STATES.join(', ')}, or several with commas between them`)
      .optional()
      .describe(`Only operations in this state, or one of several: ${OPERATION_STATES.join(',')}`),
    name: z.string().min(1).max(63).optional().describe('Only operations of this name, such as tenant.create'),
    tenant: z.string().min(2).max(39).optional().describe('Only operations about this tenant, by id or slug; by id also when it is gone'),
    actor: z.string().min(1).max(200).optional().describe('Only operations of this actor, such as key:ID or cli:NAME'),
    since: sinceInput.optional().describe('Only operations since then: 24h, 7d, 2026-11-21 or 2026-11-21T08:00:00Z'),
    ...pageInput,
  }),
  output: pageOf(operationRow),
  faults: ['TENANT_NOT_FOUND', 'SLUG_INVALID'],
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
  async call({ platform, caller }, given) {
    const filter = {
      states: given.state?.split(','),
      name: given.name,
      actor: given.actor,
      subject: given.tenant === undefined ? undefined : await tenantIdEver(platform.catalog, given.tenant),
      since: sinceOf(given.since) ?? undefined,
    }
    const page = { after: readCursor(given.cursor, 'operation.list'), limit: given.limit + 1 }
    const rows = await platform.catalog.rows(listOperations(filter, page))
    const { data, nextCursor } = pageFrom(rows, given.limit, 'operation.list')
    return { data: data.map((row) => describeOperation(row, !mayReadOf(platform, row, caller))), nextCursor }
  },
})
