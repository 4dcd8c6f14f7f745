import { EventEmitter } from 'node:events'
import type { Driver } from '../client/driver.js'
import { fault } from '../kernel/faults.js'
import { escapeIdentifier, escapeLiteral, type ParserTable, parserTable, resultOf, type Types } from '../postgres/driver-shapes.js'

export interface QueryConfig {
  readonly text: string
  readonly values?: readonly unknown[]
  readonly rowMode?: 'array'
  readonly types?: Types
  readonly callback?: Callback
}

export type Callback = (error: unknown, result?: unknown) => void

/**
 * A client as `pg` has it, on a scope's connection. (A class, since ORMs look at prototypes and want an EventEmitter. Its name must not contain "Pool":
 * Drizzle takes what is called so for one.)
 */
export class TenantClient extends EventEmitter {
  readonly #driver: Driver
  readonly #parsers: ParserTable
  #released = false

  constructor(driver: Driver, types: Types | undefined) {
    super()
    this.setMaxListeners(0)
    this.#driver = driver
    this.#parsers = parserTable(types)
  }

  /** The tenant as the application named it. */
  get tenant(): string {
    return this.#driver.tenant
  }

  query(config: unknown, values?: unknown, callback?: unknown): unknown {
    const call = typeof values === 'function' ? (values as Callback) : (callback as Callback | undefined)
    if (typeof (config as { submit?: unknown } | null)?.submit === 'function') {
      this.#driver.submit(config as object)
      return config
    }
    const answer = this.#answer(config, typeof values === 'function' ? undefined : values)
    const told = call ?? (config as QueryConfig | null)?.callback
    if (typeof told !== 'function') return answer
    answer.then(
      // An error that the callback throws is the program's own, not this promise's.
      (result) => process.nextTick(told, null, result),
      (error) => process.nextTick(told, error),
    )
    return undefined
  }

  async #answer(config: unknown, given: unknown): Promise<unknown> {
    if (this.#released) throw fault('SCOPE_CLOSED', { tenant: this.tenant })
    const { text, values, rowMode, types } = (typeof config === 'string' ? { text: config } : (config ?? {})) as Partial<QueryConfig>
    if (typeof text !== 'string') throw fault('STATEMENT_REFUSED', { statement: `a query without text (${typeof text})` })
    const answer = await this.#driver.query(text, (given as readonly unknown[] | undefined) ?? values ?? [])
    return resultOf(answer, rowMode, types ?? this.#parsers)
  }

  connect(callback?: (error: unknown, client?: unknown) => void): Promise<this> | undefined {
    if (callback === undefined) return Promise.resolve(this)
    process.nextTick(callback, null, this)
    return undefined
  }

  /** What was begun and not committed is undone. The connection itself stays with the scope. */
  release(): void {
    this.#released = true
    this.#driver.close()
  }

  end(callback?: () => void): Promise<void> | undefined {
    this.release()
    if (callback === undefined) return Promise.resolve()
    process.nextTick(callback)
    return undefined
  }

  ref(): void {}
  unref(): void {}

  escapeIdentifier(name: string): string {
    return escapeIdentifier(name)
  }

  escapeLiteral(text: string): string {
    return escapeLiteral(text)
  }

  getTypeParser(oid: number, format?: 'text' | 'binary'): (text: string) => unknown {
    return this.#parsers.getTypeParser(oid, format)
  }

  /** Of this client only, as with `pg`. */
  setTypeParser(oid: number, format: unknown, parse?: unknown): void {
    this.#parsers.setTypeParser(oid, format, parse)
  }
}
