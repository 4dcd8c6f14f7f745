import { z } from 'zod'
import { listKeys } from '../../catalog/keys.js'
import { operation } from '../../engine/operation.js'
import { pageFrom, pageInput, pageOf, readCursor } from '../../engine/paging.js'
import { describeKey, keyRow } from './row.js'

export const listAllKeys = operation({
  kind: 'direct',
  name: 'key.list',
  summary: 'List API keys, oldest first, without the keys themselves.',
  effect: 'read',
  input: z.strictObject(pageInput),
  output: pageOf(keyRow),
  faults: [],
  access: { roles: ['fleet-admin', 'security-auditor'] },
  http: 'GET /v1/keys',
  words: {
    says: ({ data, nextCursor }) =>
      data.length === 0
        ? 'no keys; make one with `tenantry key create NAME --role ROLE`'
        : nextCursor === null
          ? ''
          : `more: --cursor ${nextCursor}`,
    columns: ['id', 'name', 'role', 'tenant', 'hint', 'createdAt', 'expiresAt', 'revokedAt', 'lastUsedAt'],
  },
  async call({ platform }, { limit, cursor }) {
    const rows = await platform.catalog.rows(listKeys(readCursor(cursor, 'key.list'), limit + 1))
    const { data, nextCursor } = pageFrom(rows, limit, 'key.list')
    return { data: data.map((row) => describeKey(row)), nextCursor }
  },
})
