import { z } from 'zod'
import type { EventRow } from '../../catalog/events.js'
import { findTenant } from '../../catalog/tenants.js'
import { EVENT_TYPES, eventType } from '../../engine/event-names.js'
import type { Caller } from '../../engine/operation.js'
import type { Platform } from '../../engine/platform.js'
import { fault } from '../../kernel/faults.js'
import { checkTenantRef, isUuid } from '../../kernel/identifiers.js'

export const eventRow = z.object({
  id: z.string().describe('Its number: those that became visible later have greater ones'),
  time: z.date(),
  type: z.string().describe('What happened, such as tenant.created'),
  tenant: z.string().nullable().describe('Id of the tenant that it is about, if it is about one'),
  slug: z.string().nullable().describe('As the tenant was called then'),
  cluster: z.string().nullable().describe('Name of the cluster whose state has changed'),
  operation: z.string().nullable().describe('Name of the operation'),
  operationId: z.string().nullable(),
  state: z.string().describe('Of the operation, the tenant or the cluster since then'),
  from: z.string().nullable().describe('The state before, of a tenant or a cluster'),
  code: z.string().nullable().describe('The fault that the operation has ended with, or is taken back for'),
  actor: z.string().nullable().describe('Who began the operation; not told to a tenant-admin'),
})

export const eventFilter = {
  type: z
    .enum(EVENT_TYPES as [string, ...string[]])
    .optional()
    .describe('Only events of this type, such as tenant.created'),
  tenant: z.string().min(2).max(39).optional().describe('Only events about this tenant, by id or slug; by id also when it is gone'),
  operation: z
    .string()
    .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'must be the id of an operation: a UUID in lower case')
    .optional()
    .describe('Only events of this operation, by its id'),
}

export type EventFacts = z.output<typeof eventRow>

export const describeEvent = ({ subject, operationId, facts, ...row }: EventRow, caller: Pick<Caller, 'onlyTenant'>): EventFacts => ({
  id: row.id,
  time: row.time,
  type: eventType(row),
  tenant: subject,
  slug: facts.slug ?? null,
  cluster: row.source === 'cluster' ? row.name : null,
  operation: row.source === 'operation' ? row.name : null,
  operationId,
  state: row.state,
  from: facts.from ?? null,
  code: facts.code ?? null,
  actor: caller.onlyTenant === undefined ? (facts.actor ?? null) : null,
})

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
