import { type ApiFault, faultOfProblem, unexpected, unreachable } from './fault.js'
import { begin, GATEWAY, type Input, type Line } from './line.js'
import { pauses } from './pauses.js'
import type { Route } from './route.js'
import { messageReader } from './server-sent.js'
import type { EventListOutput } from './wire.generated.js'

/** How far an operation has come. */
export interface OperationProgress {
  readonly event: 'progress'
  readonly operation: string
  readonly name: string
  readonly state: 'running' | 'undoing' | 'paused' | 'succeeded' | 'failed' | 'cancelled'
  /** The step that is under way; null when none is left. */
  readonly step: string | null
  readonly steps: { readonly done: number; readonly total: number }
  readonly wave: { readonly wave: number; readonly name: string; readonly of: number } | null
  /** The waves that are over. */
  readonly over: readonly { readonly wave: number; readonly name: string; readonly done: number; readonly failed: number }[]
  /** Items. */
  readonly total: number
  readonly waiting: number
  readonly done: number
  readonly failed: number
  readonly skipped: number
  /** Items that ended in a second, lately; null before two looks. */
  readonly perSecond: number | null
  readonly etaMs: number | null
  readonly waitsFor: string | null
}

export interface OperationItemFailed {
  readonly event: 'failed'
  readonly operation: string
  readonly item: string
  /** Slug of the tenant whose home it is. */
  readonly tenant: string | null
  readonly code: string
  readonly message: string
  readonly sqlstate: string | null
}

/** The last one: the operation has ended or paused. */
export interface OperationEnded {
  readonly event: 'ended'
  readonly operation: string
  readonly state: OperationProgress['state']
  readonly fault: { readonly code: string; readonly facts: Readonly<Record<string, unknown>>; readonly message: string } | null
}

export type OperationEvent = OperationProgress | OperationItemFailed | OperationEnded

/** Of the fleet: what was to come next is not kept any more, so that whatever is shown is to be asked for anew. The stream goes on behind `newest`. */
export interface FleetReset {
  readonly event: 'reset'
  readonly newest: string
}

/** Something that has happened, as `event.list` has it, or a reset. */
export type FleetEvent = (EventListOutput['data'][number] & { readonly event?: undefined }) | FleetReset

/** Operations that answer with a stream of events when they are asked to. */
export interface Streams {
  readonly 'operation.watch': OperationEvent
  /** From now on, or behind the event that `after` names; without an end. */
  readonly 'event.list': FleetEvent
}

/** The event after which nothing comes; null where something always may. A stream that ends without it was lost. */
export const LAST: { readonly [Name in keyof Streams]: string | null } = { 'operation.watch': 'ended', 'event.list': null }

export interface FollowOptions {
  /** Go on behind the event with this id. */
  readonly after?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * The events of a stream, over as many connections as that takes. One that is lost, or silent for too long, is made anew from where it was, if the server
 * has numbered its events, and otherwise from the beginning. Throws faults, and the reason of the signal.
 */
export async function* follow(
  line: Line,
  route: Route,
  input: Input,
  last: string | null,
  { after, signal }: FollowOptions,
): AsyncGenerator<unknown> {
  const pause = pauses(line.patienceMs)
  let [begun, position] = [false, after ?? '']
  for (;;) {
    const left = new AbortController()
    const either = signal === undefined ? left.signal : AbortSignal.any([signal, left.signal])
    const headers = { Accept: 'text/event-stream, application/problem+json', ...(position === '' ? {} : { 'Last-Event-ID': position }) }
    let lost: string
    let instead: ApiFault | undefined
    try {
      const response = await begin(line, route, input, { headers, signal: either })
      const refused = 'lost' in response ? undefined : await refusalOf(response)
      // A server that has just come back may not have its catalog yet, and all that were cut off ask at once.
      if (refused?.code === 'API_UNEXPECTED' && GATEWAY.includes(refused.status)) instead = refused
      else if (refused !== undefined && !(begun && (refused.status === 503 || refused.status === 429))) throw refused
      if ('lost' in response) lost = response.lost
      else if (refused !== undefined) lost = refused.cause
      else {
        begun = true
        const reader = messageReader(response.body, line.silenceMs, either)
        for (;;) {
          const message = await reader.next()
          if ('lost' in message) {
            lost = message.lost
            break
          }
          pause.reset()
          position = message.id ?? position
          if (message.data === undefined) continue
          yield dataOf(response, message.data)
          if (message.event === last) return
        }
      }
    } finally {
      left.abort()
    }
    if (!(await pause.next(signal))) throw instead ?? unreachable(line.url, lost)
  }
}

async function refusalOf(response: Response): Promise<ApiFault | undefined> {
  const type = response.headers.get('content-type') ?? ''
  if (response.ok && type.startsWith('text/event-stream')) return undefined
  if (response.ok || !type.startsWith('application/problem+json'))
    return unexpected(response.status, `${type || 'nothing'} in place of events`)
  return faultOfProblem(response, await response.json().catch(() => undefined))
}

function dataOf(response: Response, data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    throw unexpected(response.status, data.slice(0, 100))
  }
}
