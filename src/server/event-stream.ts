import type { Log } from '../kernel/log.js'
import type { Reader } from './hub/audience.js'
import type { Message } from './hub/message.js'

// Whatever stands in between may close what is silent for a minute, and must not keep anything back.
const HEADERS = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' }

// A client that was cut off comes back so soon.
const RETRY_MS = 1_000

export const wantsEvents = (request: Request): boolean =>
  (request.headers.get('accept') ?? '').split(',').some((type) => type.split(';')[0]!.trim().toLowerCase() === 'text/event-stream')

/**
 * Messages as server-sent events, for as long as both want: the reader's leaving ends it, as does the reader's end for whatever reason. Nothing is read
 * ahead of the reader. HEAD opens nothing.
 */
export function eventStream(request: Request, reader: Reader, open: () => AsyncGenerator<Message>, log: Log): Response {
  if (request.method === 'HEAD') return new Response(null, { headers: HEADERS })
  const messages = open()
  const encoder = new TextEncoder()
  const { signal } = reader.end
  let over = false
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      const close = (): void => {
        if (over) return
        over = true
        controller.close()
        void messages.return(undefined).catch(() => {})
      }
      // Also for a reader that has stalled.
      signal.addEventListener('abort', close, { once: true })
      if (request.signal.aborted) reader.end.abort()
      request.signal.addEventListener('abort', () => reader.end.abort(), { once: true })
      controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n`))
      if (signal.aborted) close()
    },
    pull: async (controller) => {
      try {
        const { value, done } = await messages.next()
        if (over) return
        if (!done) return controller.enqueue(encoder.encode(written(value)))
      } catch (error) {
        log.warn({ actor: reader.asker.actor, error: (error as Error).message }, 'an event stream has ended early')
      }
      reader.end.abort()
    },
    cancel: async () => {
      over = true
      reader.end.abort()
      await messages.return(undefined)
    },
  })
  return new Response(body, { headers: HEADERS })
}

/** One with neither data nor id is a comment: the connection lives. */
function written({ id, event, data }: Message): string {
  const lines = [
    ...(data === undefined ? [': alive'] : []),
    ...(id === undefined ? [] : [`id: ${id}`]),
    ...(event === undefined ? [] : [`event: ${event}`]),
    ...(data === undefined ? [] : [`data: ${JSON.stringify(data)}`]),
  ]
  return `${lines.join('\n')}\n\n`
}
