import { type PendingHome, pendingHomes, pendingPlatforms } from '../../catalog/pending.js'
import { PLATFORM_SCHEMA } from '../../isolation/names.js'
import { checkMigrations, folderOf, trackDigests } from '../../schema/check.js'
import { ledgerEntries, PLATFORM_LEDGER } from '../../schema/forms/target.js'
import {
  beginningOf,
  compareVersions,
  isRepeatable,
  ledgerDigest,
  type Migration,
  newestVersion,
  platformDigest,
} from '../../schema/migration.js'
import type { Platform } from '../platform.js'
import { visit } from '../visit.js'

/** Homes that have applied the same, so that the same files come next in all of them. */
export interface PendingClass {
  readonly track: string
  readonly homes: readonly PendingHome[]
  /** In the order in which they will run. */
  readonly files: readonly Migration[]
  /** Why no file will run there, if that can be told. */
  readonly trouble: string | undefined
}

interface Entry {
  readonly version: string
  readonly checksum: string
}

/** What is pending, found in the catalog; of what has applied something else than the first of its files, one ledger per class is read. */
export async function pendingClasses(platform: Platform, service?: string): Promise<readonly PendingClass[]> {
  const { config, catalog } = platform
  if (service !== undefined) folderOf(config, service)
  const { tracks, platform: shared } = await checkMigrations(config, service === undefined ? undefined : [service])
  const digestOf = (files: readonly Entry[]): string => platformDigest(files, config.hidden)
  const homes = await catalog.rows(pendingHomes(trackDigests(tracks), service ?? null))
  const platforms = service === undefined ? await catalog.rows(pendingPlatforms(PLATFORM_SCHEMA, digestOf(shared))) : []
  const classes: PendingClass[] = []
  for (const group of grouped(platforms)) classes.push(await classOf(platform, group, shared, digestOf))
  for (const group of grouped(homes)) classes.push(await classOf(platform, group, tracks.get(group[0]!.track), ledgerDigest))
  return classes
}

function grouped(homes: readonly PendingHome[]): readonly (readonly PendingHome[])[] {
  const groups = new Map<string, PendingHome[]>()
  for (const home of homes) {
    const key = `${home.track} ${home.digest}`
    groups.set(key, [...(groups.get(key) ?? []), home])
  }
  return [...groups.values()]
}

async function classOf(
  platform: Platform,
  homes: readonly PendingHome[],
  files: readonly Migration[] | undefined,
  digestOf: (files: readonly Entry[]) => string,
): Promise<PendingClass> {
  const { track, digest } = homes[0]!
  const trouble = `the configuration names no service ${track}, so nothing can bring its homes up`
  if (files === undefined) return { track, homes, files: [], trouble }
  const applied = beginningOf(digest, files, digestOf) ?? (await ledgerIn(platform, homes[0]!))
  const known = new Map(applied.map(({ version, checksum }) => [version, checksum]))
  const pending = files.filter(({ version, checksum }) => !known.has(version) || (isRepeatable(version) && known.get(version) !== checksum))
  return { track, homes, files: pending, trouble: troubleOf(files, pending, known) }
}

const ledgerIn = (platform: Platform, home: PendingHome): Promise<readonly Entry[]> =>
  visit(platform, { adminRef: home.adminRef, name: home.database }, (database) =>
    database.rows(ledgerEntries(home.isolation === 'platform' ? PLATFORM_LEDGER : home.id)),
  )

function troubleOf(files: readonly Migration[], pending: readonly Migration[], applied: ReadonlyMap<string, string>): string | undefined {
  const edited = files.find(({ version, checksum }) => !isRepeatable(version) && applied.has(version) && applied.get(version) !== checksum)
  if (edited !== undefined) return `${edited.file} was edited after it had been applied`
  const newest = newestVersion([...applied.keys()].map((version) => ({ version })))
  const late = pending.find(({ version }) => !isRepeatable(version) && newest !== '' && compareVersions(version, newest) < 0)
  return late === undefined ? undefined : `${late.file} is older than ${newest}, which has been applied already`
}
