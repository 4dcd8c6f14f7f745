import { TENANT_TRACK } from '../catalog/homes.js'
import { fault } from '../kernel/faults.js'
import { ledgerDigest, type Migration, readMigrations, readServiceMigrations } from './migration-files.js'
import { checkMigration } from './parse.js'

/** Where the migrations of a project are, as its configuration says: both are absolute. */
export interface MigrationFolders {
  readonly migrations: string
  /** Of each service, by its name. */
  readonly services: Readonly<Record<string, string>>
}

export interface CheckedMigrations {
  readonly platform: readonly Migration[]
  readonly tracks: ReadonlyMap<string, readonly Migration[]>
}

export const tracksOf = (folders: MigrationFolders): readonly string[] => [TENANT_TRACK, ...Object.keys(folders.services)]

/** The files of one track. Throws SERVICE_UNKNOWN, and MIGRATION_INVALID on a file that cannot be one. */
export async function readTrack(folders: MigrationFolders, track: string): Promise<readonly Migration[]> {
  if (track === TENANT_TRACK) return readMigrations(folders.migrations, 'tenant')
  return readServiceMigrations(track, folderOf(folders, track))
}

/** The folder of a service. Throws SERVICE_UNKNOWN. */
export function folderOf({ services }: MigrationFolders, service: string): string {
  if (!Object.hasOwn(services, service)) throw fault('SERVICE_UNKNOWN', { service, known: Object.keys(services) })
  return services[service]!
}

export async function readTracks(
  folders: MigrationFolders,
  names: readonly string[] = tracksOf(folders),
): Promise<CheckedMigrations['tracks']> {
  return new Map(await Promise.all(names.map(async (name) => [name, await readTrack(folders, name)] as const)))
}

/** Reads and checks the migrations of the platform and of these tracks, or of all. Throws MIGRATION_INVALID at the first file that cannot be run, and SERVICE_UNKNOWN. */
export async function checkMigrations(folders: MigrationFolders, names?: readonly string[]): Promise<CheckedMigrations> {
  const [tracks, platform] = await Promise.all([readTracks(folders, names), readMigrations(folders.migrations, 'platform')])
  for (const migration of [platform, ...tracks.values()].flat()) await checkOnce(migration)
  return { tracks, platform }
}

// What has passed is not parsed again: for fifty tables that takes a twentieth of the time in which a tenant is made.
const passed = new Set<string>()
const REMEMBERED = 10_000

async function checkOnce(migration: Migration): Promise<void> {
  // What one folder may hold another may not.
  const key = `${migration.file} ${migration.checksum}`
  if (passed.has(key)) return
  await checkMigration(migration)
  if (passed.size >= REMEMBERED) passed.clear()
  passed.add(key)
}

/** What homes of each track should have applied. */
export const trackDigests = (tracks: CheckedMigrations['tracks']): Readonly<Record<string, string>> =>
  Object.fromEntries([...tracks].map(([name, migrations]) => [name, ledgerDigest(migrations)]))
