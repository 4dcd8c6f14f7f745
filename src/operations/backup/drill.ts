import { z } from 'zod'
import { type Backup, backupById } from '../../catalog/backups.js'
import { backupsByIds, coverage, randomBackups } from '../../catalog/protection.js'
import { findTenant } from '../../catalog/tenants.js'
import { assertProvable, proveBackup } from '../../engine/backup/prove.js'
import { assertTenantEver } from '../../engine/backup/tenant-ever.js'
import { workThroughItems } from '../../engine/items.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { counted } from '../../kernel/counted.js'
import { humanDuration } from '../../kernel/durations.js'
import { checkId, checkTenantRef } from '../../kernel/identifiers.js'
import { CHOSEN_FAULTS } from './chosen.js'
import { backupId } from './row.js'

const input = z
  .strictObject({
    backup: backupId.optional().describe('This one (default: the newest ones of tenants chosen at random)'),
    tenant: z.string().min(2).max(39).optional().describe('The newest one of this tenant: its id, or a slug that it has or had'),
    count: z.coerce.number().int().min(1).max(1_000).default(1).describe('How many tenants'),
    parallel: z.coerce.number().int().min(1).max(16).default(1).describe('Backups at once'),
    background: z.boolean().default(false).describe('Hand it to the workers'),
  })
  .refine(({ backup, tenant }) => backup === undefined || tenant === undefined, 'say one of a backup and --tenant')

interface Memory extends Record<string, unknown> {
  readonly backups: readonly string[]
  readonly proven?: number
  readonly rows?: number
  readonly slowestMs?: number
}
type Context = StepContext<z.output<typeof input>, Memory>

export const drillBackups = operation({
  kind: 'steps',
  name: 'backup.drill',
  summary: 'Prove that backups can be restored: restore some of tenants chosen at random beside them, compare, and drop them again.',
  effect: 'change',
  input,
  output: z.object({
    proven: z.number().describe('Backups that were restored and found equal, now'),
    rows: z.number(),
    slowestMs: z.number().describe('How long the slowest took'),
    tenants: z.number().describe('Of the fleet'),
    provenTenants: z.number().describe('Of the fleet, of which a backup that is kept was ever restored and found equal'),
    provenSince: z.date().nullable().describe('The oldest of their last proofs'),
  }),
  faults: CHOSEN_FAULTS,
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/backups/drill',
  startsOthers: true,
  words: {
    positionals: ['backup'],
    says: ({ proven, rows, slowestMs, tenants, provenTenants, provenSince }) => {
      const share = tenants === 0 ? 0 : Math.floor((provenTenants * 100) / tenants)
      const since = provenSince === null ? '' : `, none longer ago than ${provenSince.toISOString()}`
      return [
        proven === 0
          ? 'no backups to restore'
          : `${counted(proven, 'backup')} restored and found equal: ${counted(rows, 'row')}, the slowest in ${humanDuration(slowestMs)}`,
        `proven restorable: ${provenTenants} of ${counted(tenants, 'tenant')} (${share} %)${since}`,
      ].join('\n')
    },
  },
  pausable: true,
  background: ({ background }) => background,
  async accept({ tx, fail }, { backup: id, tenant, count }): Promise<{ memory: Memory }> {
    if (id === undefined) {
      const found = await tx.rows(randomBackups({ tenant: tenant === undefined ? null : checkTenantRef(tenant), count }))
      if (tenant !== undefined && found.length === 0) {
        const there = await tx.maybe(findTenant(tenant))
        if (there !== undefined && there.heldFor !== null) throw fail('TENANT_HELD', { tenant, reason: there.heldFor })
        await assertTenantEver(tx, tenant)
        throw fail('BACKUP_NOT_FOUND', { backup: `of ${tenant}` })
      }
      return { memory: { backups: found.map((one) => one.id) } }
    }
    const backup = await tx.maybe(backupById(checkId(id, 'backup')))
    if (backup === undefined) throw fail('BACKUP_NOT_FOUND', { backup: id })
    if (backup.state !== 'kept' || backup.tenant === null)
      throw fail('BACKUP_STATE', {
        backup: id,
        state: backup.tenant === null ? 'of a database' : backup.state,
        wanted: 'a kept one of a tenant',
      })
    await assertProvable(tx, backup)
    return { memory: { backups: [id] } }
  },
  steps: [
    {
      name: 'restore',
      async act(context: Context) {
        const { platform, memory, input: given } = context
        const found = await platform.catalog.rows(backupsByIds(memory.backups))
        const items = new Map<string, Backup>(found.map((one) => [`${one.slug} ${one.id}`, one]))
        let [rows, slowestMs] = [0, 0]
        const { done } = await workThroughItems(
          context,
          items,
          async (backup, key) => {
            const proof = await proveBackup(context, backup)
            rows += proof.rows
            slowestMs = Math.max(slowestMs, proof.ms)
            await platform.failpoint(`backup.drill/restore[${key}]:proven`)
            return async () => {}
          },
          {
            parallel: given.parallel,
            what: 'backups',
            onItem: (done, total) => platform.progress(`${done} of ${counted(total, 'backup')} restored`),
          },
        )
        return { proven: done, rows, slowestMs }
      },
    },
  ],
  async result({ platform, memory: { proven = 0, rows = 0, slowestMs = 0 } }) {
    const fleet = await platform.catalog.one(coverage)
    return { proven, rows, slowestMs, tenants: fleet.tenants, provenTenants: fleet.proven, provenSince: fleet.provenSince }
  },
})
