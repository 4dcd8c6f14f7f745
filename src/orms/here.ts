import { type Place, placeOf } from '../client/ambient.js'
import { ownerOf } from '../client/driver.js'
import { isOver, type Level } from '../client/level.js'
import type { Tenantry } from '../client/tenantry.js'

/** Where the caller stands among the scopes of this Tenantry; what was open there may have ended. */
export const placeHere = (tenantry: Tenantry): Place | undefined => placeOf(ownerOf(tenantry))

/**
 * The transaction in which the caller stands, as a key for what must not be shared between two of them; undefined outside of any that is open. A
 * transaction nested in a scope is one of its own.
 */
export function levelHere(tenantry: Tenantry): Level | undefined {
  const place = placeHere(tenantry)
  return place === undefined || place.line.closed || isOver(place.level) ? undefined : place.level
}
