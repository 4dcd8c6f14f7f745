import { randomBytes } from '../kernel/clock.js'
import { base32 } from '../kernel/identifiers.js'
import { type FleetOptions, removeFleet } from './fleet-facts.js'
import { makeFleet } from './make-fleet.js'
import { type Fleet, openFleet } from './open-fleet.js'

export type { Fleet, FleetOptions }

/** Makes a platform, a cluster and tenants on a server that may be used for tests. Throws what the operations throw, and leaves nothing then. */
export const startFleet = (options: FleetOptions): Promise<Fleet> => startFleetOf(options)

/** The same, whose catalog is copied from a database of its server with an empty one, where that is named: quicker by a sixth of a second. */
export async function startFleetOf(options: FleetOptions, catalogTemplate?: string): Promise<Fleet> {
  const { facts, platform } = await makeFleet(base32(randomBytes(5)), options, catalogTemplate)
  return openFleet(facts, platform, options, () => removeFleet(facts))
}
