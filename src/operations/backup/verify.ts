import { z } from 'zod'
import { type Backup, backupById } from '../../catalog/backups.js'
import { backupsToVerify, tenantToProve } from '../../catalog/protection.js'
import { assertProvable, proveBackup } from '../../engine/backup/prove.js'
import { tellOfAll } from '../../engine/backup/telling.js'
import { assertTenantEver } from '../../engine/backup/tenant-ever.js'
import { type Verified, verifyBackup } from '../../engine/backup/verify.js'
import { workThroughItems } from '../../engine/items.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { RESTORING_FAULTS } from '../../engine/restore/reserving.js'
import { humanBytes } from '../../kernel/amounts.js'
import { counted } from '../../kernel/counted.js'
import { fault } from '../../kernel/faults.js'
import { checkId } from '../../kernel/identifiers.js'
import { CHOSEN_FAULTS } from './chosen.js'
import { backupId } from './row.js'

const input = z
  .strictObject({
    backup: backupId.optional(),
    tenant: z.string().min(2).max(39).optional().describe('Every backup of this tenant: its id, or a slug that it has or had'),
    unverified: z.boolean().default(false).describe('Every backup that was never verified, or was found damaged'),
    all: z.boolean().default(false).describe('Every backup'),
    restore: z
      .boolean()
      .default(false)
      .describe('Restore each whose tenant is there and not held as well, beside it, compare, and drop it again, as `backup drill` does'),
    parallel: z.coerce.number().int().min(1).max(16).default(2).describe('Backups at once'),
    background: z.boolean().default(false).describe('Hand it to the workers'),
  })
  .refine(
    (given) => [given.backup !== undefined, given.tenant !== undefined, given.unverified, given.all].filter(Boolean).length === 1,
    'say which: one of a backup, --tenant, --unverified and --all',
  )

interface Memory extends Record<string, unknown> {
  readonly backups?: number
  readonly rows?: number
  readonly bytes?: number
  readonly places?: readonly string[]
}
type Context = StepContext<z.output<typeof input>, Memory>

export const verifyBackups = operation({
  kind: 'steps',
  name: 'backup.verify',
  summary: 'Read backups back from every place, and check every frame and count.',
  effect: 'change',
  input,
  output: z.object({
    backups: z.number().describe('That are right, in every place'),
    rows: z.number(),
    bytes: z.number().describe('Of one place'),
    places: z.array(z.string()),
  }),
  // With --restore it is a restore as well, and the end of the home that it made.
  faults: [...new Set([...CHOSEN_FAULTS, ...RESTORING_FAULTS, 'TENANT_DEPENDED' as const])],
  access: { roles: ['operator', 'fleet-admin'], stronger: { restore: ['fleet-admin'] } },
  http: 'POST /v1/backups/verify',
  startsOthers: true,
  words: {
    positionals: ['backup'],
    says: ({ backups, rows, bytes, places }) =>
      backups === 0
        ? 'no backups to verify'
        : `${counted(backups, 'backup')} verified in ${places.join(', ')}: ${counted(rows, 'row')}, ${humanBytes(bytes)}`,
  },
  pausable: true,
  background: ({ background }) => background,
  async accept({ tx, fail }, { backup: id, tenant, restore }) {
    if (tenant !== undefined) await assertTenantEver(tx, tenant)
    if (id === undefined) return { memory: {} as Memory }
    const backup = await tx.maybe(backupById(checkId(id, 'backup')))
    if (backup === undefined) throw fail('BACKUP_NOT_FOUND', { backup: id })
    if (backup.state !== 'kept') throw fail('BACKUP_STATE', { backup: id, state: backup.state, wanted: 'one that is kept' })
    if (restore && backup.tenant !== null) await assertProvable(tx, backup)
    return { memory: {} as Memory }
  },
  steps: [
    {
      name: 'read',
      act: (context: Context) => (context.input.backup === undefined ? readMany(context) : readOne(context, context.input.backup)),
    },
  ],
  result: async ({ memory: { backups = 0, rows = 0, bytes = 0, places = [] } }) => ({ backups, rows, bytes, places: [...places] }),
})

async function readOne(context: Context, id: string): Promise<Partial<Memory>> {
  const backup = await context.platform.catalog.maybe(backupById(id))
  if (backup === undefined) throw fault('BACKUP_NOT_FOUND', { backup: id })
  return { backups: 1, ...(await verify(context, backup)) }
}

async function verify(context: Context, backup: Backup): Promise<Verified> {
  const verified = await verifyBackup(context, backup)
  // Of platform tables and of a whole database there is nothing that it could stand beside.
  if (!context.input.restore || backup.tenant === null) return verified
  const tenant = await context.platform.catalog.maybe(tenantToProve(backup.tenant))
  if (tenant?.heldFor === null) await proveBackup(context, backup)
  return verified
}

async function readMany(context: Context): Promise<Partial<Memory>> {
  const { platform, input: given } = context
  const found = await platform.catalog.rows(backupsToVerify({ tenant: given.tenant ?? null, unverified: given.unverified }))
  const items = new Map<string, Backup>(found.map((one) => [`${one.slug} ${one.id}`, one]))
  const tell = tellOfAll(platform, 'backups')
  let [rows, bytes] = [0, 0]
  let places: readonly string[] = []
  const { done } = await workThroughItems(
    context,
    items,
    async (backup) => {
      const verified = await verify(context, backup)
      rows += verified.rows
      bytes += verified.bytes
      places = verified.places
      tell.add(verified.bytes)
      return async () => {}
    },
    { parallel: given.parallel, what: 'backups', onItem: tell.onItem },
  )
  return { backups: done, rows, bytes, places }
}
