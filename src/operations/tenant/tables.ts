import { z } from 'zod'
import { sharersOf } from '../../catalog/homes.js'
import { findTenant } from '../../catalog/tenants.js'
import { lookAtTables } from '../../engine/home-tables.js'
import { operation } from '../../engine/operation.js'
import type { Platform } from '../../engine/platform.js'
import { placed } from '../../engine/repointing.js'
import { counted } from '../../kernel/counted.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import { ident, sql } from '../../kernel/sql.js'
import { sqlstate } from '../../postgres/errors.js'
import { tenantRef } from './row.js'
import { IN_SCOPE_FAULTS } from './sql-audit.js'
import { sqlFault } from './sql-fault.js'

export const listTables = operation({
  kind: 'direct',
  name: 'tenant.tables',
  summary: 'List the tables of the home of a tenant, with estimated rows and sizes; or count its own rows.',
  effect: 'read',
  input: z.strictObject({
    tenant: tenantRef,
    count: z.boolean().default(false).describe("Count the tenant's own rows, in a scope of it: every table is read"),
    timeout: z.coerce.number().int().min(1).max(600).default(30).describe('Seconds until the count of one table is cancelled'),
  }),
  output: z.object({
    tenant: z.string(),
    schema: z.string(),
    others: z.number().nullable().describe('Tenants in the same tables, whose rows are in these figures too; not told to a tenant-admin'),
    data: z.array(
      z.object({
        table: z.string(),
        rows: z.number().nullable().describe('Estimated, of all tenants in it; null: not told to a tenant-admin of a shared home'),
        dead: z.number().nullable().describe('Versions of rows that a vacuum would clear away, estimated'),
        bytes: z.number().nullable().describe('With indexes; null: somebody has it locked, or as for rows'),
        counted: z.number().nullable().describe("The tenant's own rows; null: not asked for, or it may not read the table"),
        vacuumedAt: z.date().nullable().describe('The last time, by hand or by itself'),
        analyzedAt: z.date().nullable(),
      }),
    ),
  }),
  faults: ['TENANT_STATE', 'SCOPE_CANCELLED', 'SQL_FAILED', 'SQL_TIMEOUT', 'SQL_READ_ONLY', ...IN_SCOPE_FAULTS],
  access: {
    roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor', 'tenant-admin'],
    stronger: { count: ['operator', 'fleet-admin', 'tenant-admin'] },
    tenant: 'tenant',
  },
  http: 'GET /v1/tenants/{tenant}/tables',
  words: {
    positionals: ['tenant'],
    columns: ['table', 'rows', 'dead', 'bytes', 'counted', 'vacuumedAt', 'analyzedAt'],
    says: ({ data, schema, others }) =>
      `${counted(data.length, 'table')} in ${schema}${others === null || others === 0 ? '' : `, shared with ${counted(others, 'other tenant')}: rows and sizes are of all of them`}`,
  },
  async call({ platform, caller, fail, signal }, { tenant: ref, count, timeout }) {
    const { catalog } = platform
    const tenant = await catalog.maybe(findTenant(checkTenantRef(ref)))
    if (tenant === undefined) throw fail('TENANT_NOT_FOUND', { tenant: ref })
    if (tenant.state === 'creating')
      throw fail('TENANT_STATE', { tenant: ref, state: tenant.state, wanted: 'a tenant that has been created' })
    const tables = await lookAtTables(platform, await placed(catalog, tenant.home), signal)
    const { others } = await catalog.one(sharersOf(tenant.home, tenant.id, 0))
    // What others have in the same tables is nobody's business who may see one tenant only.
    const hidden = caller.onlyTenant !== undefined && tenant.isolation === 'shared'
    const countOf = counterIn(platform, { tenant, actor: caller.actor, seconds: timeout, signal })
    const data = []
    for (const { table, rows, dead, bytes, vacuumedAt, analyzedAt } of tables) {
      const own = count ? await countOf(table) : null
      data.push({
        table,
        ...(hidden ? { rows: null, dead: null, bytes: null } : { rows, dead, bytes }),
        counted: own,
        vacuumedAt,
        analyzedAt,
      })
    }
    return { tenant: tenant.slug, schema: tenant.schema, others: caller.onlyTenant === undefined ? others : null, data }
  },
})

interface Counting {
  readonly tenant: { readonly id: string; readonly slug: string; readonly schema: string }
  readonly actor: string
  readonly seconds: number
  readonly signal: AbortSignal | undefined
}

/** Each table in a scope of its own: what a tenant may not read costs no other its count, and nothing is locked for longer than it takes. */
const counterIn =
  (platform: Platform, { tenant, actor, seconds, signal }: Counting) =>
  async (table: string): Promise<number | null> => {
    const statement = sql<{ n: string }>`select count(*)::text as n from ${ident(tenant.schema, table)}`
    try {
      const { rows } = await platform
        .dataPlane()
        .tenant(tenant.id)
        .transaction((scope) => scope.page(statement, { limit: 1, signal }), { readOnly: true, timeoutMs: seconds * 1_000, actor })
      return Number(rows[0]![0])
    } catch (error) {
      // Not granted to it, or dropped since.
      if (['42501', '42P01'].includes(sqlstate(error) ?? '')) return null
      throw sqlFault(error, { tenant: tenant.slug, statement: statement.text, seconds })
    }
  }
