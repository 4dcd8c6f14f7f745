import type { Resolved } from '../catalog/resolve.js'
import { fault } from '../kernel/faults.js'
import { checkTenantRef } from '../kernel/identifiers.js'
import { type Log, silent } from '../kernel/log.js'
import { passwordOf } from '../kernel/own-password.js'
import type { Sql } from '../kernel/sql.js'
import { addressOf, parseUrl, type Transport, tlsOfLine } from '../postgres/connection.js'
import type { Cutter } from '../postgres/cutter.js'
import { fly, type WireConnection } from '../postgres/flight.js'
import { type Database, openDatabase } from '../postgres/session.js'
import { isLoopback, type TlsFacts } from '../postgres/transport.js'
import { openWirePool, type WirePool } from '../postgres/wire-pool.js'
import { createEntrances, type Known, mayEnterShort } from './entrance.js'
import { answerTimeoutOf, beginPart, enterWith, entryParts, isRefusal, timeoutPart } from './entry.js'
import { type ScopeOptions, scopeOptions } from './options.js'
import { createResolver, type Resolver } from './resolver.js'
import { openScope, partOf, type Scope } from './scope.js'
import { checkStatement } from './statements.js'
import { createTokens, wantsToken } from './tokens.js'

export interface TenantryOptions {
  /** The catalog, as its resolver role: `tenantry init` writes it to `.env` as TENANTRY_CATALOG_URL. */
  readonly catalogUrl: string
  /** Reads a reference to a secret such as `env:TENANTRY_APP_PASSWORD`. Default: the environment and files. Throws SECRET_MISSING. */
  readonly secrets?: (reference: string) => string
  /**
   * What holds where a connection string or the catalog says nothing: authorities, a client certificate, and hosts that may be reached without verified
   * TLS. Default: the environment (PGSSLMODE, PGSSLROOTCERT, PGSSLCERT, PGSSLKEY, TENANTRY_UNVERIFIED_HOSTS).
   */
  readonly transport?: Transport
  /** Connections per database and login. Default 10. With a pooler in front this is how many scopes of this process may be open at once. */
  readonly maxConnections?: number
  /**
   * Of how many databases and logins idle connections are kept: each tenant with a login of its own has a pool of its own. Of more, those that were used
   * longest ago are closed. Default 100.
   */
  readonly maxIdlePools?: number
  /** How long a scope waits for a connection, in milliseconds. Default 10 000. */
  readonly acquireTimeoutMs?: number
  /** Idle connections are closed after this many milliseconds. Default 30 000. */
  readonly idleTimeoutMs?: number
  /**
   * How long the answer of a server may take before the connection is given up with CONNECTION_LOST, in milliseconds. Default 90 000, which is more than
   * the server lets a statement run (60 s, the limit of the login): raise it together with that limit. In a scope with `timeoutMs` it is 10 s more than
   * that instead. Streams of `copyTo` have no such bound.
   */
  readonly answerTimeoutMs?: number
  /** How long a placement is believed without asking the catalog again, in milliseconds. Staleness is noticed by the database in any case. Default 60 000. */
  readonly placementTtlMs?: number
  /** As it appears in pg_stat_activity. Default `tenantry`. */
  readonly applicationName?: string
  readonly log?: Log
}

/** What an application holds: opens scopes of tenants, wherever they live. */
export interface Tenantry {
  /**
   * A tenant by id or slug, with options for all scopes opened through this handle. Nothing is asked yet: an unknown tenant is a fault of the first
   * scope. Throws TENANT_MISSING without a tenant, SLUG_INVALID on what can be neither.
   */
  readonly tenant: (idOrSlug: string, options?: ScopeOptions) => TenantHandle
  /** Connections now: open, idle, and callers waiting for one. */
  readonly connections: () => { readonly open: number; readonly idle: number; readonly waiting: number }
  readonly close: () => Promise<void>
}

export interface TenantHandle {
  /**
   * One statement in a scope of its own, in one network flight; answers its rows. Throws TENANT_NOT_FOUND, TENANT_SUSPENDED, TENANT_READ_ONLY,
   * TENANT_MOVED, TENANT_BUSY, STATEMENT_REFUSED, CONNECTION_LOST, or PostgreSQL's own error of the statement.
   */
  readonly query: <Row>(statement: Sql<Row>, options?: ScopeOptions) => Promise<readonly Row[]>
  /** Several statements in one scope: commits when `body` returns, rolls back when it throws. */
  readonly transaction: <T>(body: (scope: Scope) => Promise<T>, options?: ScopeOptions) => Promise<T>
}

const NO_OPTIONS: ScopeOptions = {}

// The catalog is asked for one row by its key. One that has gone silent counts as one that cannot be reached.
const CATALOG_ANSWER_MS = 10_000

type WithSecrets<T> = T & { readonly secrets: (reference: string) => string }

export function createTenantry(options: WithSecrets<TenantryOptions>): Tenantry {
  const catalog = openDatabase(parseUrl(options.catalogUrl, 'catalogUrl', options.transport), {
    applicationName: options.applicationName ?? 'tenantry',
    max: 2,
    answerTimeoutMs: CATALOG_ANSWER_MS,
  })
  const tenantry = createTenantryOver(catalog, options)
  let closing: Promise<unknown> | undefined
  return {
    ...tenantry,
    close: async () => {
      closing ??= Promise.all([catalog.end(), tenantry.close()])
      await closing
    },
  }
}

type Wired = WithSecrets<Omit<TenantryOptions, 'catalogUrl'>> & {
  /** For rehearsals. */
  readonly cutter?: Cutter
}

/** Over a catalog that is open already, and stays open. */
export const createTenantryOver = (catalog: Database, options: Wired): Tenantry =>
  createTenantryWith(
    createResolver(catalog, { ttlMs: options.placementTtlMs ?? 60_000, size: 50_000, log: options.log ?? silent }),
    options,
  )

/** With whatever knows where tenants are. */
export function createTenantryWith(resolver: Resolver, options: Wired): Tenantry {
  const pools = new Map<string, WirePool>()
  const entrances = createEntrances()
  const tokens = createTokens()
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

  /** Sends a flight that begins with an entry. The connection is handed back by the caller when it arrives, here when it does not. */
  const depart = <T>(
    ref: string,
    scope: ScopeOptions,
    flight: (resolved: Resolved, connection: WireConnection, entrance: Known) => Promise<T>,
  ): Promise<{ pool: WirePool; connection: WireConnection; resolved: Resolved; result: T }> =>
    enterWith(ref, resolver, entrances, tokens, async (resolved, short) => {
      const pool = poolOf(resolved)
      const connection = await pool.acquire()
      try {
        const entrance = short && mayEnterShort(resolved, scope) ? await entranceOf(resolved, pool, connection) : null
        return { pool, connection, resolved, result: await flight(resolved, connection, entrance) }
      } catch (error) {
        await abandon(pool, connection)
        throw error
      }
    })

  const entranceOf = async (resolved: Resolved, pool: WirePool, connection: WireConnection): Promise<Known> => {
    const life = pool.life()
    const known = entrances.known(resolved, life)
    return known === undefined ? entrances.learn(resolved, connection, life) : known
  }

  const query = async <Row>(ref: string, statement: Sql<Row>, scope: ScopeOptions): Promise<readonly Row[]> => {
    checkStatement(statement)
    // The way that nearly every scope takes: placement known, connection idle, nothing asked for. It waits once.
    if (scope === NO_OPTIONS) {
      const resolved = resolver.resolve(ref)
      if (resolved instanceof Promise) {
        // Below it is asked for again, and waited for: that this one fails as well must not end the process.
        resolved.catch(() => {})
      } else {
        const pool = poolOf(resolved)
        const entrance = resolved.pooler === 'none' && !wantsToken(resolved) ? entrances.known(resolved, pool.life()) : null
        const connection = entrance === undefined ? undefined : pool.tryAcquire()
        if (connection !== undefined) {
          try {
            const { rows } = await fly(connection, [
              ...timeoutPart(NO_OPTIONS, resolved),
              ...entryParts(resolved, NO_OPTIONS, entrance!, tokens),
              partOf(resolved, statement),
            ])
            pool.release(connection)
            return rows as unknown as readonly Row[]
          } catch (error) {
            pool.release(connection)
            // Refused at the door: the flight did nothing, and below it is found out why.
            if (!isRefusal(error)) throw error
            entrances.forget(resolved)
          }
        }
      }
    }
    const explicit = scope.readOnly === true || scope.isolation !== undefined
    const { pool, connection, result } = await depart(ref, scope, (resolved, wire, entrance) => {
      const entry = [...timeoutPart(scope, resolved), ...entryParts(resolved, scope, entrance, tokens), partOf(resolved, statement)]
      // Without a BEGIN, everything up to the Sync is one implicit transaction.
      return fly(wire, explicit ? [beginPart(scope), ...entry, { text: 'commit', values: [], plan: '' }] : entry, answerTimeoutOf(scope))
    })
    pool.release(connection)
    return result.rows as unknown as readonly Row[]
  }

  const transaction = async <T>(ref: string, body: (scope: Scope) => Promise<T>, scope: ScopeOptions): Promise<T> => {
    let held: { pool: WirePool; connection: WireConnection } | undefined
    const handle = openScope(ref, scope, tokens, async (flight) => {
      const { pool, connection, resolved, result } = await depart(ref, scope, (place, wire, entrance) =>
        flight({ resolved: place, connection: wire }, entrance),
      )
      held = { pool, connection }
      return { entry: { resolved, connection }, result }
    })
    let clean = false
    try {
      const answer = await body(handle.scope)
      await handle.commit()
      clean = true
      return answer
    } catch (error) {
      clean = await handle.rollback().then(
        () => true,
        () => false,
      )
      throw error
    } finally {
      // A connection on which a statement has ended the transaction may have done anything since.
      held?.pool.release(held.connection, !clean || handle.escaped())
    }
  }

  let closing: Promise<unknown> | undefined

  return {
    tenant: (idOrSlug, base) => {
      if (typeof idOrSlug !== 'string' || idOrSlug === '') throw fault('TENANT_MISSING')
      const ref = checkTenantRef(idOrSlug)
      const defaults = scopeOptions(NO_OPTIONS, base)
      return {
        query: (statement, call) => query(ref, statement, scopeOptions(defaults, call)),
        transaction: (body, call) => transaction(ref, body, scopeOptions(defaults, call)),
      }
    },
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
    close: async () => {
      closing ??= Promise.all([...pools.values()].map((pool) => pool.end()))
      await closing
    },
  }
}

/** After a failed flight: an explicit transaction is rolled back; a connection that cannot be made clean is destroyed. */
async function abandon(pool: WirePool, connection: WireConnection): Promise<void> {
  if (!connection.broken && connection.client.getTransactionStatus() === 'E') {
    await fly(connection, [{ text: 'rollback', values: [], plan: '' }]).catch(() => {})
  }
  pool.release(connection)
}
