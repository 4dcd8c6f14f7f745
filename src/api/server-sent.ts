import { type Lost, reasonOf } from './line.js'

/** One server-sent event. */
export interface Message {
  readonly event: string
  /** Undefined where the server only says how far the stream has come. */
  readonly data: string | undefined
  /** Where in the stream it stands, if the server says. */
  readonly id: string | undefined
}

export interface MessageReader {
  /** The next event, or why there is none. Rejects with the reason of the signal that the body was asked for with. */
  readonly next: () => Promise<Message | Lost>
}

/** Reads a body as server-sent events. Silence of so many milliseconds is a loss as well: of a line that is cut, nobody hears. */
export function messageReader(body: ReadableStream<Uint8Array> | null, silenceMs: number, signal: AbortSignal): MessageReader {
  const reader = body?.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let draft: { event: string; data: string[]; id: string | undefined } = { event: 'message', data: [], id: undefined }

  /** The next whole event of what has come, if there is one. */
  const whole = (): Message | undefined => {
    // A carriage return at the very end may be half of a line's end.
    for (let end = /\r\n|\n|\r(?!$)/.exec(text); end !== null; end = /\r\n|\n|\r(?!$)/.exec(text)) {
      const line = text.slice(0, end.index)
      text = text.slice(end.index + end[0].length)
      if (line !== '') {
        take(line)
        continue
      }
      const { event, data, id } = draft
      draft = { event: 'message', data: [], id: undefined }
      if (data.length > 0 || id !== undefined) return { event, data: data.length > 0 ? data.join('\n') : undefined, id }
    }
    return undefined
  }
  const take = (line: string): void => {
    const colon = line.indexOf(':')
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'data') draft.data.push(value)
    else if (field === 'event') draft.event = value
    else if (field === 'id') draft.id = value
    // A line without a name is a comment, which says that the line is up.
  }

  return {
    next: async () => {
      for (;;) {
        const message = whole()
        if (message !== undefined) return message
        if (reader === undefined) return { lost: 'the stream has no body' }
        let timer: ReturnType<typeof setTimeout> | undefined
        const silence = new Promise<'silence'>((resolve) => {
          timer = setTimeout(() => resolve('silence'), silenceMs)
        })
        try {
          const found = await Promise.race([reader.read(), silence])
          if (found === 'silence') return { lost: `nothing was heard for ${silenceMs} ms` }
          if (found.done) return { lost: 'the stream has ended too early' }
          text += decoder.decode(found.value, { stream: true })
        } catch (error) {
          signal.throwIfAborted()
          return { lost: reasonOf(error) }
        } finally {
          clearTimeout(timer)
        }
      }
    },
  }
}
