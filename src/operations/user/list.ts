import { z } from 'zod'
import { listPeople } from '../../catalog/people.js'
import { operation } from '../../engine/operation.js'
import { pageFrom, pageInput, pageOf, readCursor } from '../../engine/paging.js'
import { describeUser, userRow } from './row.js'

export const listUsers = operation({
  kind: 'direct',
  name: 'user.list',
  summary: 'List the people who may sign in, oldest first.',
  effect: 'read',
  input: z.strictObject(pageInput),
  output: pageOf(userRow),
  faults: [],
  access: { roles: ['fleet-admin', 'security-auditor'] },
  http: 'GET /v1/users',
  words: {
    says: ({ data, nextCursor }) =>
      data.length === 0
        ? 'nobody; make a link with `tenantry user invite NAME --role ROLE`'
        : nextCursor === null
          ? ''
          : `more: --cursor ${nextCursor}`,
    columns: ['name', 'shownAs', 'role', 'tenant', 'breakGlass', 'state', 'signedInAt', 'invitedUntil'],
  },
  async call({ platform }, { limit, cursor }) {
    const rows = await platform.catalog.rows(listPeople(readCursor(cursor, 'user.list'), limit + 1))
    const { data, nextCursor } = pageFrom(rows, limit, 'user.list')
    return { data: data.map((row) => describeUser(row)), nextCursor }
  },
})
