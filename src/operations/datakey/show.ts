import { z } from 'zod'
import { expiriesOf } from '../../catalog/backup-expiries.js'
import { placesOf } from '../../engine/backup/places.js'
import { copiesOf } from '../../engine/offboarding/copies.js'
import { keyOwner, keyStoreOf } from '../../engine/offboarding/keys.js'
import { operation } from '../../engine/operation.js'
import { counted } from '../../kernel/counted.js'
import type { Session } from '../../postgres/session.js'
import type { ObjectStore } from '../../stores/object-store.js'
import { copyRow, describeKey, keyRow, ownerRef } from './row.js'

/** With what the catalog knows of it. */
const listedCopyRow = copyRow.extend({
  keptAt: z.date().nullable(),
  expiresAt: z.date().nullable().describe('When it goes by itself; null: never, or nobody knows'),
})

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
        `${counted(keys.length, 'key')}, ${copies.length} copies of archives: ${lastOf(copies)}`,
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

/** Every copy, with what the catalog says of its archive. */
async function listCopies(catalog: Session, stores: readonly ObjectStore[], tenant: string): Promise<z.output<typeof listedCopyRow>[]> {
  const known = new Map((await catalog.rows(expiriesOf(tenant))).map((one) => [one.archive, one]))
  return (await copiesOf(stores, tenant)).map((copy) => {
    const { keptAt = null, expiresAt = null } = known.get(copy.archive) ?? {}
    return { ...copy, keptAt, expiresAt }
  })
}

/** When the last copy is gone by itself. */
function lastOf(copies: readonly z.output<typeof listedCopyRow>[]): string {
  if (copies.length === 0) return 'there is no archive'
  const endless = copies.filter(({ expiresAt }) => expiresAt === null).length
  if (endless > 0) return `${endless} of them never go by themselves`
  const last = copies.reduce((a, b) => (a.expiresAt! > b.expiresAt! ? a : b))
  return `the last of them goes by itself at ${last.expiresAt!.toISOString()}`
}
