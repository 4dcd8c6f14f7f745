import { createHash } from 'node:crypto'
import { type Backup, recordVerified } from '../../catalog/backups.js'
import { atOnce } from '../../kernel/at-once.js'
import { type Fault, type FaultCode, fault, isFault } from '../../kernel/faults.js'
import type { ObjectStore } from '../../stores/object-store.js'
import { type Archive, openArchive } from '../../transfer/archive/reader.js'
import type { TenantFingerprint } from '../../transfer/model.js'
import type { StepContext } from '../operation.js'
import type { Platform } from '../platform.js'
import { readDumpFacts, readFingerprint } from './archive-facts.js'
import { countRowsIn } from './count-rows.js'
import { ownerOf, PLACE_FAULTS, placesOf, placesOfBackup, unnamed } from './places.js'

/** What opening a backup and reading it may fail with. */
export const READING_FAULTS = [
  'BACKUP_STATE',
  'ARCHIVE_MISSING',
  'ARCHIVE_TRUNCATED',
  'ARCHIVE_CORRUPT',
  'ARCHIVE_TENANT_MISMATCH',
  'ARCHIVE_STALE',
  'ARCHIVE_VERSION',
  'ARCHIVE_TOO_LARGE',
  'ARCHIVE_COMPRESSION',
  'ARCHIVE_UNENCRYPTED',
  ...PLACE_FAULTS,
] as const satisfies readonly FaultCode[]

export interface Verified {
  /** Names of the places in which it is right. */
  readonly places: readonly string[]
  readonly bytes: number
  readonly rows: number
}

/** Opens a backup that the catalog knows, from its store or from a copy: no other archive passes for it. Throws as `openArchive` does. */
export const openBackup = (platform: Platform, backup: Backup, from?: ObjectStore): Promise<Archive> => {
  const places = placesOf(platform)
  return openArchive({
    store: from ?? placesOfBackup(places, backup).there[0] ?? places.store,
    tenant: ownerOf(backup),
    archive: backup.id,
    keys: places.keys,
    expected: { manifestDigest: backup.manifestDigest!, encrypted: backup.key !== null },
  })
}

/**
 * Reads every frame of a backup in every place that it was put in and counts its rows, and has the catalog remember what came of it. Throws what is wrong
 * with it: ARCHIVE_…, KEY_DESTROYED; and BACKUP_STATE, STORE_…, KEY_UNAVAILABLE, ARCHIVE_VERSION where it could not be asked, of which nothing is remembered.
 */
export async function verifyBackup(
  context: Pick<StepContext<unknown, never>, 'platform' | 'journal'>,
  backup: Backup,
  onBytes: (plain: number) => void = () => {},
): Promise<Verified> {
  const { platform, journal } = context
  const places: string[] = []
  const wrong: Fault[] = []
  let [bytes, rows] = [0, 0]
  const { there, lost } = placesOfBackup(placesOf(platform), backup)
  if (there.length === 0) throw unnamed(backup, lost)
  if (lost.length > 0)
    platform.log.warn({ backup: backup.id, places: lost }, 'a backup was not read where the configuration names no place any more')
  for (const place of there) {
    try {
      const archive = await openBackup(platform, backup, place)
      bytes = archive.streams.reduce((sum, stream) => sum + stream.bytes, 0)
      rows = await readAll(archive, backup, onBytes)
      places.push(place.name)
    } catch (error) {
      if (!isFault(error) || !isDamage(error)) throw error
      wrong.push(error)
    }
  }
  const [first] = wrong
  const damage = first === undefined ? null : `${first.code}: ${first.message}`
  await journal(async (tx) => {
    await tx.run(recordVerified(backup.id, damage))
  })
  if (first !== undefined) throw first
  return { places, bytes, rows }
}

// A key that is not at hand here, a release that is too old to read it: that says nothing of the backup, which must not count as damaged for it.
const isDamage = (error: Fault): boolean =>
  isFault(
    error,
    'ARCHIVE_MISSING',
    'ARCHIVE_TRUNCATED',
    'ARCHIVE_CORRUPT',
    'ARCHIVE_TENANT_MISMATCH',
    'ARCHIVE_STALE',
    'ARCHIVE_TOO_LARGE',
    'ARCHIVE_UNENCRYPTED',
    'KEY_DESTROYED',
  )

// One waits for the store while the other one is checked.
const AT_ONCE = 2

async function readAll(archive: Archive, backup: Backup, onBytes: (plain: number) => void): Promise<number> {
  if (backup.kind === 'database') return readDump(archive, backup, onBytes)
  const { tables } = checkedFingerprint(archive, backup)
  const left = archive.streams.toSorted((a, b) => b.plainBytes - a.plainBytes).reverse()
  let rows = 0
  await atOnce(left, AT_ONCE, async ({ name }) => {
    const content = countRowsIn(
      archive.read(name),
      (more) => {
        rows += more
      },
      (found) => {
        const wanted = tables[name]?.rows ?? '0'
        if (String(found) === wanted) return
        const reason = `its stream ${name} has ${found} rows, and its fingerprint says ${wanted}`
        throw fault('ARCHIVE_CORRUPT', { archive: backup.id, object: 'manifest', reason })
      },
    )
    for await (const chunk of content) onBytes(chunk.length)
  })
  return rows
}

/** A dump has no rows that could be counted from outside; it is compared by its digest. */
async function readDump(archive: Archive, backup: Backup, onBytes: (plain: number) => void): Promise<number> {
  const { id, digest } = readDumpFacts(archive.facts, backup.id)
  const hash = createHash('sha256')
  for (const { name } of archive.streams) {
    for await (const chunk of archive.read(name)) {
      if (name === 'dump') hash.update(chunk)
      onBytes(chunk.length)
    }
  }
  if (id === backup.databaseId && digest === backup.fingerprint && hash.digest('hex') === digest) return 0
  throw fault('ARCHIVE_CORRUPT', { archive: backup.id, object: 'manifest', reason: 'its dump is not the one that the catalog knows' })
}

/** Does the archive say of itself what the catalog says of it? */
function checkedFingerprint(archive: Archive, backup: Backup): TenantFingerprint {
  const { id, fingerprint } = readFingerprint(archive.facts, backup.id, backup.tenant === null ? 'platform' : 'tenant')
  const streams = new Set(archive.streams.map(({ name }) => name))
  const missing = Object.keys(fingerprint.tables).filter((name) => !streams.has(name))
  const reason =
    id !== (backup.tenant ?? backup.databaseId)
      ? `it is of ${id}`
      : fingerprint.whole !== backup.fingerprint
        ? 'its fingerprint is not the one that the catalog knows'
        : missing.length > 0
          ? `it has no stream ${missing[0]}`
          : undefined
  if (reason !== undefined) throw fault('ARCHIVE_CORRUPT', { archive: backup.id, object: 'manifest', reason })
  return fingerprint
}
