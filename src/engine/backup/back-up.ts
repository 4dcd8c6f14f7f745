import {
  type Backup,
  type BackupKind,
  backupById,
  backupsOfOperation,
  deleteBackup,
  giveUpBackup,
  insertBackup,
  keepBackup,
} from '../../catalog/backups.js'
import type { TenantDatabase } from '../../catalog/clusters.js'
import { findTenant, standingForBackup } from '../../catalog/tenants.js'
import { newId } from '../../kernel/clock.js'
import { type FaultCode, fault, isFault } from '../../kernel/faults.js'
import type { Session } from '../../postgres/session.js'
import { copyArchive } from '../../transfer/archive/keep.js'
import { LANES } from '../lanes.js'
import type { StepContext } from '../operation.js'
import { writeDatabaseArchive } from './database-archive.js'
import { type Kept, ownerOf, type Places, placesOf, removeEverywhere } from './places.js'
import { writePlatformArchive } from './platform-archive.js'
import { type ArchiveOptions, type Progress, type WrittenBackup, writeTenantArchive } from './tenant-archive.js'
import { READING_FAULTS, verifyBackup } from './verify.js'

/** What making a backup may fail with, and reading it back. */
export const ARCHIVING_FAULTS = [
  ...READING_FAULTS,
  'STORE_FULL',
  'SECRET_MISSING',
  'SERVER_UNREACHABLE',
] as const satisfies readonly FaultCode[]

export interface BackUpOptions {
  readonly note?: string | null
  /** Until when it is kept, counted from now; null: until a policy or somebody says otherwise. */
  readonly keepMs?: number | null
  /** Read back from every place after it is written. */
  readonly verify?: boolean
  /** How many connections read at once, at most. */
  readonly lanes?: number
  readonly onProgress?: (progress: Progress) => void
  /** Called at its borders (`begun`, `written`, `copied`, `kept`), for drills. */
  readonly atBorder?: (border: string) => Promise<void>
}

export type BackingUp = Pick<StepContext<unknown, never>, 'platform' | 'by' | 'journal'>

/** What is backed up, and by whom it is written. */
interface Subject {
  readonly tenant: string | null
  readonly databaseId: string | null
  readonly slug: string
  readonly write: (places: Places, archive: string, options: ArchiveOptions) => Promise<WrittenBackup>
}

/**
 * Backs up one tenant, whatever its state: snapshot, archive, copies, and then the catalog knows it. An operation makes one of each tenant, however often it is
 * asked: a later attempt clears away what an earlier one has left, and begins anew under an id of its own, so that one that was taken for dead and only
 * slept can write over nothing. When it fails, nothing is left. Throws TENANT_NOT_FOUND, TENANT_STATE where a purge has begun meanwhile, what the snapshot, the stores and the key
 * store throw, OPERATION_LOST.
 */
export async function backUp(
  context: BackingUp,
  options: BackUpOptions & { readonly tenant: string; readonly kind: Exclude<BackupKind, 'platform' | 'database'> },
): Promise<Backup> {
  const { platform } = context
  const tenant = await platform.catalog.maybe(findTenant(options.tenant))
  if (tenant === undefined) throw fault('TENANT_NOT_FOUND', { tenant: options.tenant })
  const write: Subject['write'] = (places, archive, more) => writeTenantArchive(platform, places, tenant, archive, more)
  return make(context, { tenant: tenant.id, databaseId: null, slug: tenant.slug, write }, options.kind, options)
}

/** The same of the tables that all tenants of a database share. */
export async function backUpPlatform(context: BackingUp, options: BackUpOptions & { readonly database: TenantDatabase }): Promise<Backup> {
  const { database } = options
  const write: Subject['write'] = (places, archive, more) => writePlatformArchive(context.platform, places, database, archive, more)
  return make(context, { tenant: null, databaseId: database.id, slug: database.name, write }, 'platform', options)
}

/** A whole database, as pg_dump writes it, with the roles of its server. Throws DUMP_UNFIT, PROGRAM_FAILED. */
export async function backUpDatabase(
  context: BackingUp,
  options: BackUpOptions & { readonly database: TenantDatabase; readonly programs?: string | undefined },
): Promise<Backup> {
  const { database, programs } = options
  const write: Subject['write'] = (places, archive, more) =>
    writeDatabaseArchive(context.platform, places, database, archive, { ...more, programs })
  return make(context, { tenant: null, databaseId: database.id, slug: database.name, write }, 'database', options)
}

async function make(context: BackingUp, subject: Subject, kind: BackupKind, options: BackUpOptions): Promise<Backup> {
  const { platform, by, journal } = context
  const places = placesOf(platform)
  const at = options.atBorder ?? (async () => {})
  const earlier = await platform.catalog.rows(backupsOfOperation(by.operation, subject))
  const kept = earlier.find(({ state }) => state === 'kept')
  if (kept !== undefined) return verified(context, kept, options)
  for (const one of earlier) await clearBackup(context, places, one)
  const id = await begin(context, places, subject, kind, options)
  await at('begun')
  try {
    const { facts, ...written } = await subject.write(places, id, {
      lanes: options.lanes ?? LANES,
      stillOurs: () => journal(async () => {}),
      onProgress: options.onProgress ?? (() => {}),
    })
    await at('written')
    for (const copy of places.copies) await copyArchive(places.store, copy, ownerOf(subject), id)
    await at('copied')
    await journal(async (tx) => {
      if (kind !== 'final') await unlessPurged(tx, subject)
      await tx.run(keepBackup(id, { ...written, ...facts }))
    })
  } catch (error) {
    // It is the first failure that is told; what cannot be cleared away now, the next attempt or a worker does.
    const clear = isFault(error, 'OPERATION_LOST') ? clearLost : clearBackup
    const put = { store: places.store.name, copies: places.copies.map(({ name }) => name) }
    await clear(context, places, { id, tenant: subject.tenant, databaseId: subject.databaseId, ...put }).catch((reason: Error) => {
      platform.log.warn({ backup: id, error: reason.message }, 'a backup that failed could not be cleared away yet')
    })
    throw error
  }
  await at('kept')
  return verified(context, await platform.catalog.one(backupById(id)), options)
}

/** What was read while a purge was deleting is half of the tenant, and would pass for its newest backup. */
async function unlessPurged(tx: Session, { tenant, slug }: Subject): Promise<void> {
  if (tenant === null) return
  const found = await tx.maybe(standingForBackup(tenant))
  if (found === undefined) throw fault('TENANT_NOT_FOUND', { tenant: slug })
  if (found.state === 'purging') throw fault('TENANT_STATE', { tenant: slug, state: found.state, wanted: 'a tenant that is there' })
}

async function begin(
  { by, journal }: BackingUp,
  { store, copies }: Places,
  { tenant, databaseId, slug }: Subject,
  kind: BackupKind,
  { note = null, keepMs = null }: BackUpOptions,
): Promise<string> {
  const id = newId()
  const row = { id, tenant, databaseId, slug, kind, operation: by.operation, note, keepMs }
  await journal(async (tx) => {
    await tx.run(insertBackup({ ...row, store: store.name, copies: copies.map(({ name }) => name) }))
  })
  return id
}

/** Unless it is kept after all, by a commit whose answer was lost. */
async function clearBackup({ journal }: BackingUp, places: Places, one: Kept): Promise<void> {
  if ((await journal((tx) => tx.run(giveUpBackup(one.id)))) === 0) return
  await removeEverywhere(places, one)
  await journal((tx) => tx.run(deleteBackup(one.id)))
}

/** What was written by a worker that has lost its lease is nobody's, and its row is not its own any more; only what was kept before is whose it was. */
async function clearLost({ platform }: BackingUp, places: Places, one: Kept): Promise<void> {
  if ((await platform.catalog.maybe(backupById(one.id)))?.state !== 'kept') await removeEverywhere(places, one)
}

async function verified(context: BackingUp, backup: Backup, { verify = false }: BackUpOptions): Promise<Backup> {
  if (!verify || backup.verifiedAt !== null) return backup
  await verifyBackup(context, backup)
  return context.platform.catalog.one(backupById(backup.id))
}
