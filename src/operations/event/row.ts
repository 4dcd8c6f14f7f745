import { z } from 'zod'
import { findTenant } from '../../catalog/tenants.js'
import { EVENT_TYPES } from '../../engine/event-names.js'
import type { Caller } from '../../engine/operation.js'
import type { Platform } from '../../engine/platform.js'
import { uuidInput } from '../../engine/text-input.js'
import { fault } from '../../kernel/faults.js'
import { checkTenantRef, isUuid } from '../../kernel/identifiers.js'

export const eventFilter = {
  type: z
    .enum(EVENT_TYPES as [string, ...string[]])
    .optional()
    .describe('Only events of this type, such as tenant.created'),
  tenant: z.string().min(2).max(39).optional().describe('Only events about this tenant, by id or slug; by id also when it is gone'),
  operation: uuidInput('an operation').optional().describe('Only events of this operation, by its id'),
}

/**
 * The id of the tenant that a filter names. To a caller who may see one tenant only, every other is like one that does not exist. Throws
 * TENANT_NOT_FOUND, SLUG_INVALID.
 */
export async function tenantOfFilter(platform: Platform, given: string | undefined, { onlyTenant }: Caller): Promise<string | null> {
  if (given === undefined) return null
  const ref = isUuid(given) ? given : checkTenantRef(given)
  // By its id also when it is gone.
  const id = isUuid(ref) && onlyTenant === undefined ? ref : (await platform.catalog.maybe(findTenant(ref)))?.id
  if (id === undefined || (onlyTenant !== undefined && id !== onlyTenant)) throw fault('TENANT_NOT_FOUND', { tenant: ref })
  return id
}
