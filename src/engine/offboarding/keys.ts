import { findTenant, lockTenant, type TenantState } from '../../catalog/tenants.js'
import { lockTombstones, tombstonesOf } from '../../catalog/tombstones.js'
import { fault } from '../../kernel/faults.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import type { Session } from '../../postgres/session.js'
import type { KeyStore } from '../../stores/key-store.js'
import { placesOf } from '../backup/places.js'
import type { Platform } from '../platform.js'

/** Whose data keys: a tenant of the catalog, or one that was purged. */
export interface KeyOwner {
  readonly id: string
  readonly slug: string
  readonly state: TenantState | 'purged'
  readonly heldFor: string | null
}

/** Throws KEYS_UNCONFIGURED. */
export function keyStoreOf(platform: Platform): KeyStore {
  const { keys } = placesOf(platform)
  if (keys === null) throw fault('KEYS_UNCONFIGURED')
  return keys
}

/** A tenant of the catalog first. Throws TENANT_NOT_FOUND, TENANT_AMBIGUOUS, SLUG_INVALID. */
export async function keyOwner(catalog: Session, ref: string, lock = false): Promise<KeyOwner> {
  const checked = checkTenantRef(ref)
  const tenant = await catalog.maybe((lock ? lockTenant : findTenant)(checked))
  if (tenant !== undefined) return { id: tenant.id, slug: tenant.slug, state: tenant.state, heldFor: tenant.heldFor }
  const stones = await catalog.rows((lock ? lockTombstones : tombstonesOf)(checked))
  if (stones.length > 1) throw fault('TENANT_AMBIGUOUS', { tenant: ref, ids: stones.map(({ id }) => id) })
  const stone = stones[0]
  if (stone === undefined) throw fault('TENANT_NOT_FOUND', { tenant: ref })
  return { id: stone.id, slug: stone.slug, state: 'purged', heldFor: stone.heldFor }
}
