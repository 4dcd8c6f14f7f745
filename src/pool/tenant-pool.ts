import { ambientAt, openDriver, ownerOf, scopeHandleAt } from '../client/driver.js'
import { OWNER } from '../client/joining.js'
import type { At, Scope } from '../client/scope.js'
import type { Tenantry } from '../client/tenantry.js'
import { DriverPool, type Types } from '../postgres/driver-shapes.js'
import { type Callback, TenantClient } from './tenant-client.js'

export interface TenantPoolOptions {
  /**
   * The `pg` that the ORM itself loads, where that is another copy than this package's: the pool is then an instance of its `Pool`, and its type parsers
   * apply. Default: this package's.
   */
  readonly pg?: { readonly Pool: typeof DriverPool; readonly types: unknown }
}

/** A pool by its looks: it has no connection of its own, and what asks it for one gets the one of a scope. */
export type TenantPool = DriverPool

/**
 * A `pg.Pool` for objects that live as long as the process, such as an ORM's: each statement runs in the scope that is open where it is asked for.
 * Outside of every scope it throws SCOPE_MISSING, after its end SCOPE_CLOSED. `end()` ends nothing; close the Tenantry.
 */
export function tenantPool(tenantry: Tenantry, options: TenantPoolOptions = {}): TenantPool {
  const owner = ownerOf(tenantry)
  return poolOver(() => ambientAt(owner), options)
}

/** A `pg.Pool` of one scope, for those who hand the tenant on themselves. After the scope it throws SCOPE_CLOSED. */
export function poolOf(scope: Scope, options: TenantPoolOptions = {}): TenantPool {
  scopeHandleAt(scope)
  return poolOver(() => scopeHandleAt(scope), options)
}

/** Either of them, for doors that take both. */
export const poolFor = (of: Tenantry | Scope, options?: TenantPoolOptions): TenantPool =>
  OWNER in of ? tenantPool(of as Tenantry, options) : poolOf(of as Scope, options)

function poolOver(at: () => At, { pg }: TenantPoolOptions): TenantPool {
  const types = pg?.types as Types | undefined
  const client = (): TenantClient => new TenantClient(openDriver(at()), types)

  // A class, since ORMs ask whether it is an instance of pg's.
  class ScopePool extends (pg?.Pool ?? DriverPool) {
    override connect(callback?: unknown): never {
      return settle(
        async () => client(),
        callback === undefined
          ? undefined
          : (error, made) => (callback as Connected)(error, made as TenantClient, () => (made as TenantClient)?.release()),
      ) as never
    }

    override query(config: unknown, values?: unknown, callback?: unknown): never {
      const told = [callback, values].find((argument) => typeof argument === 'function') as Callback | undefined
      if (typeof (config as { submit?: unknown } | null)?.submit === 'function') return client().query(config) as never
      return settle(async () => {
        const made = client()
        try {
          return await made.query(config, typeof values === 'function' ? undefined : values)
        } finally {
          made.release()
        }
      }, told) as never
    }

    override end(callback?: unknown): never {
      return settle(async () => {}, callback as Callback | undefined) as never
    }
  }
  return new ScopePool({ allowExitOnIdle: true }) as TenantPool
}

type Connected = (error: unknown, client: TenantClient | undefined, release: () => void) => void

/** A promise, or the callback that was given. */
function settle(body: () => Promise<unknown>, callback: Callback | undefined): Promise<unknown> | undefined {
  const answer = body()
  if (callback === undefined) return answer
  answer.then(
    (result) => process.nextTick(callback, null, result),
    (error) => process.nextTick(callback, error),
  )
  return undefined
}
