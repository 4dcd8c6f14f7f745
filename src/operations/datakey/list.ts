import { z } from 'zod'
import { keyOwner, keyStoreOf } from '../../engine/offboarding/keys.js'
import { operation } from '../../engine/operation.js'
import { describeKey, keyRow, ownerRef } from './row.js'

export const listDataKeys = operation({
  kind: 'direct',
  name: 'datakey.list',
  summary: 'List the data keys of archives, without the keys themselves: whose, who wrapped them, and which were destroyed.',
  effect: 'read',
  input: z.strictObject({
    tenant: ownerRef.optional().describe('Only those of this tenant, by id or slug'),
    limit: z.coerce.number().int().min(1).max(10_000).default(100).describe('Keys at most'),
  }),
  output: z.object({ data: z.array(keyRow), more: z.boolean().describe('There are more than the limit') }),
  faults: ['KEYS_UNCONFIGURED', 'TENANT_NOT_FOUND', 'TENANT_AMBIGUOUS', 'SLUG_INVALID', 'STORE_UNREACHABLE'],
  access: { roles: ['fleet-admin', 'security-auditor'] },
  http: 'GET /v1/datakeys',
  words: {
    columns: ['tenant', 'key', 'provider', 'madeAt', 'destroyedAt'],
    says: ({ data, more }) =>
      data.length === 0
        ? 'no data keys; the first archive of a tenant makes one'
        : more
          ? 'there are more: name a tenant, or raise --limit'
          : '',
  },
  async call({ platform }, { tenant, limit }) {
    const keys = keyStoreOf(platform)
    const owner = tenant === undefined ? undefined : await keyOwner(platform.catalog, tenant)
    const data: z.output<typeof keyRow>[] = []
    for await (const one of keys.list(owner?.id)) {
      if (data.length === limit) return { data, more: true }
      data.push(describeKey(one))
    }
    return { data, more: false }
  },
})
