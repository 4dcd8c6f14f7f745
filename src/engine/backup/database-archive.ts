import { createHash } from 'node:crypto'
import type { TenantDatabase } from '../../catalog/clusters.js'
import { sql } from '../../kernel/sql.js'
import { type DumpServer, dumpDatabase, dumpGlobals, findDumpPrograms } from '../../programs/pg-dump.js'
import { writeArchive } from '../../transfer/archive/writer.js'
import { type Platform, serverOf } from '../platform.js'
import { visit } from '../visit.js'
import { ledgerDigest } from './ledger-digest.js'
import { ownerOf, type Places } from './places.js'
import type { ArchiveOptions, WrittenBackup } from './tenant-archive.js'

/** Writes an archive of two streams: `dump`, as pg_dump writes it for pg_restore, and `globals`, the roles of the server as SQL. */
export async function writeDatabaseArchive(
  platform: Platform,
  places: Places,
  { id, name, cluster, adminRef }: TenantDatabase,
  archive: string,
  { stillOurs, onProgress, programs: first }: ArchiveOptions & { readonly programs: string | undefined },
): Promise<WrittenBackup> {
  const owner = ownerOf({ tenant: null, databaseId: id })
  const key = places.keys === null ? null : await places.keys.current(owner)
  const now = await visit(platform, { adminRef, name }, (database) => database.one(standing))
  const programs = await findDumpPrograms(Math.floor(now.serverVersion / 10_000), first)
  const server = dumpServerOf(platform, adminRef)
  const hash = createHash('sha256')
  const done = { slug: name, rows: 0, rowsInAll: 0, plainBytes: 0, bytes: 0 }
  const written = await writeArchive(
    { store: places.store, tenant: owner, archive, key, compression: platform.config.archives.compression },
    {
      lanes: 2,
      streams: [
        { name: 'dump', read: () => digested(dumpDatabase(programs, server, name), hash) },
        { name: 'globals', read: () => dumpGlobals(programs, server, name) },
      ],
      facts: async () => {
        await stillOurs()
        const { at, lsn, serverVersion } = now
        const dump = { digest: hash.copy().digest('hex'), programs: programs.version }
        return { format: 1, database: { id, cluster, name }, at, wal: { lsn, exact: false }, serverVersion, dump }
      },
      onBytes: (plain, stored) => {
        done.plainBytes += plain
        done.bytes += stored
        onProgress({ ...done })
      },
    },
  )
  const digest = hash.digest('hex')
  return {
    ...written,
    key: key?.id ?? null,
    facts: dumpInCatalog(now, digest),
  }
}

/** What the catalog keeps of an archive of a whole database. */
export const dumpInCatalog = (
  { at, lsn, serverVersion }: { readonly at: string; readonly lsn: string; readonly serverVersion: number },
  digest: string,
): WrittenBackup['facts'] => ({
  takenAt: at,
  lsn,
  lsnExact: false,
  serverVersion,
  isolation: null,
  track: null,
  version: '',
  ledgerDigest: ledgerDigest([]),
  shape: '',
  fingerprint: digest,
  tables: 0,
  rows: 0,
})

// Before pg_dump takes its own snapshot: at least what was committed before is in the dump.
const standing = sql<{ at: string; lsn: string; serverVersion: number }>`
  select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at,
         (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end)::text as lsn,
         current_setting('server_version_num')::int as "serverVersion"`

function dumpServerOf(platform: Platform, adminRef: string): DumpServer {
  const { host, port, user, password, tls, rootcert } = serverOf(platform.config, platform.secrets, adminRef)
  return { host, port, user, password, sslmode: tls, sslrootcert: rootcert }
}

async function* digested(chunks: AsyncIterable<Buffer>, hash: ReturnType<typeof createHash>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    hash.update(chunk)
    yield chunk
  }
}
