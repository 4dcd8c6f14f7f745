import { type DueFacts, dueClusters, dueTenants, factsAreKept } from '../catalog/kept-facts.js'
import { keepClusterFacts, keepTenantFacts } from '../isolation/kept-facts.js'
import { systemClock } from '../kernel/clock.js'
import type { Sql } from '../kernel/sql.js'
import type { Platform } from './platform.js'

// A database that is down, or older than the table, is left alone for a while.
const REST_MS = 60_000

/** Databases that could not be written to, and until when they are left alone. */
export type Resting = Map<string, number>

/**
 * Carries what has changed in the catalog to where its tenants live, until nothing is due or the time is over. What cannot be carried stays due. Throws
 * only what stands in the way of asking the catalog.
 */
export async function keepFacts(platform: Platform, resting: Resting = new Map(), withinMs = REST_MS): Promise<void> {
  const deadline = systemClock.now() + withinMs
  for (const [due, keep] of [
    [dueClusters, keepClusterFacts],
    [dueTenants, keepTenantFacts],
  ] as const) {
    for (let more = true; more && systemClock.now() < deadline; ) {
      const now = systemClock.now()
      for (const [database, until] of resting) if (until < now) resting.delete(database)
      const found = await platform.catalog.rows(due([...resting.keys()]))
      more = found.length > 0
      for (const [database, facts] of byDatabase(found)) await carry(platform, resting, keep, database, facts)
    }
  }
}

async function carry(
  platform: Platform,
  resting: Resting,
  keep: (facts: readonly DueFacts[]) => Sql,
  databaseId: string | null,
  facts: readonly DueFacts[],
): Promise<void> {
  if (databaseId !== null) {
    try {
      const { database } = await platform.tenantDatabase(databaseId)
      await database.run(keep(facts))
    } catch (error) {
      resting.set(databaseId, systemClock.now() + REST_MS)
      platform.log.info({ database: databaseId, error: (error as Error).message }, 'facts could not be kept beside the tenants')
      return
    }
  }
  await platform.catalog.run(factsAreKept(facts))
}

function byDatabase(found: readonly DueFacts[]): ReadonlyMap<string | null, readonly DueFacts[]> {
  const groups = new Map<string | null, DueFacts[]>()
  for (const one of found) groups.set(one.databaseId, [...(groups.get(one.databaseId) ?? []), one])
  return groups
}
