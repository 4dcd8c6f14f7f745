import { z } from 'zod'
import { expireBackupIn } from '../../catalog/backup-expiries.js'
import { lockTenantOf } from '../../catalog/backup-policies.js'
import { backupById, lockBackup } from '../../catalog/backups.js'
import { operation } from '../../engine/operation.js'
import { isDuration, milliseconds } from '../../kernel/durations.js'
import { checkId } from '../../kernel/identifiers.js'
import { backupId, backupRow, describeBackup } from './row.js'

export const expireBackup = operation({
  kind: 'change',
  name: 'backup.expire',
  summary: 'Say when a backup may be pruned: now, or after some time. Never while its tenant, or what is kept of it, is held.',
  effect: 'change',
  input: z.strictObject({
    backup: backupId,
    in: z
      .string()
      .refine(isDuration, 'must be a duration such as 30d')
      .default('0s')
      .describe('How long it is kept still, from now on, such as 30d (default: not at all)'),
  }),
  output: backupRow,
  faults: ['BACKUP_NOT_FOUND', 'BACKUP_STATE', 'TENANT_HELD', 'ID_INVALID'],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/backups/{backup}/expire',
  words: {
    positionals: ['backup'],
    says: (b) =>
      `${b.kind} backup ${b.id} of ${b.of} may be pruned from ${b.expiresAt?.toISOString()} on; of what is still there only after a newer one that is verified`,
  },
  async change({ tx, fail }, { backup: ref, in: keep }) {
    const id = checkId(ref, 'backup')
    // Before the backup, as whoever removes it does; nobody holds it in between.
    const hold = (await tx.rows(lockTenantOf(id))).find(({ heldFor }) => heldFor !== null)
    const backup = await tx.maybe(lockBackup(id))
    if (backup === undefined) throw fail('BACKUP_NOT_FOUND', { backup: id })
    if (backup.state !== 'kept') throw fail('BACKUP_STATE', { backup: id, state: backup.state, wanted: 'one that is kept' })
    if (hold !== undefined) throw fail('TENANT_HELD', { tenant: hold.slug, reason: hold.heldFor ?? '' })
    await tx.run(expireBackupIn(id, milliseconds(keep)))
    const output = describeBackup(await tx.one(backupById(id)))
    return { output, ...(backup.tenant === null ? {} : { subject: backup.tenant }) }
  },
})
