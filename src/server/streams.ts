import type { EventRow } from '../catalog/events.js'
import { operationById } from '../catalog/operations.js'
import { describeEvent } from '../engine/event-row.js'
import type { Caller } from '../engine/operation.js'
import type { Platform } from '../engine/platform.js'
import { parseInput } from '../engine/submit.js'
import { fault } from '../kernel/faults.js'
import { listAllEvents } from '../operations/event/list.js'
import { tenantOfFilter } from '../operations/event/row.js'
import { watchOperation } from '../operations/operation/watch.js'
import { admit } from './admit.js'
import type { AnswerContext } from './answer.js'
import { refuseKeyInAddress } from './authenticate.js'
import { readConditions } from './conditional.js'
import type { EventHub } from './event-hub.js'
import { eventStream, wantsEvents } from './event-stream.js'
import type { Reader } from './hub/audience.js'
import { readPosition } from './hub/failure-position.js'
import type { Message } from './hub/message.js'
import { readInput } from './input.js'
import { mayRun } from './policy.js'
import type { Route } from './routes.js'

interface Asked {
  readonly platform: Platform
  readonly hub: EventHub
  readonly caller: Caller
  readonly input: Readonly<Record<string, unknown>>
  /** The header Last-Event-ID. */
  readonly last: string | undefined
}

/** What is wrong with the question is told before the stream begins. */
type Open = (asked: Asked) => Promise<(reader: Reader) => AsyncGenerator<Message>>

/** Operations whose answer may also be a stream, by name. */
const STREAMS: Readonly<Record<string, Open>> = {
  'event.list': openFleet,
  'operation.watch': openOperation,
}

export const isStreamed = (operation: { readonly name: string }): boolean => Object.hasOwn(STREAMS, operation.name)

/** It may be waited for in JSON as well, for long. */
export const waits = ({ operation }: Route): boolean => operation.name === watchOperation.name

export const asksForStream = (route: Route, request: Request): boolean => isStreamed(route.operation) && wantsEvents(request)

/** One request for a stream: who asks, with what, may they. Throws faults. */
export async function answerWithStream(request: Request, route: Route, hub: EventHub, context: AnswerContext): Promise<Response> {
  const { platform, log, path } = context
  refuseKeyInAddress(request)
  const asker = await admit(request, context)
  const { caller, input } = await mayRun(platform, asker, route.operation, await readInput(request, route, path))
  if (readConditions(request, true).ifNoneMatch !== undefined)
    throw fault('INPUT_INVALID', { issues: ['If-None-Match: a stream has no version; it goes on behind the header Last-Event-ID'] })
  const last = request.headers.get('last-event-id') ?? undefined
  const open = await STREAMS[route.operation.name]!({ platform, hub, caller, input, last })
  const reader: Reader = { asker, end: new AbortController() }
  // HEAD opens none.
  if (request.method !== 'HEAD') hub.admit(reader)
  return eventStream(request, reader, () => open(reader), log)
}

const foreign = () => fault('INPUT_INVALID', { issues: ['Last-Event-ID: is not one that this stream handed out'] })

async function openFleet({ platform, hub, caller, input, last }: Asked): ReturnType<Open> {
  const given = parseInput(listAllEvents, input) as { type?: string; tenant?: string; operation?: string; cursor?: string }
  if (given.cursor !== undefined)
    throw fault('INPUT_INVALID', { issues: ['cursor: is for pages; a stream goes on behind the header Last-Event-ID'] })
  if (last !== undefined && !/^\d{1,15}$/.test(last)) throw foreign()
  const tenant = await tenantOfFilter(platform, given.tenant, caller)
  const tell = (row: EventRow): Message | undefined => {
    const event = describeEvent(row, caller)
    const wanted =
      (caller.onlyTenant === undefined || event.tenant === caller.onlyTenant) &&
      (tenant === null || event.tenant === tenant) &&
      (given.type === undefined || event.type === given.type) &&
      (given.operation === undefined || event.operationId === given.operation)
    return wanted ? { id: event.id, data: event } : undefined
  }
  return (reader) => hub.fleet(reader, last === undefined ? undefined : Number(last), tell)
}

async function openOperation({ platform, hub, input, last }: Asked): ReturnType<Open> {
  const { operation: id } = parseInput(watchOperation, input) as { operation: string }
  const from = last === undefined ? undefined : readPosition(last)
  if (last !== undefined && from === undefined) throw foreign()
  if ((await platform.catalog.maybe(operationById(id))) === undefined) throw fault('OPERATION_NOT_FOUND', { operation: id })
  return (reader) => hub.operation(reader, id, from)
}
