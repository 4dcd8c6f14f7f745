import { type Backup, backupById } from '../../catalog/backups.js'
import { type Fault, fault, isFault } from '../../kernel/faults.js'
import type { Archive } from '../../transfer/archive/reader.js'
import { streamName, type TenantFingerprint, type TransferSource } from '../../transfer/model.js'
import type { TransferOptions } from '../../transfer/tables.js'
import { type ArchiveFacts, readArchiveFacts } from '../backup/archive-facts.js'
import { placesOf, placesOfBackup } from '../backup/places.js'
import { openBackup } from '../backup/verify.js'
import { LANES } from '../lanes.js'
import { openLivingSnapshot } from '../living-snapshot.js'
import type { Platform } from '../platform.js'

/** Where rows come from: the home that a tenant lives in, or a backup, by their ids. Plain JSON: it is journaled. */
export type Origin = { readonly of: 'tenant'; readonly tenant: string } | { readonly of: 'backup'; readonly backup: string }

/** All that is read of it is as of one moment. */
export interface OpenOrigin extends TransferSource {
  /** As messages name it. */
  readonly title: string
  readonly fingerprint: () => Promise<TenantFingerprint>
  /** Tables, as streams are called, whose values are others than those that the fingerprint is of. */
  readonly altered?: ReadonlySet<string>
  readonly close: () => Promise<void>
}

export const transferOptions = ({ names, config }: Platform, platformRows = true): TransferOptions => ({
  names,
  tenantColumn: config.tenantColumn,
  platformRows,
})

/** Close it on every path. A backup is read to its end and found whole first, so that nothing of a damaged one is ever loaded. */
export const openOrigin = (platform: Platform, origin: Origin): Promise<OpenOrigin> =>
  origin.of === 'tenant' ? openTenant(platform, origin.tenant) : openKept(platform, origin.backup)

async function openTenant(platform: Platform, id: string): Promise<OpenOrigin> {
  const { tenant, snapshot } = await openLivingSnapshot(platform, id, LANES)
  return { ...snapshot, title: `tenant ${tenant.slug}` }
}

async function openKept(platform: Platform, id: string): Promise<OpenOrigin> {
  const backup = await keptBackup(platform, id)
  const archive = await firstWhole(platform, backup, (one) => one.verify())
  const facts = factsOf(archive, backup)
  return {
    title: `backup ${id}`,
    facts: facts.snapshot,
    read: (table) => archive.read(streamName(table)),
    fingerprint: async () => facts.fingerprint,
    close: async () => {},
  }
}

async function keptBackup(platform: Platform, id: string): Promise<Backup> {
  const backup = await platform.catalog.maybe(backupById(id))
  if (backup === undefined) throw fault('BACKUP_NOT_FOUND', { backup: id })
  if (backup.state !== 'kept') throw fault('BACKUP_STATE', { backup: id, state: backup.state, wanted: 'one that is kept' })
  return backup
}

/** What a backup says of the tenant that it is of. Only its manifest is read. */
export const backupFacts = async (platform: Platform, backup: Backup): Promise<ArchiveFacts> =>
  factsOf(await firstWhole(platform, backup, async () => {}), backup)

/**
 * From the first place that it was put in where it is as it should be. Where the configuration names none of those, it may have been carried to another: what is
 * there by its name passes for it only by the digest that the catalog has. Throws what is wrong with it in the first.
 */
async function firstWhole(platform: Platform, backup: Backup, check: (archive: Archive) => Promise<void>): Promise<Archive> {
  const places = placesOf(platform)
  const { there } = placesOfBackup(places, backup)
  let first: Fault | undefined
  for (const place of there.length > 0 ? there : places.all) {
    try {
      const archive = await openBackup(platform, backup, place)
      await check(archive)
      return archive
    } catch (error) {
      if (!isFault(error)) throw error
      platform.log.warn({ backup: backup.id, store: place.name, code: error.code }, error.message)
      first ??= error
    }
  }
  throw first
}

function factsOf(archive: Archive, backup: Backup): ArchiveFacts {
  const facts = readArchiveFacts(archive.facts, backup.id)
  if (facts.tenant.id === backup.tenant && facts.fingerprint.whole === backup.fingerprint) return facts
  const reason = 'it is not what the catalog says of it'
  throw fault('ARCHIVE_CORRUPT', { archive: backup.id, object: 'manifest', reason })
}
