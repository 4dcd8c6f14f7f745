import { z } from 'zod'
import { noteResult, operationById } from '../../catalog/operations.js'
import { findTenant } from '../../catalog/tenants.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { type Merged, type MergeNotes, mergeRows } from '../../engine/restore/merging.js'
import { counted } from '../../kernel/counted.js'
import { chooseBeside, homeRef, lockSettled } from './beside-of.js'
import { tenantResource } from './resource.js'
import { tenantRef } from './row.js'

const input = z.strictObject({
  tenant: tenantRef,
  table: z.string().min(1).max(63).describe('Name of the table, as `tenant compare` shows it'),
  home: homeRef.optional().describe('Id or schema of the home beside (default: the only one)'),
  where: z
    .array(z.string().regex(/^[^=]{1,63}=/, 'must be column=value'))
    .max(20)
    .optional()
    .describe('Only rows with this value in this column, as column=value; several may be given, and all must hold'),
  conflicts: z
    .enum(['keep', 'take'])
    .default('keep')
    .describe('Of a row that both homes have with other values: the one that is there stays, or the other one takes its place'),
  dryRun: z.boolean().default(false).describe('Write nothing, and tell what would be written'),
})

interface Memory {
  readonly [key: string]: unknown
  readonly tenant: string
  readonly home: string
  readonly merged?: Merged
}

type Context = StepContext<z.output<typeof input>, Memory>

export const mergeTable = operation({
  kind: 'steps',
  name: 'tenant.merge',
  summary: 'Bring rows of a table back from a home beside into the one that the tenant lives in.',
  effect: 'change',
  input,
  output: z.object({
    tenant: z.string(),
    table: z.string(),
    inserted: z.number(),
    updated: z.number(),
    conflicts: z
      .array(z.object({ key: z.array(z.string().nullable()), reason: z.string() }))
      .describe('Rows that were left out, by their primary keys, and why'),
  }),
  faults: [
    'TENANT_NOT_FOUND',
    'TENANT_STATE',
    'TENANT_BUSY',
    'HOME_NOT_BESIDE',
    'HOME_CHOICE',
    'TABLE_UNKNOWN',
    'MERGE_TOO_LARGE',
    'INPUT_INVALID',
    'SLUG_INVALID',
    'SERVER_UNREACHABLE',
    'OPERATION_UNSURE',
  ],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/tenants/{tenant}/merge',
  resource: tenantResource,
  words: {
    positionals: ['tenant', 'table'],
    says: (m) =>
      `${m.tenant}, table ${m.table}: ${counted(m.inserted, 'row')} inserted, ${m.updated} updated, ${m.conflicts.length} left out${m.conflicts.length === 0 ? '' : '; --json tells which, and why'}`,
  },

  async accept(context, { tenant: ref, home }) {
    const { fail } = context
    const tenant = await lockSettled(context, ref)
    if (tenant.state !== 'active') throw fail('TENANT_STATE', { tenant: ref, state: tenant.state, wanted: 'an active tenant' })
    const beside = await chooseBeside(context, tenant, home)
    if (beside.standing !== 'kept') throw fail('HOME_NOT_BESIDE', { tenant: tenant.slug, home: home ?? null })
    return { subject: tenant.id, memory: { tenant: tenant.id, home: beside.id } as Memory }
  },
  steps: [
    // From here on nobody cancels it: the rows may be in before that is recorded, and who was told that nothing happened would have them merged again.
    { name: 'begin', final: true },
    {
      name: 'merge',
      final: true,
      async act({ platform, memory, input: { table, where = [], conflicts, dryRun }, by, journal }: Context) {
        const tenant = await platform.catalog.one(findTenant(memory.tenant))
        const pairs = where.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)] as const)
        const notes: MergeNotes = {
          write: (merged) => journal((tx) => tx.run(noteResult(by.operation, merged))),
          read: async () => (await platform.catalog.one(operationById(by.operation))).result as Merged,
        }
        return { merged: await mergeRows(platform, tenant, memory.home, { table, where: pairs, conflicts, dryRun }, by, notes) }
      },
      // The note is written before the commit: without one there was none.
      unsure: async ({ platform, by }: Context) => (await platform.catalog.one(operationById(by.operation))).result !== null,
    },
  ],
  async result({ platform, memory, input: { table } }: Context) {
    const { slug } = await platform.catalog.one(findTenant(memory.tenant))
    const { inserted, updated, conflicts } = memory.merged!
    return { tenant: slug, table, inserted, updated, conflicts: conflicts.map(({ key, reason }) => ({ key: [...key], reason })) }
  },
})
