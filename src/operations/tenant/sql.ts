import { z } from 'zod'
import { findTenant } from '../../catalog/tenants.js'
import { operation } from '../../engine/operation.js'
import { stopwatch } from '../../kernel/clock.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import { firstWord } from '../../kernel/row-statements.js'
import { fileText } from '../../kernel/sql.js'
import { tenantRef } from './row.js'
import { auditedStatement } from './sql-audit.js'
import { SQL_FAULTS, sqlFault } from './sql-fault.js'
import { asRecords, uniqueColumns } from './sql-rows.js'

const MAX_LIMIT = 100_000

// These have done all their work before the first row is answered; a select works row by row.
const WORKS_FIRST = new Set(['insert', 'update', 'delete', 'merge'])

export const sqlTenant = operation({
  kind: 'direct',
  answersRows: true,
  name: 'tenant.sql',
  summary: 'Run one SQL statement in a scope of a tenant.',
  effect: 'change',
  input: z.strictObject({
    tenant: tenantRef,
    statement: z
      .string()
      .min(1)
      .max(200_000)
      .describe('One statement: select, insert, update, delete, merge, with, values, table or explain'),
    write: z.boolean().default(false).describe('Let it change data; without this the scope is read-only'),
    limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(1_000).describe('Rows to answer at most; the server stops there'),
    timeout: z.coerce.number().int().min(1).max(600).default(30).describe('Seconds until the statement is cancelled'),
  }),
  output: z.object({
    tenant: z.string(),
    command: z.string(),
    columns: z.array(z.object({ name: z.string(), type: z.string() })),
    data: z.array(z.record(z.string(), z.unknown())),
    /** Rows that it touched or answered; null when the server stopped at the limit. */
    count: z.number().nullable(),
    more: z.boolean(),
    milliseconds: z.number(),
  }),
  faults: [...SQL_FAULTS, 'SQL_UNFINISHED'],
  access: { roles: ['operator', 'fleet-admin'], stronger: { write: ['fleet-admin'] } },
  http: 'POST /v1/tenants/{tenant}/sql',
  words: {
    positionals: ['tenant', 'statement'],
    says: ({ data, count, more, command }) =>
      more
        ? `the first ${data.length} rows; there are more`
        : command === 'insert' || command === 'update' || command === 'delete' || command === 'merge'
          ? `${command}: ${count} ${count === 1 ? 'row' : 'rows'}`
          : `${data.length} ${data.length === 1 ? 'row' : 'rows'}`,
  },

  async call({ platform, caller, fail, signal }, { tenant: ref, statement, write, limit, timeout }) {
    const tenant = await platform.catalog.maybe(findTenant(checkTenantRef(ref)))
    if (tenant === undefined) throw fail('TENANT_NOT_FOUND', { tenant: ref })
    const elapsed = stopwatch()
    const command = firstWord(statement)
    return auditedStatement(
      { platform, caller },
      { operation: write ? 'tenant.sql --write' : 'tenant.sql', tenantId: tenant.id, statement },
      async () => {
        try {
          const page = await platform
            .dataPlane()
            .tenant(tenant.id)
            .transaction(
              async (scope) => {
                // An operator's statement is code by nature: the scope is what confines it, and it takes no second statement.
                const answered = await scope.page(fileText(statement), { limit, signal })
                if (write && answered.suspended && !WORKS_FIRST.has(command)) throw fail('SQL_UNFINISHED', { limit })
                return answered
              },
              { readOnly: !write, timeoutMs: timeout * 1_000, actor: caller.actor },
            )
          const columns = uniqueColumns(page.columns)
          return {
            tenant: tenant.slug,
            command,
            columns,
            data: asRecords(columns, page.rows),
            count: page.count ?? null,
            more: page.more,
            milliseconds: Math.round(elapsed() * 10) / 10,
          }
        } catch (error) {
          throw sqlFault(error, { tenant: tenant.slug, statement, seconds: timeout })
        }
      },
    )
  },
})
