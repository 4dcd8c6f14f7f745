import { randomBytes } from '../kernel/clock.js'
import { base32 } from '../kernel/identifiers.js'
import { type FleetOptions, removeFleet } from './fleet-facts.js'
import { makeFleet } from './make-fleet.js'
import { type Fleet, openFleet } from './open-fleet.js'

export type { Fleet, FleetOptions }

/** Makes a platform, a cluster and tenants on a server that may be used for tests. Throws what the operations throw, and leaves nothing then. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { facts, platform } = await makeFleet(base32(randomBytes(5)), options)
  return openFleet(facts, platform, options, () => removeFleet(facts))
}
