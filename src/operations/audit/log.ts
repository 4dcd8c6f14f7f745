import { z } from 'zod'
import { type AuditFilter, type AuditRow, listAudit } from '../../catalog/audit.js'
import { findTenant } from '../../catalog/tenants.js'
import { operation } from '../../engine/operation.js'
import { pageFrom, pageInput, pageOf, readCursor } from '../../engine/paging.js'
import { isDay, isDuration, milliseconds } from '../../kernel/durations.js'
import { checkTenantRef, isUuid } from '../../kernel/identifiers.js'

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

const MOMENT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d))?$/

export const auditLog = operation({
  kind: 'direct',
  name: 'audit.log',
  summary: 'Show who changed what, or was refused, newest first.',
  effect: 'read',
  input: z.strictObject({
    tenant: z.string().min(2).max(39).optional().describe('Only entries about this tenant, by id or slug; by id also when it is gone'),
    operation: z.string().min(1).max(63).optional().describe('Only entries of this operation, such as tenant.suspend'),
    actor: z.string().min(1).max(200).optional().describe('Only entries of this actor, such as key:ID or cli:NAME'),
    since: z
      .string()
      .refine((text) => isDuration(text) || isMoment(text), 'must be a duration such as 24h, or a moment such as 2026-11-21T08:00:00Z')
      .optional()
      .describe('Only entries since then: 24h, 7d, 2026-11-21 or 2026-11-21T08:00:00Z'),
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
  async call({ platform, fail }, given) {
    const tenant = given.tenant === undefined || isUuid(given.tenant) ? given.tenant : checkTenantRef(given.tenant)
    const found = tenant === undefined || isUuid(tenant) ? undefined : await platform.catalog.maybe(findTenant(tenant))
    if (tenant !== undefined && !isUuid(tenant) && found === undefined) throw fail('TENANT_NOT_FOUND', { tenant })
    const rows = await platform.catalog.rows(
      listAudit({
        tenant: found?.id ?? tenant ?? null,
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

const isMoment = (text: string): boolean => MOMENT.test(text) && isDay(text.slice(0, 10)) && !Number.isNaN(Date.parse(text))

function sinceOf(text: string | undefined): AuditFilter['since'] {
  if (text === undefined) return null
  return isDuration(text) ? { secondsAgo: milliseconds(text) / 1_000 } : { at: new Date(text).toISOString() }
}

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
