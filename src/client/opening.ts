import type { Resolved } from '../catalog/resolve.js'
import { type FlightResult, fly, type Part, type WireConnection } from '../postgres/flight.js'
import type { Known } from './entrance.js'
import { answerTimeoutOf, beginPart, entryParts, isRefusal, timeoutPart } from './entry.js'
import type { ScopeOptions } from './options.js'
import type { Ranges } from './ranges.js'
import type { Tokens } from './tokens.js'

export interface ScopeEntry {
  readonly resolved: Resolved
  readonly connection: WireConnection
}

/** Obtains a connection to where the tenant lives and sends the opening flight there, again if the placement was stale. */
export type Enter = (
  flight: (entry: ScopeEntry, entrance: Known) => Promise<FlightResult>,
) => Promise<{ entry: ScopeEntry; result: FlightResult }>

export interface Opening {
  readonly options: ScopeOptions
  readonly tokens: Tokens
  readonly ranges: Ranges | undefined
  readonly enter: Enter
}

export type Opened = { readonly entry: ScopeEntry } & ({ readonly result: FlightResult } | { readonly error: unknown })

/**
 * Begin, identity and the first statement in one flight. When it fails the transaction is gone, and this throws; but a statement within a savepoint takes
 * only that with it, and its error is answered.
 * @param along the savepoints that the first statement stands in.
 */
export async function openingFlight(
  { options, tokens, ranges, enter }: Opening,
  along: readonly Part[],
  statement: (resolved: Resolved) => Part,
): Promise<Opened> {
  let failure: { readonly error: unknown } | undefined
  const { entry, result } = await enter(async ({ connection, resolved }, entrance) => {
    const parts = [
      beginPart(options),
      ...timeoutPart(options, resolved),
      ...entryParts(resolved, options, entrance, tokens, ranges),
      ...along,
      statement(resolved),
    ]
    try {
      return await fly(connection, parts, answerTimeoutOf(options))
    } catch (error) {
      // (Where it was the entry that failed there is no savepoint to go back to either.)
      if (along.length === 0 || isRefusal(error) || connection.broken || connection.client.getTransactionStatus() !== 'E') throw error
      failure = { error }
      return NOTHING
    }
  })
  return failure === undefined ? { entry, result } : { entry, error: failure.error }
}

const NOTHING: FlightResult = { rows: [], count: 0, tag: '', page: undefined, raw: undefined }
