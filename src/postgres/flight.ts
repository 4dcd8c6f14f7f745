import pg from 'pg'
import { serialize } from 'pg-protocol'
import { systemClock } from '../kernel/clock.js'
import { fault } from '../kernel/faults.js'
import type { FlightResult, Part, TextPage } from './part.js'
import { type Field, type Shape, shapeOf, typeName } from './shape.js'

export type { FlightResult, Part, RawRows, TextPage } from './part.js'

interface Prepared {
  readonly name: string
  /** How rows of this statement are read; unknown until it was described once. */
  shape: Shape | undefined
}

/** A connection with the prepared statements that it holds. `statements` is undefined where names must not be used (PgBouncer before 1.21). */
export interface WireConnection {
  readonly client: pg.Client
  /** Where it leads to, for messages. */
  readonly server: string
  readonly statements: Map<string, Prepared> | undefined
  /** Names that the server may or may not know after an error: closed ahead of the next flight. */
  readonly doubtful: string[]
  counter: number
  idleSince: number
  broken: boolean
  /** How long a flight may stay without its answer, unless it says otherwise. */
  readonly answerTimeoutMs: number
  /** When the answer that is waited for must be there; 0 when none is. The pool cuts a connection that is overdue. */
  answerBy: number
}

const MAX_STATEMENTS = 250

// What `pg` has and its types do not declare.
interface Wire {
  readonly stream: { write(bytes: Buffer): void }
  once(event: 'readyForQuery' | 'end', listener: () => void): void
  removeListener(event: 'readyForQuery' | 'end', listener: () => void): void
  sendCopyFail(reason: string): void
}
const DESCRIBE = serialize.describe({ type: 'P' })
const EXECUTE = serialize.execute({})
const SYNC = serialize.sync()

const kept = new WeakMap<Part, { readonly name: string; readonly message: Buffer }>()

function bindMessage(part: Part, statement: string, values: readonly unknown[]): Buffer {
  if (part.constant !== true) return serialize.bind({ statement, values: values as never[] })
  const known = kept.get(part)
  if (known?.name === statement) return known.message
  const message = serialize.bind({ statement, values: values as never[] })
  kept.set(part, { name: statement, message })
  return message
}

const { prepareValue } = (pg as unknown as { utils: { prepareValue(value: unknown): unknown } }).utils

/**
 * Sends all parts with one Sync and waits for the one answer: one round trip, one transaction (the implicit one of the extended protocol, unless
 * a part begins or has begun another). When a part fails, the server skips the rest and the promise rejects with its error; without an answer of the
 * server it rejects with CONNECTION_LOST, at the latest when the pool has noticed that the answer is overdue. `sent` is told when the parts have left,
 * at once; it is not when a value cannot be mapped.
 */
export function fly(
  connection: WireConnection,
  parts: readonly Part[],
  answerTimeoutMs = connection.answerTimeoutMs,
  sent?: () => void,
): Promise<FlightResult> {
  return new Promise((resolve, reject) => {
    let flight: Flight
    try {
      flight = new Flight(connection, parts, resolve, reject)
    } catch (error) {
      // A value that cannot be mapped: nothing has been sent.
      reject(error)
      return
    }
    connection.answerBy = systemClock.now() + answerTimeoutMs
    connection.client.query(flight as unknown as pg.Submittable)
    sent?.()
  })
}

// A class, against the habit of this house: `pg` wants an object with these methods for every statement, and a prototype makes that object cheap.
class Flight {
  private position = 0
  private readonly rows: Record<string, unknown>[] = []
  private tag = ''
  private error: unknown
  private readonly answering: number
  private readonly values: readonly (readonly unknown[])[]
  private shape: Shape | undefined
  private prepared: Prepared | undefined
  private fresh: { key: string; prepared: Prepared }[] | undefined
  private readonly limits: Part['page']
  private readonly raw: boolean
  private readonly lines: (readonly (string | null)[])[] = []
  private bytes = 0
  private suspended = false

  constructor(
    private readonly connection: WireConnection,
    private readonly parts: readonly Part[],
    private readonly resolve: (result: FlightResult) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    this.answering = parts.findIndex((part) => part.answers === true)
    this.limits = parts[this.answering]?.page
    this.raw = parts[this.answering]?.raw === true
    this.values = parts.map((part) => (part.constant === true ? part.values : part.values.map(prepareValue)))
  }

  submit(wire: Wire): void {
    const { statements, doubtful } = this.connection
    const messages: Buffer[] = []
    while (doubtful.length > 0) messages.push(serialize.close({ type: 'S', name: doubtful.pop()! }))
    for (let i = 0; i < this.parts.length; i++) {
      const part = this.parts[i]!
      const describe = i === this.answering
      if (statements === undefined) {
        messages.push(serialize.parse({ name: '', text: part.text }), bindMessage(part, '', this.values[i]!))
        if (describe) messages.push(DESCRIBE)
      } else {
        const prepared = this.prepare(messages, statements, part)
        messages.push(bindMessage(part, prepared.name, this.values[i]!))
        if (describe) {
          this.prepared = prepared
          this.shape = prepared.shape
          if (prepared.shape === undefined) messages.push(DESCRIBE)
        }
      }
      messages.push(part.page === undefined ? EXECUTE : serialize.execute({ rows: part.page.rows }))
    }
    messages.push(SYNC)
    // One write: on the wire a flight is one packet wherever it fits into one.
    wire.stream.write(Buffer.concat(messages))
  }

  private prepare(messages: Buffer[], statements: Map<string, Prepared>, part: Part): Prepared {
    const key = part.plan + part.text
    const known = statements.get(key)
    if (known !== undefined) return known
    if (statements.size >= MAX_STATEMENTS) {
      const [oldest, evicted] = statements.entries().next().value!
      statements.delete(oldest)
      messages.push(serialize.close({ type: 'S', name: evicted.name }))
    }
    // The first statements of every connection are those of the entry, so they have the same names everywhere and their messages can be kept.
    const prepared: Prepared = { name: `t${++this.connection.counter}`, shape: undefined }
    messages.push(serialize.parse({ name: prepared.name, text: part.text }))
    statements.set(key, prepared)
    this.fresh ??= []
    this.fresh.push({ key, prepared })
    return prepared
  }

  handleRowDescription(message: { fields: readonly Field[] }): void {
    this.shape = shapeOf(message.fields)
    if (this.prepared !== undefined) this.prepared.shape = this.shape
  }

  handleDataRow(message: { fields: readonly (string | null)[] }): void {
    if (this.position !== this.answering || this.shape === undefined) return
    if (this.raw) {
      this.lines.push(message.fields)
      return
    }
    if (this.limits !== undefined) {
      for (const text of message.fields) this.bytes += text === null ? 0 : text.length
      if (this.bytes <= this.limits.bytes) this.lines.push(message.fields)
      return
    }
    const { names, parsers, empty } = this.shape
    const row: Record<string, unknown> = { ...empty }
    try {
      for (let i = 0; i < names.length; i++) {
        const text = message.fields[i]!
        if (text !== null) row[names[i]!] = parsers[i]!(text)
      }
    } catch (error) {
      this.error ??= error
    }
    this.rows.push(row)
  }

  handleCommandComplete(message: { text: string }): void {
    if (this.position === this.answering) this.tag = message.text
    this.position++
  }

  handleEmptyQuery(): void {
    this.position++
  }

  handlePortalSuspended(): void {
    this.suspended = true
    this.position++
  }

  handleCopyInResponse(wire: Wire): void {
    wire.sendCopyFail('a scope copies with copyFrom')
  }

  handleCopyData(): void {}

  // After an error of the server `pg` forgets this object and takes ReadyForQuery itself. Only then is the connection's state known again, and only
  // then may it be handed on, so the rejection waits for it, or for the end of the connection.
  handleError(error: unknown, wire: Wire): void {
    const { statements, doubtful } = this.connection
    if (statements !== undefined) {
      const forget = (key: string, prepared: Prepared): void => {
        statements.delete(key)
        doubtful.push(prepared.name)
      }
      for (const { key, prepared } of this.fresh ?? []) forget(key, prepared)
      // A plan whose result type changed under it (DDL outside of migrations) is of no more use.
      const part = this.parts[this.answering]!
      if ((error as { code?: string }).code === '0A000' && part !== undefined && this.prepared !== undefined)
        forget(part.plan + part.text, this.prepared)
    }
    const { connection } = this
    const lose = (): void => {
      const overdue = connection.answerBy > 0 && connection.answerBy < systemClock.now()
      connection.broken = true
      connection.answerBy = 0
      const reason = overdue ? 'no answer came in time' : (error as Error).message
      this.reject(fault('CONNECTION_LOST', { server: connection.server, reason }, { cause: error }))
    }
    // A server that shuts down says so and goes; what is no error of the server's is one of the socket. (The severity is no help: it comes in the
    // server's language.)
    if (!(error instanceof pg.DatabaseError) || error.code?.startsWith('57P')) {
      lose()
      return
    }
    const settle = (end: () => void) => (): void => {
      wire.removeListener('readyForQuery', ready)
      wire.removeListener('end', gone)
      end()
    }
    const ready = settle(() => {
      connection.answerBy = 0
      this.reject(error)
    })
    const gone = settle(lose)
    wire.once('readyForQuery', ready)
    wire.once('end', gone)
  }

  handleReadyForQuery(): void {
    this.connection.answerBy = 0
    if (this.error !== undefined) {
      this.reject(this.error)
      return
    }
    const count = /(\d+)$/.exec(this.tag)
    this.resolve({
      rows: this.rows,
      count: count === null ? 0 : Number(count[1]),
      tag: this.tag,
      page: this.page(),
      raw: this.raw ? { fields: this.shape?.fields ?? [], lines: this.lines } : undefined,
    })
  }

  private page(): TextPage | undefined {
    if (this.limits === undefined) return undefined
    const { names = [], types = [] } = this.shape ?? {}
    return {
      columns: names.map((name, i) => ({ name, type: typeName(types[i]!) })),
      rows: this.lines,
      suspended: this.suspended,
      dropped: this.bytes > this.limits.bytes,
    }
  }
}
