import { databaseById } from '../../catalog/clusters.js'
import { type DriftClass, driftClasses, homesOfClass } from '../../catalog/drift.js'
import type { Home } from '../../catalog/homes.js'
import type { Fail } from '../../engine/operation.js'
import type { Platform } from '../../engine/platform.js'
import { visit } from '../../engine/visit.js'
import { readTracks } from '../../schema/check.js'
import { difference } from '../../schema/drift/difference.js'
import { fingerprintOfFacts } from '../../schema/drift/facts.js'
import { look } from '../../schema/drift/look.js'
import { rolesOf } from '../../schema/drift/mend.js'
import type { Difference } from '../../schema/drift/plan.js'
import { createExpectations } from './fingerprinting.js'

/** A class with what would mend it, as seen in the first of its homes. */
export interface Planned {
  readonly found: DriftClass
  readonly home: Home
  /** `database.schema` */
  readonly place: string
  readonly difference: Difference
}

/** Throws DRIFT_CLASS_UNKNOWN, and DRIFT_CHANGED when the home that it looks at is not of the class any more. */
export async function planClass(platform: Platform, name: string, fail: Fail<'DRIFT_CLASS_UNKNOWN' | 'DRIFT_CHANGED'>): Promise<Planned> {
  const found = await platform.catalog.maybe(driftClasses(name))
  const [home] = await platform.catalog.rows(homesOfClass(name))
  if (found === undefined || home === undefined) throw fail('DRIFT_CLASS_UNKNOWN', { class: name })
  const database = await platform.catalog.one(databaseById(home.databaseId))
  const place = `${database.name}.${home.schema}`
  const expectations = createExpectations(platform, await readTracks(platform.config, [home.track]).catch(() => new Map()))
  return visit(platform, database, async (opened) => {
    const actual = await look(opened, home, platform.names)
    if (fingerprintOfFacts(actual, 'all') !== found.fingerprint) throw fail('DRIFT_CHANGED', { home: place, class: name })
    const expected = await expectations(opened, database, home)
    return {
      found,
      home,
      place,
      difference:
        'facts' in expected ? difference(expected.facts, actual, rolesOf(home, platform.names)) : { mends: [], told: [expected.reason] },
    }
  })
}
