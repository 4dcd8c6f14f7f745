import { z } from 'zod'
import { type AuditRow, listAudit } from '../../catalog/audit.js'
import { operation } from '../../engine/operation.js'
import { pageFrom, pageInput, pageOf, readCursor } from '../../engine/paging.js'
import { sinceInput, sinceOf } from '../../engine/since.js'
import { tenantIdEver } from '../../engine/tenant-ever.js'

const facts = z.record(z.string(), z.unknown()).nullable()

const auditRow = z.object({
  id: z.string(),
  time: z.date(),
  actor: z.string(),
  key: z.string().nullable().describe('Id of the API key that asked'),
  source: z.string(),
  operation: z.string(),
  operationId: z.string().nullable(),
  tenant: z.string().nullable(),
  outcome: z.enum(['accepted', 'succeeded', 'failed', 'refused', 'cancelled']),
  fault: z.string().nullable(),
  changed: z.string().describe('What differs between before and after, or what the watchdog did, in words'),
  inputDigest: z.string(),
  before: facts,
  after: facts,
})

export const auditLog = operation({
  kind: 'direct',
  name: 'audit.log',
  summary: 'Show who changed what, or was refused, newest first.',
  effect: 'read',
  input: z.strictObject({
    tenant: z.string().min(2).max(39).optional().describe('Only entries about this tenant, by id or slug; by id also when it is gone'),
    operation: z.string().min(1).max(63).optional().describe('Only entries of this operation, such as tenant.suspend'),
    actor: z.string().min(1).max(200).optional().describe('Only entries of this actor, such as key:ID or cli:NAME'),
    since: sinceInput.optional().describe('Only entries since then: 24h, 7d, 2026-11-21 or 2026-11-21T08:00:00Z'),
    ...pageInput,
  }),
  output: pageOf(auditRow),
  faults: ['TENANT_NOT_FOUND', 'SLUG_INVALID'],
  access: { roles: ['fleet-admin', 'security-auditor'] },
  http: 'GET /v1/audit',
  words: {
    says: ({ data, nextCursor }) => (data.length === 0 ? 'no entries' : nextCursor === null ? '' : `more: --cursor ${nextCursor}`),
    columns: ['time', 'actor', 'operation', 'tenant', 'outcome', 'fault', 'changed'],
  },
  async call({ platform }, given) {
    const rows = await platform.catalog.rows(
      listAudit({
        tenant: given.tenant === undefined ? null : await tenantIdEver(platform.catalog, given.tenant),
        operation: given.operation ?? null,
        actor: given.actor ?? null,
        since: sinceOf(given.since),
        after: readCursor(given.cursor, 'audit.log'),
        limit: given.limit + 1,
      }),
    )
    const { data, nextCursor } = pageFrom(rows, given.limit, 'audit.log')
    return { data: data.map((row) => ({ ...row, changed: changesOf(row) })), nextCursor }
  },
})

/** `slug acme -> acme-2; tier - -> gold`; nothing where only one side is known, unless that says what happened itself. */
function changesOf({ actor, before, after }: Pick<AuditRow, 'actor' | 'before' | 'after'>): string {
  if (actor === 'watchdog' && typeof after?.says === 'string') return after.says
  if (before === null || after === null) return ''
  const shown = (value: unknown): string =>
    value === null || value === undefined ? '-' : typeof value === 'string' ? value : JSON.stringify(value)
  return Object.keys(after)
    .filter((field) => Object.hasOwn(before, field) && shown(before[field]) !== shown(after[field]))
    .map((field) => `${field} ${shown(before[field])} -> ${shown(after[field])}`)
    .join('; ')
}
