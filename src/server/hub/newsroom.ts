import type { Platform } from '../../engine/platform.js'
import type { Log } from '../../kernel/log.js'
import { turns } from '../../postgres/turns.js'
import type { Audience } from './audience.js'
import type { Bell } from './bell.js'

/** What streams are told from. */
export interface Newsroom {
  readonly platform: Platform
  readonly join: Audience['join']
  readonly bell: () => Bell
  /** A stream that has told nothing for so long says that it is alive. */
  readonly silentMs: number
  /** By a reader for itself: of many that are behind, few ask at once. Undefined where it could not be done: the stream waits. */
  readonly read: <T>(body: () => Promise<T>) => Promise<T | undefined>
}

/** How long a stream waits that could not be read on. */
export const REST_MS = 2_000
// Of the catalog's eight connections.
const READERS_AT_ONCE = 2
const PATIENCE_MS = 60_000

export function readInTurn(log: Log): Newsroom['read'] {
  const takeTurn = turns(READERS_AT_ONCE, PATIENCE_MS)
  return async (body) => {
    const giveBack = await takeTurn()
    try {
      return giveBack === undefined ? undefined : await body()
    } catch (error) {
      log.info({ error: (error as Error).message }, 'a stream could not be read on; it waits')
      return undefined
    } finally {
      giveBack?.()
    }
  }
}
