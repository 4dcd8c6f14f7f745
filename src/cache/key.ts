import { createHash } from 'node:crypto'
import type { TenantIdentity } from '../client/after-commit.js'
import { fault } from '../kernel/faults.js'
import { encodeValue } from './codec.js'

/** Where one value is kept: whose it is, under which names, and what makes it void. */
export interface Place {
  readonly tenant: TenantIdentity
  /** For whom it is loaded: `tenantry.actor()` of the scope that does it; empty for nobody. */
  readonly actor: string
  /** Of the value, as text without a delimiter in it; says nothing of what it was made from. */
  readonly entry: string
  /** Of what makes it void, in a fixed order. */
  readonly tags: readonly string[]
}

const MAX_TAGS = 32

// A digest of parts that are framed: no part can reach into another, whatever is in it. Keys are seen by everybody who can look into Redis, so what
// they were made from (an e-mail address, the values of a statement) is not in them.
const digest = (...parts: readonly unknown[]): string => createHash('sha256').update(encodeValue(parts)).digest('base64url').slice(0, 32)

/** The tenant, and who acts, come from the handle, never from `key`. Throws CACHE_KEY_INVALID. */
export function placeOf(
  tenant: TenantIdentity,
  { actor, kind, key, tags, codec }: Pick<Place, 'actor'> & { kind: string; key: unknown; tags: readonly string[]; codec: string },
): Place {
  const names = [...new Set(checkTags(tags))].sort()
  return {
    tenant,
    actor,
    entry: digest('entry', tenant.id, tenant.epoch, tenant.version, actor, kind, codec, keyParts(key), names),
    tags: names.map((name) => tagOf(tenant, name)),
  }
}

export const tagOf = (tenant: Pick<TenantIdentity, 'id'>, name: string): string => digest('tag', tenant.id, name)

/** Throws CACHE_KEY_INVALID. */
export function checkTags(tags: readonly string[]): readonly string[] {
  if (!Array.isArray(tags)) throw fault('CACHE_KEY_INVALID', { reason: 'tags are a list of texts' })
  if (tags.length > MAX_TAGS) throw fault('CACHE_KEY_INVALID', { reason: `it has ${tags.length} tags, and ${MAX_TAGS} are the most` })
  for (const name of tags) {
    if (typeof name !== 'string' || name === '') throw fault('CACHE_KEY_INVALID', { reason: 'a tag is a text that is not empty' })
  }
  return tags
}

function keyParts(key: unknown): unknown {
  if (key === undefined || (Array.isArray(key) && key.includes(undefined))) {
    throw fault('CACHE_KEY_INVALID', { reason: 'a part of it is undefined, so different questions would have one answer' })
  }
  return key
}
