import { trackOf } from '../../catalog/homes.js'
import type { Tenant } from '../../catalog/tenants.js'
import type { HomePlace } from '../../isolation/model.js'
import { renderSnapshot } from '../../schema/drift/snapshot.js'
import type { Json } from '../../transfer/archive/format.js'
import { type WrittenArchive, writeArchive } from '../../transfer/archive/writer.js'
import { type Snapshot, type SnapshotFacts, streamName, type TenantFingerprint } from '../../transfer/model.js'
import { openLivingSnapshot } from '../living-snapshot.js'
import type { Platform } from '../platform.js'
import { type ArchiveFacts, rowsOf } from './archive-facts.js'
import { countedStream } from './count-rows.js'
import { ledgerDigest } from './ledger-digest.js'
import type { Places } from './places.js'

/** How far one backup has come. */
export interface Progress {
  readonly slug: string
  readonly rows: number
  /** Of the snapshot: counted before the first is read. */
  readonly rowsInAll: number
  readonly plainBytes: number
  readonly bytes: number
}

export interface ArchiveOptions {
  readonly lanes: number
  /** Asked right before the manifest makes it an archive. Throws OPERATION_LOST. */
  readonly stillOurs: () => Promise<unknown>
  readonly onProgress: (progress: Progress) => void
}

export interface WrittenBackup extends WrittenArchive {
  readonly key: string | null
  /** What the catalog keeps of it. */
  readonly facts: {
    readonly takenAt: string
    readonly lsn: string
    readonly lsnExact: boolean
    readonly serverVersion: number
    /** Null where it is of platform tables, and so is the track. */
    readonly isolation: SnapshotFacts['isolation'] | null
    readonly track: string | null
    readonly version: string
    readonly ledgerDigest: string
    readonly shape: string
    readonly fingerprint: string
    readonly tables: number
    readonly rows: number
  }
}

/** Writes an archive of the home that the tenant lives in. Throws TENANT_NOT_FOUND, SNAPSHOT_BLOCKED, SNAPSHOT_UNFIT, SNAPSHOT_LOST, and what stores and keys throw. */
export async function writeTenantArchive(
  platform: Platform,
  places: Places,
  tenant: Tenant,
  archive: string,
  options: ArchiveOptions,
): Promise<WrittenBackup> {
  const key = places.keys === null ? null : await places.keys.current(tenant.id)
  const { tenant: found, home, snapshot } = await openLivingSnapshot(platform, tenant.id, options.lanes)
  try {
    const fingerprint = await snapshot.fingerprint()
    const facts = factsOf(found, home, snapshot, fingerprint)
    const written = await writeArchive(
      { store: places.store, tenant: tenant.id, archive, key, compression: platform.config.archives.compression },
      contentOf(snapshot, facts, tenant, options),
    )
    return { ...written, key: key?.id ?? null, facts: inCatalog(facts) }
  } finally {
    await snapshot.close()
  }
}

const factsOf = (
  { id, slug, name, tier, region, labels }: Tenant,
  home: HomePlace,
  { facts: snapshot, definition }: Snapshot,
  fingerprint: TenantFingerprint,
): ArchiveFacts => ({
  format: 1,
  tenant: { id, slug, name, tier, region, labels },
  home: { isolation: home.isolation, track: trackOf(home) },
  snapshot,
  fingerprint,
  migrations: snapshot.ledger,
  schemaText: renderSnapshot(definition),
})

function contentOf(snapshot: Snapshot, facts: ArchiveFacts, { slug }: Tenant, { lanes, stillOurs, onProgress }: ArchiveOptions) {
  const rowsInAll = rowsOf(facts.fingerprint)
  let [rows, plainBytes, bytes] = [0, 0, 0]
  const tell = (): void => onProgress({ slug, rows, rowsInAll, plainBytes, bytes })
  return {
    lanes,
    streams: snapshot.facts.tables.map((table) => ({
      name: streamName(table),
      read: () =>
        countedStream(snapshot.read(table), slug, streamName(table), facts.fingerprint, (more) => {
          rows += more
        }),
    })),
    facts: async () => {
      await stillOurs()
      return facts as unknown as Json
    },
    onBytes: (plain: number, stored: number) => {
      plainBytes += plain
      bytes += stored
      tell()
    },
  }
}

/** What the catalog keeps of a tenant's archive. */
export const inCatalog = ({ snapshot, fingerprint }: ArchiveFacts): WrittenBackup['facts'] => ({
  takenAt: snapshot.at,
  lsn: snapshot.wal.lsn,
  lsnExact: snapshot.wal.exact,
  serverVersion: snapshot.serverVersion,
  isolation: snapshot.isolation,
  track: snapshot.track,
  version: snapshot.version,
  ledgerDigest: ledgerDigest(snapshot.ledger),
  shape: snapshot.shape,
  fingerprint: fingerprint.whole,
  tables: snapshot.tables.length,
  rows: rowsOf(fingerprint),
})
