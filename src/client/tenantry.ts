import type { Resolved } from '../catalog/resolve.js'
import { fault, isFault } from '../kernel/faults.js'
import { checkTenantRef } from '../kernel/identifiers.js'
import { type Log, silent } from '../kernel/log.js'
import { checkStatement } from '../kernel/row-statements.js'
import type { Sql } from '../kernel/sql.js'
import { parseUrl, type Transport } from '../postgres/connection.js'
import type { Cutter } from '../postgres/cutter.js'
import { fly, type WireConnection } from '../postgres/flight.js'
import { type Database, openDatabase } from '../postgres/session.js'
import type { WirePool } from '../postgres/wire-pool.js'
import { runHooks, type TenantIdentity } from './after-commit.js'
import { placeOf, workAt } from './ambient.js'
import { createDirectory, type Directory } from './directory.js'
import { createEntrances, type Known, mayEnterShort } from './entrance.js'
import { answerTimeoutOf, beginPart, enterWith, entryParts, isRefusal, timeoutPart } from './entry.js'
import { afterMigration, assertOutside } from './fitting.js'
import { assertJoins, OWNER } from './joining.js'
import { commit, dueOf, openLine, partOf, rollback, send } from './line.js'
import type { Enter } from './opening.js'
import { type ScopeOptions, scopeOptions } from './options.js'
import { abandon, createPools } from './pools.js'
import { rangesOf, type SchemaOptions } from './ranges.js'
import { createResolver, type Resolver } from './resolver.js'
import { nest, type Scope, scopeAt } from './scope.js'
import { createTokens, wantsToken } from './tokens.js'
import { createWishes, type Wishes } from './wishes.js'

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
  /** Which homes this application works with, by the versions of their schema. Default: all. */
  readonly schema?: SchemaOptions
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
  /** Who is meant by a host name, an id or a slug: what the doors for web frameworks and job queues ask. */
  readonly directory: Directory
  /** Connections now: open, idle, and callers waiting for one. */
  readonly connections: () => { readonly open: number; readonly idle: number; readonly waiting: number }
  readonly close: () => Promise<void>
}

export interface TenantHandle {
  /** What its scopes are opened with, unless a call says otherwise. */
  readonly options: ScopeOptions
  /**
   * One statement in a scope of its own, in one network flight, or in the scope of the same tenant that is open around it; answers its rows. Throws TENANT_NOT_FOUND, TENANT_SUSPENDED, TENANT_READ_ONLY,
   * TENANT_MOVED, TENANT_BUSY, STATEMENT_REFUSED, CONNECTION_LOST, or PostgreSQL's own error of the statement.
   */
  readonly query: <Row>(statement: Sql<Row>, options?: ScopeOptions) => Promise<readonly Row[]>
  /**
   * Several statements in one scope: commits when `body` returns, rolls back when it throws. What `body` calls finds this scope by itself (the doors for
   * ORMs do), wherever it stands in the program. Called inside of a scope of the same tenant it joins that one, as a transaction nested in it; of another
   * tenant it throws SCOPE_FOREIGN, with other options SCOPE_OPTIONS. When the tenant was not let in and `body` rejects with an error of its own (an
   * ORM's), this throws the fault that is behind it.
   */
  readonly transaction: <T>(body: (scope: Scope) => PromiseLike<T>, options?: ScopeOptions) => Promise<T>
  /** As this client knows it, which the database has not confirmed: for keys and labels, not for rights. Throws TENANT_NOT_FOUND, CATALOG_UNREACHABLE. */
  readonly identity: () => Promise<TenantIdentity>
  /** The scope of this tenant that is open around the call; undefined outside of every scope. Throws SCOPE_FOREIGN inside of another tenant's. */
  readonly scope: () => Promise<Scope | undefined>
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
  /** Undefined where there is no catalog to ask. */
  readonly wishes?: Wishes
}

/** Over a catalog that is open already, and stays open. */
export function createTenantryOver(catalog: Database, options: Wired): Tenantry {
  const log = options.log ?? silent
  const resolver = createResolver(catalog, { ttlMs: options.placementTtlMs ?? 60_000, size: 50_000, log })
  const wishes = createWishes(catalog, log)
  return { ...createTenantryWith(resolver, { wishes, ...options }), directory: createDirectory({ catalog, resolver, log }) }
}

/** With whatever knows where tenants are. */
export function createTenantryWith(resolver: Resolver, options: Wired): Omit<Tenantry, 'directory'> {
  const pools = createPools(options)
  const { poolOf } = pools
  const ranges = rangesOf(options.schema)
  const entrances = createEntrances(ranges)
  const tokens = createTokens()
  const owner = {}

  /** Sends a flight that begins with an entry. The connection is handed back by the caller when it arrives, here when it does not. */
  const depart = <T>(ref: string, scope: ScopeOptions, flight: Flight<T>): Promise<Departed<T>> =>
    ranges === undefined || options.wishes === undefined
      ? leave(ref, scope, flight)
      : afterMigration({ tenant: ref, resolver, wishes: options.wishes, ranges, signal: scope.signal }, () => leave(ref, scope, flight))

  const leave = <T>(ref: string, scope: ScopeOptions, flight: Flight<T>): Promise<Departed<T>> =>
    enterWith(ref, resolver, entrances, tokens, async (resolved, short) => {
      const pool = poolOf(resolved)
      const connection = await pool.acquire()
      try {
        if (ranges?.isOutside(resolved) === true) await assertOutside(ref, resolved, connection, { tokens, ranges })
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
    const place = placeOf(owner)
    if (place !== undefined && !place.line.closed) {
      await assertJoins(place, ref, scope, resolver)
      // Not by a handle: it waits for what is nested there, as every single statement does.
      return (await send(place.line, place.level, statement)).rows as unknown as readonly Row[]
    }
    // The way that nearly every scope takes: placement known, connection idle, nothing asked for. It waits once.
    if (scope === NO_OPTIONS) {
      const resolved = resolver.resolve(ref)
      if (resolved instanceof Promise) {
        // Below it is asked for again, and waited for: that this one fails as well must not end the process.
        resolved.catch(() => {})
      } else if (ranges?.isOutside(resolved) !== true) {
        const pool = poolOf(resolved)
        const entrance = resolved.pooler === 'none' && !wantsToken(resolved) ? entrances.known(resolved, pool.life()) : null
        const connection = entrance === undefined ? undefined : pool.tryAcquire()
        if (connection !== undefined) {
          try {
            const { rows } = await fly(connection, [
              ...timeoutPart(NO_OPTIONS, resolved),
              ...entryParts(resolved, NO_OPTIONS, entrance!, tokens, ranges),
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
      const entry = [...timeoutPart(scope, resolved), ...entryParts(resolved, scope, entrance, tokens, ranges), partOf(resolved, statement)]
      // Without a BEGIN, everything up to the Sync is one implicit transaction.
      return fly(wire, explicit ? [beginPart(scope), ...entry, { text: 'commit', values: [], plan: '' }] : entry, answerTimeoutOf(scope))
    })
    pool.release(connection)
    return result.rows as unknown as readonly Row[]
  }

  const transaction = async <T>(ref: string, body: (scope: Scope) => PromiseLike<T>, scope: ScopeOptions): Promise<T> => {
    const place = placeOf(owner)
    if (place !== undefined && !place.line.closed) {
      await assertJoins(place, ref, scope, resolver)
      return nest(place.line, place.level, body)
    }
    let held: { pool: WirePool; connection: WireConnection; resolved: Resolved } | undefined
    const enter: Enter = async (flight) => {
      const { pool, connection, resolved, result } = await depart(ref, scope, (where, wire, entrance) =>
        flight({ resolved: where, connection: wire }, entrance),
      )
      held = { pool, connection, resolved }
      return { entry: { resolved, connection }, result }
    }
    const line = openLine({ owner, tenant: ref, options: scope, tokens, ranges, patienceMs: options.acquireTimeoutMs ?? 10_000, enter })
    let clean = false
    try {
      const answer = await workAt(line, line.root, () => body(scopeAt(line, line.root)))
      await commit(line)
      clean = true
      return answer
    } catch (error) {
      clean = await rollback(line).then(
        () => true,
        () => false,
      )
      // ORMs put what they meet into errors of their own, of which nobody could tell why the tenant was not let in.
      throw isFault(error) ? error : (line.refused ?? error)
    } finally {
      // A connection on which a statement has ended the transaction may have done anything since.
      held?.pool.release(held.connection, !clean || line.escaped)
      const due = dueOf(line)
      if (due.length > 0)
        await runHooks(due, async () => identityOf(held?.resolved ?? (await resolver.resolve(ref))), options.log ?? silent)
    }
  }

  let closing: Promise<unknown> | undefined

  const tenantry: Omit<Tenantry, 'directory'> & { readonly [OWNER]: object } = {
    tenant: (idOrSlug, base) => {
      if (typeof idOrSlug !== 'string' || idOrSlug === '') throw fault('TENANT_MISSING')
      const ref = checkTenantRef(idOrSlug)
      const defaults = scopeOptions(NO_OPTIONS, base)
      return {
        options: defaults,
        query: (statement, call) => query(ref, statement, scopeOptions(defaults, call)),
        transaction: (body, call) => transaction(ref, body, scopeOptions(defaults, call)),
        identity: async () => identityOf(await resolver.resolve(ref)),
        scope: async () => {
          const place = placeOf(owner)
          if (place === undefined || place.line.closed) return undefined
          await assertJoins(place, ref, NO_OPTIONS, resolver)
          return scopeAt(place.line, place.level)
        },
      }
    },
    connections: pools.connections,
    close: async () => {
      closing ??= pools.end()
      await closing
    },
    [OWNER]: owner,
  }
  return tenantry
}

type Flight<T> = (resolved: Resolved, connection: WireConnection, entrance: Known) => Promise<T>

interface Departed<T> {
  readonly pool: WirePool
  readonly connection: WireConnection
  readonly resolved: Resolved
  readonly result: T
}

const identityOf = ({ tenant, slug, epoch, version }: Resolved): TenantIdentity => ({ id: tenant, slug, epoch, version })
