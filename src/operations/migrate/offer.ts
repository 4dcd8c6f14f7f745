import { dropOffer, forgetEnded, offerOf, putOffer, versionsOf } from '../../catalog/wishes.js'
import { compareVersions } from '../../kernel/versions.js'
import type { Database, Session } from '../../postgres/session.js'
import type { CheckedMigrations } from '../../schema/check.js'
import { newestVersion } from '../../schema/migration.js'
import { assertOnRequest, filesUpTo } from '../../schema/on-request.js'

type Tracks = CheckedMigrations['tracks']

/** Could each home be brought to the newest file while a scope waits? Throws MIGRATION_NOT_ON_REQUEST. */
export async function assertOffer(catalog: Pick<Database, 'rows'>, tracks: Tracks): Promise<void> {
  for (const [track, migrations] of tracks) {
    const versions = (await catalog.rows(versionsOf(track))).map(({ version }) => version)
    if (versions.length > 0) await assertOnRequest(migrations, versions.sort(compareVersions)[0]!)
  }
}

/** From here on workers bring a home to the newest file of its track as soon as a scope needs it. */
export async function offer(tx: Session, tracks: Tracks): Promise<void> {
  for (const [track, migrations] of tracks) {
    const version = newestVersion(migrations)
    if (version === '') continue
    await tx.run(putOffer({ track, version, digest: filesUpTo(migrations, version).digest }))
    await tx.run(forgetEnded(track))
  }
}

/** From here on no scope has a home brought past this version (empty: to any). */
export async function withdraw(tx: Session, track: string, to: string): Promise<void> {
  const offered = await tx.maybe(offerOf(track))
  if (offered === undefined || (to !== '' && compareVersions(offered.version, to) <= 0)) return
  await tx.run(dropOffer(track))
  await tx.run(forgetEnded(track))
}
