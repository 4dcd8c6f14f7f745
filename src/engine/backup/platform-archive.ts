import type { TenantDatabase } from '../../catalog/clusters.js'
import { PLATFORM_LEDGER } from '../../schema/forms/target.js'
import type { Json } from '../../transfer/archive/format.js'
import { writeArchive } from '../../transfer/archive/writer.js'
import { streamName } from '../../transfer/model.js'
import { openPlatformSnapshot, type PlatformSnapshot } from '../../transfer/platform-tables.js'
import type { Platform } from '../platform.js'
import { visit } from '../visit.js'
import { rowsOf } from './archive-facts.js'
import { countedStream } from './count-rows.js'
import { ledgerDigest } from './ledger-digest.js'
import { ownerOf, type Places } from './places.js'
import type { ArchiveOptions, WrittenBackup } from './tenant-archive.js'

/** What an archive of platform tables says of itself besides the rows. */
export interface PlatformFacts
  extends Pick<PlatformSnapshot, 'at' | 'wal' | 'serverVersion' | 'shape' | 'tables' | 'sequences' | 'fingerprint'> {
  readonly format: 1
  readonly platform: { readonly id: string; readonly cluster: string; readonly database: string }
  readonly migrations: PlatformSnapshot['ledger']
}

/** Writes an archive of the tables that all tenants of a database share. Throws what the server, stores and keys throw. */
export async function writePlatformArchive(
  platform: Platform,
  places: Places,
  { id, name, cluster, adminRef }: TenantDatabase,
  archive: string,
  { stillOurs, onProgress }: ArchiveOptions,
): Promise<WrittenBackup> {
  const owner = ownerOf({ tenant: null, databaseId: id })
  const key = places.keys === null ? null : await places.keys.current(owner)
  return visit(platform, { adminRef, name }, async (database) => {
    const options = { names: platform.names, tenantColumn: platform.config.tenantColumn }
    const snapshot = await openPlatformSnapshot(database, PLATFORM_LEDGER, options)
    try {
      const { read, close: _, ledger, ...known } = snapshot
      const facts: PlatformFacts = { format: 1, platform: { id, cluster, database: name }, ...known, migrations: ledger }
      const rowsInAll = rowsOf(facts.fingerprint)
      const done = { slug: name, rows: 0, rowsInAll, plainBytes: 0, bytes: 0 }
      const written = await writeArchive(
        { store: places.store, tenant: owner, archive, key, compression: platform.config.archives.compression },
        {
          lanes: 1,
          streams: snapshot.tables.map((table) => ({
            name: streamName(table),
            read: () =>
              countedStream(read(table), name, streamName(table), facts.fingerprint, (more) => {
                done.rows += more
              }),
          })),
          facts: async () => {
            await stillOurs()
            return facts as unknown as Json
          },
          onBytes: (plain, stored) => {
            done.plainBytes += plain
            done.bytes += stored
            onProgress({ ...done })
          },
        },
      )
      return { ...written, key: key?.id ?? null, facts: platformInCatalog(facts, rowsInAll) }
    } finally {
      await snapshot.close()
    }
  })
}

/** What the catalog keeps of an archive of platform tables. */
export const platformInCatalog = (
  facts: Pick<PlatformFacts, 'at' | 'wal' | 'serverVersion' | 'shape' | 'migrations' | 'fingerprint'> & {
    readonly tables: readonly unknown[]
  },
  rows: number,
): WrittenBackup['facts'] => ({
  takenAt: facts.at,
  lsn: facts.wal.lsn,
  lsnExact: facts.wal.exact,
  serverVersion: facts.serverVersion,
  isolation: null,
  track: null,
  version: facts.migrations.at(-1)?.version ?? '',
  ledgerDigest: ledgerDigest(facts.migrations),
  shape: facts.shape,
  fingerprint: facts.fingerprint.whole,
  tables: facts.tables.length,
  rows,
})
