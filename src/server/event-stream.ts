import type { Platform } from '../engine/platform.js'
import { followOperation } from '../engine/progress.js'
import type { Log } from '../kernel/log.js'

// Whatever stands in between may close what is silent for a minute; a look comes twice a second, and each is an event.
const HEADERS = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' }

export const wantsEvents = (request: Request): boolean =>
  (request.headers.get('accept') ?? '').split(',').some((type) => type.split(';')[0]!.trim().toLowerCase() === 'text/event-stream')

/** What happens to an operation as server-sent events: `failed`, `progress`, and `ended` as the last. The reader's leaving ends it. */
export function operationEvents(platform: Platform, id: string, request: Request, log: Log): Response {
  const left = new AbortController()
  const signal = AbortSignal.any([left.signal, request.signal])
  const events = followOperation(platform, id, { signal })
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      try {
        const { value, done } = await events.next()
        if (done || value === undefined) return controller.close()
        controller.enqueue(encoder.encode(`event: ${value.event}\ndata: ${JSON.stringify(value)}\n\n`))
      } catch (error) {
        log.warn({ operation: id, error: (error as Error).message }, 'an event stream has ended early')
        controller.close()
      }
    },
    cancel: () => left.abort(),
  })
  return new Response(body, { headers: HEADERS })
}
