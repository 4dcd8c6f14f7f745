import { z } from 'zod'
import type { EventRow } from '../catalog/events.js'
import { eventType } from './event-names.js'
import type { Caller } from './operation.js'

/** An event as every surface tells it, and webhooks as well. */
export const eventRow = z.object({
  id: z.string().describe('Its number: those that became visible later have greater ones'),
  time: z.date(),
  type: z.string().describe('What happened, such as tenant.created'),
  tenant: z.string().nullable().describe('Id of the tenant that it is about, if it is about one'),
  slug: z.string().nullable().describe('As the tenant was called then'),
  cluster: z.string().nullable().describe('Name of the cluster whose state has changed'),
  webhook: z.string().nullable().describe('Name of the webhook whose state has changed'),
  operation: z.string().nullable().describe('Name of the operation'),
  operationId: z.string().nullable(),
  state: z.string().describe('Of the operation, the tenant, the cluster or the webhook since then'),
  from: z.string().nullable().describe('The state before, of a tenant, a cluster or a webhook'),
  code: z.string().nullable().describe('The fault that the operation has ended with, or is taken back for'),
  actor: z.string().nullable().describe('Who began the operation; not told to a tenant-admin'),
})

export type EventFacts = z.output<typeof eventRow>

export const describeEvent = ({ subject, operationId, facts, ...row }: EventRow, caller: Pick<Caller, 'onlyTenant'>): EventFacts => ({
  id: row.id,
  time: row.time,
  type: eventType(row),
  tenant: subject,
  slug: facts.slug ?? null,
  cluster: row.source === 'cluster' ? row.name : null,
  webhook: row.source === 'webhook' ? row.name : null,
  operation: row.source === 'operation' ? row.name : null,
  operationId,
  state: row.state,
  from: facts.from ?? null,
  code: facts.code ?? null,
  actor: caller.onlyTenant === undefined ? (facts.actor ?? null) : null,
})
