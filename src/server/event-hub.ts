import type { Platform } from '../engine/platform.js'
import type { Log } from '../kernel/log.js'
import { type Audience, audience } from './hub/audience.js'
import { type FleetNews, fleetNews } from './hub/fleet-news.js'
import { type Newsroom, readInTurn } from './hub/newsroom.js'
import { type OperationNews, operationNews } from './hub/operation-news.js'

export interface StreamTimes {
  /** Between two looks. Default 500. */
  readonly everyMs: number
  /** A stream that has told nothing for so long says that it is alive. Default 15 s. */
  readonly silentMs: number
  /** How often readers' keys and sessions are asked for again. Default 5 s. */
  readonly keysMs: number
}

const TIMES: StreamTimes = { everyMs: 500, silentMs: 15_000, keysMs: 5_000 }

/** What all streams of a process read from: one look at a time for all of them, and none while nobody reads. */
export interface EventHub {
  /** Before a stream is opened; it counts until the reader's end. Throws RATE_LIMITED for a key that has too many open. */
  readonly admit: Audience['admit']
  /**
   * What happens to the platform, behind the event of this number, or from now on: of each event what this reader is told, if anything. `reset` where what
   * was to come next is not kept any more.
   */
  readonly fleet: FleetNews['stream']
  /** What happens to an operation: failures of items behind this one, and how far it is. Ends with `ended`. */
  readonly operation: OperationNews['stream']
  /** Ends the streams of a session that has just ended; another process notices within `keysMs`. */
  readonly endSession: (id: string) => void
  /** Ends the streams of those whose key, session or role is another by now. */
  readonly askAgain: () => void
  /** Ends every stream. */
  readonly end: () => void
}

export function eventHub(platform: Platform, log: Log, times: Partial<StreamTimes> = {}): EventHub {
  const { everyMs, silentMs, keysMs } = { ...TIMES, ...times }
  const look = async (): Promise<void> => {
    // What fails for one is told when all others have had their look.
    const ofFleet = await fleet.look().then(
      () => [],
      (error: unknown) => [error],
    )
    const errors = [...ofFleet, ...(await operations.look())]
    if (errors.length > 0) throw errors[0]
  }
  const readers = audience({ platform, log, everyMs, keysMs, look, forget: () => fleet.forget() })
  const room: Newsroom = { platform, join: readers.join, bell: readers.bell, silentMs, read: readInTurn(log) }
  const fleet = fleetNews(room)
  const operations = operationNews(room, everyMs)
  return {
    admit: readers.admit,
    fleet: fleet.stream,
    operation: operations.stream,
    endSession: (id) => readers.dismiss(({ asker }) => asker.sessionId === id),
    askAgain: readers.askAgain,
    end: readers.close,
  }
}
