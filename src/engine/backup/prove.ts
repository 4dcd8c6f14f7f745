import { type Backup, recordProven, recordVerified } from '../../catalog/backups.js'
import { tenantToProve } from '../../catalog/protection.js'
import { stopwatch, systemClock } from '../../kernel/clock.js'
import { fault, isFault } from '../../kernel/faults.js'
import type { Session } from '../../postgres/session.js'
import type { StepContext } from '../operation.js'
import { takeOver } from '../run.js'
import { submit } from '../submit.js'

export interface Proven {
  readonly rows: number
  readonly ms: number
}

type Proving = Pick<StepContext<unknown, never>, 'platform' | 'by' | 'journal' | 'stop'>

const WAIT_MS = 500

/** Beside a tenant under hold nothing could be dropped again, and beside one that is gone there is no place. Throws TENANT_NOT_FOUND, TENANT_HELD. */
export async function assertProvable(catalog: Session, { tenant, slug }: Pick<Backup, 'tenant' | 'slug'>): Promise<void> {
  const found = tenant === null ? undefined : await catalog.maybe(tenantToProve(tenant))
  if (found === undefined) throw fault('TENANT_NOT_FOUND', { tenant: slug })
  if (found.heldFor !== null) throw fault('TENANT_HELD', { tenant: slug, reason: found.heldFor })
}

/**
 * Restores a backup into a home beside, as anybody would who needs it; what is loaded is compared with the fingerprint that the backup was made with. The
 * home is dropped again, the catalog remembers that it was possible and how long it took. Repeatable by the same operation. Throws what `backup.restore`
 * throws; RESTORE_DIFFERS is remembered as damage.
 */
export async function proveBackup(context: Proving, backup: Backup): Promise<Proven> {
  const { journal } = context
  const elapsed = stopwatch()
  let restored: { readonly home: string; readonly rows: number }
  try {
    restored = (await once(context, 'backup.restore', backup, {
      backup: backup.id,
      note: `proof that backup ${backup.id} can be restored`,
    })) as {
      home: string
      rows: number
    }
  } catch (error) {
    if (isFault(error, 'RESTORE_DIFFERS')) await journal(async (tx) => void (await tx.run(recordVerified(backup.id, error.message))))
    throw error
  }
  const ms = elapsed()
  await journal(async (tx) => void (await tx.run(recordProven(backup.id, ms))))
  await once(context, 'tenant.dropbeside', backup, { tenant: backup.tenant, home: restored.home, confirm: backup.tenant })
  return { rows: restored.rows, ms }
}

/** An operation of our own, once for each backup, however often its operation is taken up: what another attempt has begun is waited for, and its answer taken. */
async function once({ platform, by, stop }: Proving, name: string, backup: Backup, input: object): Promise<unknown> {
  const definition = platform.find(name)
  if (definition === undefined) throw fault('INTERNAL')
  const idempotencyKey = `${by.operation} ${backup.id} ${name}`
  for (;;) {
    try {
      return (await submit(platform, definition, input, { actor: 'drill', source: 'worker' }, { idempotencyKey })).output
    } catch (error) {
      if (!isFault(error, 'OPERATION_STATE', 'OPERATION_LOST') || stop?.aborted === true) throw error
      await takeOver(platform, [String(error.facts.operation)], stop)
      await systemClock.sleep(WAIT_MS, stop)
    }
  }
}
