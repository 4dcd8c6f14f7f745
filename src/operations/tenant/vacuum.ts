import { z } from 'zod'
import { sharersOf } from '../../catalog/homes.js'
import { lockTenant } from '../../catalog/tenants.js'
import { lookAtTables } from '../../engine/home-tables.js'
import { workThroughItems } from '../../engine/items.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { type Placed, placed } from '../../engine/repointing.js'
import { visit } from '../../engine/visit.js'
import { vacuumTable } from '../../isolation/collect/home-tables.js'
import { humanBytes } from '../../kernel/amounts.js'
import { counted } from '../../kernel/counted.js'
import { fault } from '../../kernel/faults.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import { sqlstate } from '../../postgres/errors.js'
import { tenantRef } from './row.js'

const MOST_NAMED = 20
// Whoever waits for its lock keeps others from altering the table.
const LOCK_MS = 1_000

const input = z.strictObject({
  tenant: tenantRef,
  analyze: z.boolean().default(true).describe('Have the planner look at the tables anew as well'),
  parallel: z.coerce.number().int().min(1).max(16).default(1).describe('Tables at once'),
  background: z.boolean().default(false).describe('Hand it to the workers'),
})

interface Total {
  readonly dead: number
  readonly bytes: number
}

interface Memory extends Record<string, unknown> {
  readonly slug: string
  readonly home: Placed
  readonly others: number
  readonly sharers: readonly string[]
  readonly before?: Total
  readonly after?: Total
  readonly tables?: number
}
type Context = StepContext<z.output<typeof input>, Memory>

export const vacuumTenant = operation({
  kind: 'steps',
  name: 'tenant.vacuum',
  summary: 'Clear away dead rows in the tables of the home of a tenant, table by table, while everybody goes on.',
  effect: 'change',
  input,
  output: z.object({
    tenant: z.string(),
    tables: z.number().describe('That were vacuumed'),
    others: z.number().describe('Tenants in the same tables, whose dead rows went as well'),
    sharers: z.array(z.string()).describe(`Their slugs, the first ${MOST_NAMED}`),
    deadBefore: z.number().describe('Dead versions of rows, estimated'),
    deadAfter: z.number().describe('Those that somebody may still see, or that came meanwhile'),
    bytesBefore: z.number(),
    bytesAfter: z.number().describe('Room is kept for new rows, and only given back at the end of a table'),
  }),
  faults: ['TENANT_NOT_FOUND', 'TENANT_STATE', 'SLUG_INVALID', 'TABLE_BUSY', 'FLEET_PARTIAL', 'OPERATION_PAUSED', 'SERVER_UNREACHABLE'],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/tenants/{tenant}/vacuum',
  words: {
    positionals: ['tenant'],
    negated: { analyze: 'Leave the statistics of the planner as they are' },
    says: ({ tenant, tables, others, sharers, deadBefore, deadAfter, bytesBefore, bytesAfter }) =>
      [
        `${counted(tables, 'table')} of ${tenant} vacuumed: about ${deadBefore} dead rows before, ${deadAfter} after; ${humanBytes(bytesBefore)} before, ${humanBytes(bytesAfter)} after`,
        ...(others === 0
          ? []
          : [
              `the tables are shared with ${counted(others, 'other tenant')}: ${sharers.join(', ')}${others > sharers.length ? ', …' : ''}`,
            ]),
      ].join('\n'),
  },
  pausable: true,
  background: ({ background }) => background,
  async accept({ tx, fail }, { tenant: ref }) {
    const tenant = await tx.maybe(lockTenant(checkTenantRef(ref)))
    if (tenant === undefined) throw fail('TENANT_NOT_FOUND', { tenant: ref })
    if (tenant.state === 'creating' || tenant.state === 'purging')
      throw fail('TENANT_STATE', { tenant: ref, state: tenant.state, wanted: 'a settled tenant' })
    const { others, slugs } = await tx.one(sharersOf(tenant.home, tenant.id, MOST_NAMED))
    const memory: Memory = { slug: tenant.slug, home: await placed(tx, tenant.home), others, sharers: slugs }
    return { memory, subject: tenant.id }
  },
  steps: [
    { name: 'look', act: async (context: Context) => ({ before: await totalOf(context) }) },
    { name: 'vacuum', act: vacuumAll },
    { name: 'compare', act: async (context: Context) => ({ after: await totalOf(context) }) },
  ],
  result: async ({ memory: { slug, others, sharers, tables, before, after } }) => ({
    ...{ tenant: slug, tables: tables!, others, sharers: [...sharers] },
    ...{ deadBefore: before!.dead, deadAfter: after!.dead, bytesBefore: before!.bytes, bytesAfter: after!.bytes },
  }),
})

async function totalOf({ platform, memory }: Context): Promise<Total> {
  const tables = await lookAtTables(platform, memory.home)
  return {
    dead: tables.reduce((sum, { dead }) => sum + dead, 0),
    bytes: tables.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
  }
}

async function vacuumAll(context: Context): Promise<Partial<Memory>> {
  const { platform, memory, input: given } = context
  const { adminRef, database, home } = memory.home
  const items = new Map((await lookAtTables(platform, memory.home)).map(({ table }) => [`${home.schema}.${table}`, table]))
  // As the owner from the beginning of the session: outside of a transaction nothing else could hold the role.
  const settings = { role: platform.names.owner, lock_timeout: `${LOCK_MS}ms` }
  const { done } = await workThroughItems(
    context,
    items,
    async (table, key) => {
      await visit(platform, { adminRef, name: database.name }, (session) => session.run(vacuumTable(home.schema, table, given.analyze)), {
        settings,
      }).catch((error: unknown) => {
        if (sqlstate(error) === '55P03') throw fault('TABLE_BUSY', { table: key, waitedMs: LOCK_MS }, { cause: error })
        // Dropped since it was listed.
        if (sqlstate(error) !== '42P01') throw error
      })
      return async () => {}
    },
    {
      parallel: given.parallel,
      what: 'tables',
      rounds: 1,
      onItem: (finished, total) => platform.progress(`${finished} of ${total} tables`),
    },
  )
  return { tables: done }
}
