import { z } from 'zod'
import { prunableBackups } from '../../catalog/backup-policies.js'
import { clearLeft, clearOrphans } from '../../engine/backup/clear-left.js'
import { pruneBackups } from '../../engine/backup/prune.js'
import { assertTenantEver } from '../../engine/backup/tenant-ever.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { humanBytes } from '../../kernel/amounts.js'
import { counted } from '../../kernel/counted.js'

const input = z.strictObject({
  tenant: z.string().min(2).max(39).optional().describe('Only those of this tenant: its id, or a slug that it has or had'),
  dryRun: z.boolean().default(false).describe('Only show which would go'),
  background: z.boolean().default(false).describe('Hand it to the workers'),
})

interface Memory extends Record<string, unknown> {
  readonly pruned?: { readonly backups: number; readonly bytes: number }
  readonly cleared?: number
}
type Context = StepContext<z.output<typeof input>, Memory>

// More than anybody reads.
const MOST_SHOWN = 1_000

export const pruneAll = operation({
  kind: 'steps',
  name: 'backup.prune',
  summary:
    'Remove backups whose time is over or that a policy keeps newer ones of; never without a newer verified one, never under legal hold.',
  effect: 'change',
  input,
  output: z.object({
    backups: z.number(),
    bytes: z.number().describe('Of one place'),
    cleared: z.number().describe('Left half-written by processes that died'),
    dryRun: z.boolean(),
    data: z.array(z.object({ id: z.string(), of: z.string(), bytes: z.number().nullable() })).describe('With dryRun: which'),
  }),
  faults: ['TENANT_NOT_FOUND', 'TENANT_AMBIGUOUS', 'SLUG_INVALID', 'FLEET_PARTIAL', 'OPERATION_PAUSED'],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/backups/prune',
  words: {
    says: ({ backups, bytes, cleared, dryRun, data }) =>
      [
        `${dryRun ? 'would remove' : 'removed'} ${counted(backups, 'backup')}, ${humanBytes(bytes)}${cleared === 0 ? '' : `; cleared away ${cleared} half-written`}`,
        ...data.map(({ id, of }) => `  ${id} of ${of}`),
      ].join('\n'),
  },
  pausable: true,
  background: ({ background, dryRun }) => background && !dryRun,
  async accept({ tx }, { tenant, dryRun }) {
    if (tenant !== undefined) await assertTenantEver(tx, tenant)
    if (!dryRun) return { memory: {} as Memory }
    const found = await tx.rows(prunableBackups(tenant ?? null, MOST_SHOWN))
    const bytes = found.reduce((sum, one) => sum + (one.bytes ?? 0), 0)
    const data = found.map((one) => ({ id: one.id, of: one.slug, bytes: one.bytes }))
    return { done: { backups: found.length, bytes, cleared: 0, dryRun, data } }
  },
  steps: [
    {
      name: 'remove',
      act: async (context: Context) => ({
        pruned: await pruneBackups(context, {
          tenant: context.input.tenant ?? null,
          atBorder: (key, border) => context.platform.failpoint(`backup.prune/remove[${key}]:${border}`),
        }),
      }),
    },
    {
      name: 'clear',
      act: async ({ platform }: Context) => ({ cleared: (await clearLeft(platform)) + (await clearOrphans(platform)) }),
    },
  ],
  result: async ({ memory: { pruned, cleared = 0 } }) => ({ backups: 0, bytes: 0, ...pruned, cleared, dryRun: false, data: [] }),
})
