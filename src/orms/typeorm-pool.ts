import { EventEmitter } from 'node:events'
import { isFault } from '../kernel/faults.js'
import type { TenantPool } from '../pool/tenant-pool.js'

type Done<T> = (error: unknown, result?: T) => void

// What TypeORM asks at its start, before anybody is a tenant. It builds nothing for a tenant on these answers but statements of its schema tools.
const AT_THE_START: ReadonlyMap<string, Readonly<Record<string, string>>> = new Map([
  ['SELECT version()', { version: 'PostgreSQL 15.0' }],
  ['SELECT * FROM current_database()', { current_database: 'the-tenant' }],
  ['SELECT * FROM current_schema()', { current_schema: 'the-home' }],
])

/** Stands in where no scope is open: answers what TypeORM asks at its start, and refuses all else with the fault of being outside. */
function outside(reason: unknown): EventEmitter {
  const query = (text: string, values?: unknown, done?: Done<unknown>): Promise<unknown> | undefined => {
    const callback = typeof values === 'function' ? (values as Done<unknown>) : done
    const row = AT_THE_START.get(text)
    const answer = row === undefined ? Promise.reject(reason) : Promise.resolve({ command: 'SELECT', rowCount: 1, rows: [row], fields: [] })
    if (callback === undefined) return answer
    answer.then(
      (result) => callback(undefined, result),
      (error: unknown) => callback(error),
    )
    return undefined
  }
  return Object.assign(new EventEmitter(), { query, release: () => {} })
}

/** What TypeORM takes for the driver: it makes a pool of it by `new`. */
export function typeormDriver(pool: TenantPool): { readonly Pool: new () => object; readonly defaults: object } {
  const connect = (done: (error: unknown, client?: unknown, release?: () => void) => void): void => {
    pool.connect().then(
      (client) => done(undefined, client, () => client.release()),
      (error: unknown) => {
        if (!isFault(error, 'SCOPE_MISSING')) return done(error)
        const client = outside(error)
        done(undefined, client, () => {})
      },
    )
  }
  const scoped = Object.assign(new EventEmitter(), { connect, end: (done: Done<void>) => done(undefined) })
  return {
    Pool: class {
      constructor() {
        // biome-ignore lint/correctness/noConstructorReturn: TypeORM makes its pool by `new`, and ours is there already.
        return scoped
      }
    },
    defaults: {},
  }
}
