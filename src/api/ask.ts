import { isApiFault, unreachable } from './fault.js'
import { exchange, type Input, type Line, type Received } from './line.js'
import { pauses, sleep } from './pauses.js'
import type { Route } from './route.js'

// Where a server that has no room does not say when it has.
const ROOM_MS = 1_000

export interface AskOptions {
  /** Made up for each change unless one is given: the same key with the same input is one change, however often it is sent. */
  readonly idempotencyKey?: string | undefined
  /** The `etag` of what was looked at: where that has changed meanwhile, the change is refused. */
  readonly ifMatch?: string | undefined
  /** Answer as soon as it is journaled; `operation` names it, and there is no output. Only for what has steps. */
  readonly detach?: boolean | undefined
  /** Whoever asks waits no longer. What is journaled goes on. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Asks for an operation, and again with the same key while the connection is lost, until it is known what came of it. What was accepted
 * meanwhile, or is at work, is waited for. Throws faults, and the reason of the signal.
 */
export async function ask(line: Line, route: Route, input: Input, options: AskOptions): Promise<Received> {
  const { signal, detach = false } = options
  const key = route.method === 'GET' ? undefined : (options.idempotencyKey ?? newKey())
  const [lost, running] = [pauses(line.patienceMs), pauses(Number.POSITIVE_INFINITY)]
  // Was a request lost, is it known since that the operation was accepted, and was that told after the last that was lost?
  let [again, accepted, told] = [false, false, false]
  for (;;) {
    // A server that has accepted it answers so at once; one that knows nothing of it accepts it now.
    const asks = again && !told && route.steps && !detach
    const headers = {
      ...(key === undefined ? {} : { 'Idempotency-Key': key }),
      ...(options.ifMatch === undefined ? {} : { 'If-Match': options.ifMatch }),
      ...(asks || detach ? { Prefer: 'respond-async' } : {}),
    }
    try {
      const found = await exchange(line, route, input, { headers, signal })
      if ('lost' in found) {
        // Whoever has not waited for a read waits no longer for the next, and each is work anew.
        if (key === undefined && found.fault?.status === 504) throw found.fault
        if (!(await lost.next(signal))) throw found.fault ?? unreachable(line.url, found.lost)
        ;[again, told] = [true, false]
      } else if (asks && found.response.status === 202) {
        ;[accepted, told] = [true, true]
        lost.reset()
      } else return found
    } catch (error) {
      if (!isApiFault(error)) throw error
      // A server that answers is there. (One that has just come back may not have its catalog yet.)
      if (error.status !== 503) lost.reset()
      if (accepted && error.code === 'OPERATION_STATE') await running.next(signal)
      // What is not journaled: whoever was asked first is at work on it.
      else if (error.code === 'REQUEST_RUNNING') await running.next(signal)
      // Whoever is told now that nothing has happened would take it for all that has.
      else if ((again || accepted) && error.status === 429) await sleep(error.retryAfterMs ?? ROOM_MS, signal)
      else if (!(again && error.status === 503 && (await lost.next(signal)))) throw error
    }
  }
}

/** As random as a UUID. `crypto.randomUUID` is not there on pages without TLS. */
const newKey = (): string => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
