import { z } from 'zod'
import { findTenant } from '../../catalog/tenants.js'
import type { Page } from '../../client/page.js'
import type { Scope } from '../../client/scope.js'
import { operation } from '../../engine/operation.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import { fileText, sql } from '../../kernel/sql.js'
import { indexesLeftOut, readPlan } from './explain-notes.js'
import { tenantRef } from './row.js'
import { auditedStatement } from './sql-audit.js'
import { SQL_FAULTS, sqlFault } from './sql-fault.js'

const MAX_LINES = 10_000
const ROLL_BACK = Symbol('roll back')

export const explainTenant = operation({
  kind: 'direct',
  answersRows: true,
  name: 'tenant.explain',
  summary: 'Show the plan of a statement as a tenant gets it; nothing of it is kept.',
  effect: 'change',
  input: z.strictObject({
    tenant: tenantRef,
    statement: z.string().min(1).max(200_000).describe('One statement: select, insert, update, delete, merge, with, values or table'),
    analyze: z.boolean().default(false).describe('Run it, and show what it really took; the transaction is rolled back'),
    write: z
      .boolean()
      .default(false)
      .describe('With --analyze: let it change data until it is rolled back; without this the scope is read-only'),
    timeout: z.coerce.number().int().min(1).max(600).default(30).describe('Seconds until the statement is cancelled'),
  }),
  output: z.object({
    tenant: z.string(),
    /** Lines, as PostgreSQL writes them. */
    plan: z.array(z.string()),
    /** What row-level security keeps the plan from. */
    notes: z.array(z.string()),
    analyzed: z.boolean(),
  }),
  faults: SQL_FAULTS,
  access: { roles: ['operator', 'fleet-admin'], stronger: { write: ['fleet-admin'] } },
  http: 'POST /v1/tenants/{tenant}/explain',
  words: {
    positionals: ['tenant', 'statement'],
    says: ({ plan, notes }) => [...plan, ...notes.map((note) => `→ ${note}`)].map((line) => line.replace(/\p{Cc}/gu, ' ')).join('\n'),
  },

  async call({ platform, caller, fail, signal }, { tenant: ref, statement, analyze, write, timeout }) {
    const tenant = await platform.catalog.maybe(findTenant(checkTenantRef(ref)))
    if (tenant === undefined) throw fail('TENANT_NOT_FOUND', { tenant: ref })
    const flags = `${analyze ? ' --analyze' : ''}${write ? ' --write' : ''}`
    // Code by nature, as in tenant.sql. EXPLAIN binds to what begins the text, and the scope looks at that word.
    const explained = fileText(statement)
    const page = async (scope: Scope, run: boolean): Promise<Page> =>
      scope.page(run ? sql`explain (analyze, buffers, verbose, settings) ${explained}` : sql`explain (verbose, settings) ${explained}`, {
        limit: MAX_LINES,
        signal,
      })
    return auditedStatement({ platform, caller }, { operation: `tenant.explain${flags}`, tenantId: tenant.id, statement }, async () => {
      let plan: readonly string[] = []
      let notes: readonly string[] = []
      try {
        await platform
          .dataPlane()
          .tenant(tenant.id)
          .transaction(
            async (scope) => {
              notes = await indexesLeftOut(scope, readPlan(await scope.explain(explained)))
              plan = (await page(scope, analyze)).rows.map(([line]) => line ?? '')
              throw ROLL_BACK
            },
            { readOnly: !(analyze && write), timeoutMs: timeout * 1_000, actor: caller.actor },
          )
      } catch (error) {
        // PostgreSQL counts from the beginning of what it was sent.
        if (error !== ROLL_BACK)
          throw sqlFault(error, { tenant: tenant.slug, statement: `explain (format json) ${statement}`, seconds: timeout })
      }
      return { tenant: tenant.slug, plan: [...plan], notes: [...notes], analyzed: analyze }
    })
  },
})
