import { z } from 'zod'
import { placesOf } from '../../engine/backup/places.js'
import { keyOwner, keyStoreOf } from '../../engine/offboarding/keys.js'
import { operation } from '../../engine/operation.js'
import { describeKey, keyRow, lastOf, listCopies, listedCopyRow, ownerRef } from './row.js'

export const showDataKeys = operation({
  kind: 'direct',
  name: 'datakey.show',
  summary: 'Show what the data keys of a tenant open: every copy of every archive.',
  effect: 'read',
  input: z.strictObject({ tenant: ownerRef }),
  output: z.object({
    tenant: z.string(),
    slug: z.string(),
    state: z.string().describe("The tenant's, or `purged`"),
    heldFor: z.string().nullable(),
    keys: z.array(keyRow),
    copies: z.array(listedCopyRow),
  }),
  faults: ['KEYS_UNCONFIGURED', 'TENANT_NOT_FOUND', 'TENANT_AMBIGUOUS', 'SLUG_INVALID', 'STORE_UNREACHABLE'],
  access: { roles: ['fleet-admin', 'security-auditor'] },
  http: 'GET /v1/tenants/{tenant}/datakeys',
  words: {
    positionals: ['tenant'],
    says: ({ slug, state, heldFor, keys, copies }) =>
      [
        `${slug} is ${state}${heldFor === null ? '' : `, and held: ${heldFor}`}`,
        ...keys.map(
          (k) => `key ${k.key}, wrapped by ${k.provider}, of ${k.madeAt}${k.destroyedAt === null ? '' : `, destroyed ${k.destroyedAt}`}`,
        ),
        ...copies.map(
          (c) =>
            `archive ${c.archive} in ${c.store}: ${c.bytes} bytes, ${c.standing}${c.key === null ? '' : ` with ${c.key}`}${c.expiresAt === null ? '' : `, until ${c.expiresAt.toISOString()}`}`,
        ),
        `${keys.length} keys, ${copies.length} copies of archives: ${lastOf(copies)}`,
      ].join('\n'),
  },
  async call({ platform }, { tenant }) {
    const store = keyStoreOf(platform)
    const { id, slug, state, heldFor } = await keyOwner(platform.catalog, tenant)
    const keys: z.output<typeof keyRow>[] = []
    for await (const one of store.list(id)) keys.push(describeKey(one))
    return { tenant: id, slug, state, heldFor, keys, copies: await listCopies(platform.catalog, placesOf(platform).all, id) }
  },
})
