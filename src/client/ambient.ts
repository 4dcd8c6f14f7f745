import { AsyncLocalStorage } from 'node:async_hooks'
import type { Level } from './level.js'
import type { Line } from './line.js'

/** Where a piece of work stands: in which scope, and in which of its nested transactions. */
export interface Place {
  readonly line: Line
  readonly level: Level
  /** What it stands in besides, of another Tenantry: each has scopes of its own. */
  readonly outer: Place | undefined
}

const storage = new AsyncLocalStorage<Place>()

/** Where the caller stands among the scopes of one Tenantry; the scope may have ended since. */
export function placeOf(owner: object): Place | undefined {
  let place = storage.getStore()
  while (place !== undefined && place.line.owner !== owner) place = place.outer
  return place
}

/**
 * Runs work in a scope. `body` is called and awaited inside: what an ORM answers is often a promise that starts only when somebody waits for it, and
 * outside it would start without a tenant.
 */
export function workAt<T>(line: Line, level: Level, body: () => PromiseLike<T>): Promise<T> {
  let outer = storage.getStore()
  // Chains do not grow where work begins work: a scope of the same Tenantry is replaced.
  while (outer !== undefined && (outer.line.owner === line.owner || outer.line.closed)) outer = outer.outer
  return storage.run({ line, level, outer }, async () => await body())
}
