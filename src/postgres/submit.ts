import pg from 'pg'
import { fault } from '../kernel/faults.js'
import type { WireConnection } from './flight.js'

/** What a driver's user hands over in place of a statement, as far as it is ours to touch: a cursor, a stream of rows, a COPY. */
export interface Submittable {
  readonly text: string
  /** Is it a COPY? */
  readonly copies: boolean
  /** Tells it that it will not run. */
  readonly refuse: (error: unknown) => void
  /** Was it closed before it could run? */
  readonly cancelled: () => boolean
  /** The object itself, which the connection speaks to. */
  readonly target: Target
}

interface Target {
  text?: unknown
  name?: unknown
  cursor?: Target
  submit(connection: unknown): void
  handleReadyForQuery(connection: unknown): void
  handleError(error: unknown, connection?: unknown): void
  close?(done?: (error?: unknown) => void): unknown
}

// What `pg` has and its types do not declare.
interface Wire {
  query(text: string): void
  parse(query: { text: string }, more?: boolean): void
  bind(config: object, more?: boolean): void
  describe(message: object, more?: boolean): void
  execute(config: object, more?: boolean): void
  sync(): void
  once(event: 'readyForQuery' | 'end', listener: () => void): void
  removeListener(event: 'readyForQuery' | 'end', listener: () => void): void
}

/** Throws STATEMENT_REFUSED for what has no text, or wants to give names to statements of a connection that others use next. */
export function submittableOf(object: object, copies: (text: string) => boolean): Submittable {
  const target = object as Target
  const inner = target.cursor ?? target
  if (typeof inner.text !== 'string' || inner.name) throw fault('STATEMENT_REFUSED', { statement: 'a named or unknown kind of query' })
  const text = inner.text
  let running = false
  let cancelled = false
  if (typeof inner.close === 'function') {
    const close = inner.close.bind(inner)
    inner.close = (done) => {
      if (!running) cancelled = true
      return close(done)
    }
    const submit = target.submit.bind(target)
    target.submit = (connection) => {
      running = true
      submit(connection)
    }
  }
  // Not at once: whoever made it must have had time to listen.
  const refuse = (error: unknown): void => void process.nextTick(() => target.handleError(error))
  return { text, copies: copies(text), refuse, cancelled: () => cancelled, target }
}

/** Runs it, and waits until the server is ready again. `over` is told at once, before the object itself is. */
export function submitted(connection: WireConnection, { target, cancelled, copies }: Submittable, over: () => void): Promise<void> {
  if (cancelled()) return Promise.resolve()
  return new Promise((resolve) => {
    const ended = (): void => {
      over()
      resolve()
    }
    const ready = target.handleReadyForQuery.bind(target)
    target.handleReadyForQuery = (wire) => {
      ended()
      ready(wire)
    }
    const fail = target.handleError.bind(target)
    // After an error of the server the driver forgets the object and takes ReadyForQuery itself.
    target.handleError = (error, wire) => {
      if (!(error instanceof pg.DatabaseError)) {
        connection.broken = true
        ended()
      } else {
        const settle = (): void => {
          line.removeListener('readyForQuery', settle)
          line.removeListener('end', settle)
          resolve()
        }
        over()
        const line = wire as Wire
        line.once('readyForQuery', settle)
        line.once('end', settle)
      }
      fail(error, wire)
    }
    const submit = target.submit.bind(target)
    // The streams of COPY read the socket themselves, and know the answers of the simple protocol only.
    target.submit = (wire) => submit(copies ? wire : extended(wire as Wire))
    connection.client.query(target as unknown as pg.Submittable)
  })
}

/** The same connection, on which a text is one statement, whatever it holds. */
function extended(wire: Wire): Wire {
  return new Proxy(wire, {
    get: (of, property) => {
      if (property !== 'query') {
        const value = Reflect.get(of, property) as unknown
        return typeof value === 'function' ? value.bind(of) : value
      }
      return (text: string): void => {
        of.parse({ text })
        of.bind({})
        of.describe({ type: 'P' })
        of.execute({})
        of.sync()
      }
    },
  })
}

/** Throws what the server says of a text that is not one statement; runs nothing of it. */
export async function assertSingle(connection: WireConnection, text: string): Promise<void> {
  let failure: { readonly error: unknown } | undefined
  const target: Target = {
    text,
    submit: (wire) => {
      ;(wire as Wire).parse({ text })
      ;(wire as Wire).sync()
    },
    handleReadyForQuery: () => {},
    handleError: (error) => {
      failure = { error }
    },
  }
  await submitted(connection, { text, target, copies: true, refuse: () => {}, cancelled: () => false }, () => {})
  if (failure !== undefined) throw failure.error
}
