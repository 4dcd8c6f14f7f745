import { z } from 'zod'
import { keyOwner, keyStoreOf } from '../../engine/offboarding/keys.js'
import { operation } from '../../engine/operation.js'
import { type Position, pageFrom, pageInput, pageOf, readCursor } from '../../engine/paging.js'
import type { KeyFacts } from '../../stores/key-store.js'
import { describeKey, keyRow, ownerRef } from './row.js'

export const listDataKeys = operation({
  kind: 'direct',
  name: 'datakey.list',
  summary: 'List the data keys of archives, without the keys themselves: whose, who wrapped them, and which were destroyed.',
  effect: 'read',
  input: z.strictObject({
    tenant: ownerRef.optional().describe('Only those of this tenant, by id or slug'),
    ...pageInput,
  }),
  output: pageOf(keyRow),
  faults: ['KEYS_UNCONFIGURED', 'TENANT_NOT_FOUND', 'TENANT_AMBIGUOUS', 'SLUG_INVALID', 'STORE_UNREACHABLE'],
  access: { roles: ['fleet-admin', 'security-auditor'] },
  http: 'GET /v1/datakeys',
  words: {
    columns: ['tenant', 'key', 'provider', 'madeAt', 'destroyedAt'],
    says: ({ data, nextCursor }) =>
      data.length === 0
        ? 'no data keys; the first archive of a tenant makes one'
        : nextCursor === null
          ? ''
          : `more: --cursor ${nextCursor}`,
  },
  async call({ platform }, { tenant, limit, cursor }) {
    const keys = keyStoreOf(platform)
    const owner = tenant === undefined ? undefined : await keyOwner(platform.catalog, tenant)
    const after = readCursor(cursor, 'datakey.list', 'text')
    const rows: (KeyFacts & Position)[] = []
    for await (const one of keys.list(owner?.id, after === null ? undefined : { tenant: after.at, key: after.id })) {
      rows.push({ ...one, at: one.tenant, id: one.key })
      if (rows.length > limit) break
    }
    const { data, nextCursor } = pageFrom(rows, limit, 'datakey.list')
    return { data: data.map((row) => describeKey(row)), nextCursor }
  },
})
