import type { Resolved } from '../catalog/resolve.js'
import type { Log } from '../kernel/log.js'
import { passwordOf } from '../kernel/own-password.js'
import { addressOf, type Transport, tlsOfLine } from '../postgres/connection.js'
import type { Cutter } from '../postgres/cutter.js'
import { fly, type WireConnection } from '../postgres/flight.js'
import { isLoopback, type TlsFacts } from '../postgres/transport.js'
import { openWirePool, type WirePool } from '../postgres/wire-pool.js'

export interface PoolsOptions {
  readonly secrets: (reference: string) => string
  readonly transport?: Transport
  readonly maxConnections?: number
  readonly maxIdlePools?: number
  readonly acquireTimeoutMs?: number
  readonly idleTimeoutMs?: number
  readonly answerTimeoutMs?: number
  readonly applicationName?: string
  readonly log?: Log
  readonly cutter?: Cutter
}

/** One pool for each database and login. */
export interface Pools {
  readonly poolOf: (place: Resolved) => WirePool
  readonly connections: () => { readonly open: number; readonly idle: number; readonly waiting: number }
  readonly end: () => Promise<unknown>
}

export function createPools(options: PoolsOptions): Pools {
  const pools = new Map<string, WirePool>()
  const poolByPlace = new WeakMap<Resolved, WirePool>()

  const poolOf = (place: Resolved): WirePool => {
    const nearest = poolByPlace.get(place)
    if (nearest !== undefined) return nearest
    const pool = poolAt(place)
    poolByPlace.set(place, pool)
    return pool
  }

  const poolAt = (place: Resolved): WirePool => {
    const sslmode = place.sslmode ?? (place.tls ? 'verify-full' : 'disable')
    const key = `${place.host}:${place.port}/${place.database}/${place.login} ${place.secret} ${sslmode} ${place.ca ?? ''}`
    const known = pools.get(key)
    if (known !== undefined) return known
    // A secret that cannot be read is told before anything is opened.
    options.secrets(place.secret)
    const line = { ...place, sslmode, ca: place.ca ?? null }
    const tlsNow = (): TlsFacts => tlsOfLine(line, `the cluster of tenant "${place.slug}"`, options.secrets, options.transport)
    const tls = tlsNow()
    if (sslmode !== 'verify-full' && !isLoopback(place.host))
      options.log?.warn({ server: addressOf(place), sslmode }, 'nobody knows who answers there; passwords and rows go there all the same')
    const pool = openWirePool(
      {
        host: place.host,
        port: place.port,
        user: place.login,
        database: place.database,
        ...tls,
        // Read for each connection: what a reference stands for may be changed in its place.
        get password() {
          return passwordOf(place.login, options.secrets(place.secret))
        },
        get ca() {
          return tlsNow().ca
        },
      },
      {
        max: options.maxConnections ?? 10,
        prepare: place.pooler === 'none',
        acquireTimeoutMs: options.acquireTimeoutMs ?? 10_000,
        idleTimeoutMs: options.idleTimeoutMs ?? 30_000,
        answerTimeoutMs: options.answerTimeoutMs ?? 90_000,
        applicationName: options.applicationName ?? 'tenantry',
        cutter: options.cutter,
        onOpen: shed,
      },
    )
    pools.set(key, pool)
    return pool
  }

  /** Another connection was opened: if it is one too many, the pool that has rested longest gives its own up. */
  const shed = (): void => {
    const resting = [...pools.values()].filter((pool) => pool.idleSince() !== undefined)
    if (resting.length <= (options.maxIdlePools ?? 100)) return
    resting.reduce((a, b) => (b.idleSince()! < a.idleSince()! ? b : a)).closeIdle()
  }

  return {
    poolOf,
    connections: () => {
      const sum = { open: 0, idle: 0, waiting: 0 }
      for (const pool of pools.values()) {
        const counts = pool.counts()
        sum.open += counts.open
        sum.idle += counts.idle
        sum.waiting += counts.waiting
      }
      return sum
    },
    end: () => Promise.all([...pools.values()].map((pool) => pool.end())),
  }
}

/** After a failed flight: an explicit transaction is rolled back; a connection that cannot be made clean is destroyed. */
export async function abandon(pool: WirePool, connection: WireConnection): Promise<void> {
  if (!connection.broken && connection.client.getTransactionStatus() === 'E') {
    await fly(connection, [{ text: 'rollback', values: [], plan: '' }]).catch(() => {})
  }
  pool.release(connection)
}
