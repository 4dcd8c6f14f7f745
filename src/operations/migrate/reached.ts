import { recordPlatformDigest } from '../../catalog/clusters.js'
import { type Home, recordHomeVersions } from '../../catalog/homes.js'
import { batched, type Recorded } from '../../engine/item-journal.js'
import type { Platform } from '../../engine/platform.js'
import type { Session } from '../../postgres/session.js'
import { homeTarget, ledgerEntries, PLATFORM_LEDGER, renewStamp } from '../../schema/forms/target.js'
import { ledgerDigest, newestVersion, platformDigest } from '../../schema/migration-files.js'

export const recordStandings = async (tx: Session, reached: Parameters<typeof recordHomeVersions>[0]): Promise<void> => {
  await tx.run(recordHomeVersions(reached))
}

/**
 * What a home has reached that failed: each file commits by itself, so that the catalog, which all others ask, has to hear of those before the one that
 * failed. Undefined where it has heard of all, or where the home cannot be asked.
 */
export function homeReached(platform: Platform, home: Home): Promise<Recorded | undefined> {
  return unlessUnknown(platform, home.schema, async () => {
    const { database } = await platform.tenantDatabase(home.databaseId)
    // Whoever reads the catalog sees no more need to come and tell the scopes.
    await database.run(renewStamp(homeTarget(database, home, { names: platform.names, tenantColumn: null, hidden: {} })))
    const entries = await database.rows(ledgerEntries(home.id))
    const digest = ledgerDigest(entries)
    if (digest === home.digest) return undefined
    return batched(recordStandings, { home: home.id, version: newestVersion(entries), applied: entries.length, digest })
  })
}

/** The same for platform tables. `wanted` is what a run that failed has not reached, even where it has applied all its files. */
export function platformReached(platform: Platform, id: string, wanted?: string): Promise<Recorded | undefined> {
  return unlessUnknown(platform, `platform ${id}`, async () => {
    const { database } = await platform.tenantDatabase(id)
    const digest = platformDigest(await database.rows(ledgerEntries(PLATFORM_LEDGER)), platform.config.hidden)
    return digest === wanted ? undefined : (tx) => tx.run(recordPlatformDigest(id, digest)).then(() => {})
  })
}

async function unlessUnknown<T>(platform: Platform, place: string, ask: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    platform.log.warn({ place, error: (error as Error).message }, 'how far it has come is not known: `tenantry drift scan` finds out')
    return undefined
  }
}
