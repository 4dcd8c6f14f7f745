import { databaseById } from '../../catalog/clusters.js'
import { type HomeClass, homeClasses } from '../../catalog/home-versions.js'
import { homeById } from '../../catalog/homes.js'
import type { Platform } from '../../engine/platform.js'
import { glance } from '../../engine/visit.js'
import { fault, isFault } from '../../kernel/faults.js'
import type { Session } from '../../postgres/session.js'
import { ledgerEntries } from '../../schema/forms/target.js'
import { beginningsOf, ledgerDigest, type Migration } from '../../schema/migration.js'

/**
 * Throws MIGRATION_CHANGED, with the homes that have the older text, when a file was edited after it had been applied. Homes whose digest is one of these
 * files up to some version need no visit; of all others that have the same digest, one is asked. One that cannot be reached is passed over: it fails by
 * itself, later.
 */
export async function assertUnchanged(
  platform: Platform,
  catalog: Session,
  tracks: ReadonlyMap<string, readonly Migration[]>,
): Promise<void> {
  for (const [track, migrations] of tracks) {
    const strangers = await catalog.rows(homeClasses(track, beginningsOf(migrations).map(ledgerDigest)))
    const changed = new Map<string, HomeClass[]>()
    for (const one of strangers) {
      for (const { file } of await changedIn(platform, catalog, one, migrations)) changed.set(file, [...(changed.get(file) ?? []), one])
    }
    const [first] = changed
    if (first === undefined) continue
    const [file, classes] = first
    const some = classes.flatMap((one) => one.some).slice(0, 3)
    throw fault('MIGRATION_CHANGED', { file, home: some[0]!, homes: classes.reduce((sum, { homes }) => sum + homes, 0), some })
  }
}

async function changedIn(
  platform: Platform,
  catalog: Session,
  { id }: HomeClass,
  migrations: readonly Migration[],
): Promise<readonly Migration[]> {
  const home = await catalog.one(homeById(id))
  const { adminRef, name } = await catalog.one(databaseById(home.databaseId))
  const entries = await glance(platform, { adminRef, name }, (database) => database.rows(ledgerEntries(id))).catch((error: unknown) => {
    if (isFault(error, 'SERVER_UNREACHABLE', 'LOGIN_REFUSED', 'DATABASE_MISSING')) return []
    throw error
  })
  const applied = new Map(entries.map(({ version, checksum }) => [version, checksum]))
  return migrations.filter(
    ({ kind, version, checksum }) => kind !== 'repeatable' && applied.has(version) && applied.get(version) !== checksum,
  )
}
