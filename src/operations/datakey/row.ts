import { z } from 'zod'
import { expiriesOf } from '../../catalog/backup-expiries.js'
import { copiesOf } from '../../engine/offboarding/copies.js'
import type { Session } from '../../postgres/session.js'
import type { KeyFacts } from '../../stores/key-store.js'
import type { ObjectStore } from '../../stores/object-store.js'

export const keyRow = z.object({
  tenant: z.string().describe('Its id, or the name of what the platform itself signs or keeps with it'),
  key: z.string(),
  provider: z.string().describe('What has wrapped it'),
  madeAt: z.string(),
  destroyedAt: z.string().nullable(),
})

export const describeKey = ({ tenant, key, provider, madeAt, destroyedAt }: KeyFacts): z.output<typeof keyRow> => ({
  tenant,
  key,
  provider,
  madeAt,
  destroyedAt: destroyedAt ?? null,
})

export const copyRow = z.object({
  archive: z.string(),
  store: z.string(),
  bytes: z.number(),
  key: z.string().nullable().describe('The data key that it was written with'),
  standing: z
    .enum(['encrypted', 'clear', 'incomplete', 'damaged'])
    .describe('clear: no key protects it; incomplete: without a manifest; damaged: the manifest is not whole'),
})

/** With what the catalog knows of it. */
export const listedCopyRow = copyRow.extend({
  keptAt: z.date().nullable(),
  expiresAt: z.date().nullable().describe('When it goes by itself; null: never, or nobody knows'),
})

/** Every copy, with what the catalog says of its archive. */
export async function listCopies(
  catalog: Session,
  stores: readonly ObjectStore[],
  tenant: string,
): Promise<z.output<typeof listedCopyRow>[]> {
  const known = new Map((await catalog.rows(expiriesOf(tenant))).map((one) => [one.archive, one]))
  return (await copiesOf(stores, tenant)).map((copy) => {
    const { keptAt = null, expiresAt = null } = known.get(copy.archive) ?? {}
    return { ...copy, keptAt, expiresAt }
  })
}

/** When the last copy is gone by itself. */
export function lastOf(copies: readonly z.output<typeof listedCopyRow>[]): string {
  if (copies.length === 0) return 'there is no archive'
  const endless = copies.filter(({ expiresAt }) => expiresAt === null).length
  if (endless > 0) return `${endless} of them never go by themselves`
  const last = copies.reduce((a, b) => (a.expiresAt! > b.expiresAt! ? a : b))
  return `the last of them goes by itself at ${last.expiresAt!.toISOString()}`
}

/** A tenant that is there, or was purged. */
export const ownerRef = z.string().min(2).max(39).describe('Tenant id or slug, also of one that was purged')
