import { z } from 'zod'
import { revokeKey } from '../../catalog/keys.js'
import { operation } from '../../engine/operation.js'
import { uuidInput } from '../../engine/text-input.js'
import { describeKey, keyRow } from './row.js'

export const revokeApiKey = operation({
  kind: 'change',
  name: 'key.revoke',
  summary: 'Refuse an API key from now on.',
  effect: 'change',
  input: z.strictObject({
    key: uuidInput('a key, not the key').describe('Id of the key'),
  }),
  output: keyRow,
  faults: ['KEY_NOT_FOUND'],
  access: { roles: ['fleet-admin'] },
  http: 'DELETE /v1/keys/{key}',
  words: { positionals: ['key'], says: (k) => `key "${k.name}" (${k.hint}) is revoked` },
  async change({ tx, fail }, { key }) {
    const row = await tx.maybe(revokeKey(key))
    if (row === undefined) throw fail('KEY_NOT_FOUND', { key })
    return { output: describeKey(row) }
  },
})
