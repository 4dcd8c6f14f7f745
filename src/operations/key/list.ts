import { z } from 'zod'
import { listKeys } from '../../catalog/keys.js'
import { operation } from '../../engine/operation.js'
import { describeKey, keyRow } from './row.js'

export const listAllKeys = operation({
  kind: 'direct',
  name: 'key.list',
  summary: 'List API keys, without the keys themselves.',
  effect: 'read',
  input: z.strictObject({}),
  output: z.object({ data: z.array(keyRow) }),
  faults: [],
  access: { roles: ['fleet-admin', 'security-auditor'] },
  http: 'GET /v1/keys',
  words: {
    says: ({ data }) => (data.length === 0 ? 'no keys; make one with `tenantry key create NAME --role ROLE`' : ''),
    columns: ['id', 'name', 'role', 'tenant', 'hint', 'createdAt', 'expiresAt', 'revokedAt', 'lastUsedAt'],
  },
  call: async ({ platform }) => ({ data: (await platform.catalog.rows(listKeys)).map(describeKey) }),
})
