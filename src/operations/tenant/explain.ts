import { z } from 'zod'
import { findTenant } from '../../catalog/tenants.js'
import type { Page } from '../../client/page.js'
import type { Scope } from '../../client/scope.js'
import { operation } from '../../engine/operation.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import { fileText, sql } from '../../kernel/sql.js'
import { indexesLeftOut, readPlan } from './explain-notes.js'
import { planTree, readTree, treeInWords } from './explain-tree.js'
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
    tree: z.boolean().default(false).describe('Answer the plan node by node in place of lines; with --analyze a statement is run once'),
    timeout: z.coerce.number().int().min(1).max(600).default(30).describe('Seconds until the statement is cancelled'),
  }),
  output: z.object({
    tenant: z.string(),
    plan: z.array(z.string()).describe('Lines, as PostgreSQL writes them; none with tree'),
    tree: planTree.nullable().describe('With tree: the nodes of the plan, each before its children'),
    notes: z.array(z.string()).describe('What row-level security keeps the plan from'),
    analyzed: z.boolean(),
  }),
  faults: SQL_FAULTS,
  access: { roles: ['operator', 'fleet-admin'], stronger: { write: ['fleet-admin'] } },
  http: 'POST /v1/tenants/{tenant}/explain',
  words: {
    positionals: ['tenant', 'statement'],
    says: ({ plan, tree, notes }) =>
      [...plan, ...(tree ? treeInWords(tree) : []), ...notes.map((note) => `→ ${note}`)]
        .map((line) => line.replace(/\p{Cc}/gu, ' '))
        .join('\n'),
  },

  async call({ platform, caller, fail, signal }, { tenant: ref, statement, analyze, write, tree: asTree, timeout }) {
    const tenant = await platform.catalog.maybe(findTenant(checkTenantRef(ref)))
    if (tenant === undefined) throw fail('TENANT_NOT_FOUND', { tenant: ref })
    const flags = `${analyze ? ' --analyze' : ''}${write ? ' --write' : ''}`
    // Code by nature, as in tenant.sql. EXPLAIN binds to what begins the text, and the scope looks at that word.
    const explained = fileText(statement)
    const run = analyze ? sql`analyze, buffers, ` : sql``
    const form = asTree ? sql`, format json` : sql``
    const page = async (scope: Scope): Promise<Page> =>
      scope.page(sql`explain (${run}verbose, settings${form}) ${explained}`, { limit: MAX_LINES, signal })
    return auditedStatement({ platform, caller }, { operation: `tenant.explain${flags}`, tenantId: tenant.id, statement }, async () => {
      let plan: readonly string[] = []
      let tree: z.output<typeof planTree> | undefined
      let notes: readonly string[] = []
      try {
        await platform
          .dataPlane()
          .tenant(tenant.id)
          .transaction(
            async (scope) => {
              notes = await indexesLeftOut(scope, readPlan(await scope.explain(explained)))
              const lines = (await page(scope)).rows.map(([line]) => line ?? '')
              if (asTree) tree = readTree(JSON.parse(lines.join('\n')))
              else plan = lines
              throw ROLL_BACK
            },
            { readOnly: !(analyze && write), timeoutMs: timeout * 1_000, actor: caller.actor },
          )
      } catch (error) {
        // PostgreSQL counts from the beginning of what it was sent.
        if (error !== ROLL_BACK)
          throw sqlFault(error, { tenant: tenant.slug, statement: `explain (format json) ${statement}`, seconds: timeout })
      }
      return { tenant: tenant.slug, plan: [...plan], tree: tree ?? null, notes: [...notes], analyzed: analyze }
    })
  },
})
