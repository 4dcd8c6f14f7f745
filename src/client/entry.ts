import type { Resolved } from '../catalog/resolve.js'
import { jitter, systemClock } from '../kernel/clock.js'
import { fault, isFault } from '../kernel/faults.js'
import { DriverError } from '../postgres/errors.js'
import type { Part } from '../postgres/flight.js'
import type { Entrance, Entrances, Known } from './entrance.js'
import type { ScopeOptions } from './options.js'
import { holdPart, type Ranges } from './ranges.js'
import type { Resolver } from './resolver.js'
import { type Tokens, wantsToken } from './tokens.js'

// The wire contract with the database: what these name is versioned, and a newer database keeps it for a release.
const ENTER = "select set_config('role', tenantry.enter_v1($1, $2, $3, $4, $5, $6), true)"
// Raises TN009 when any placement of the database has changed since the entrance was learnt. The lock comes before the stamp: CASE and AND evaluate from
// left to right. It is a filter that no row passes, since rows cost: the server would look up how to write each value that nobody reads.
const ENTER_SHORT = `
  select
  where set_config('role', case
    when tenantry.hold_v1($1)
      and pg_catalog.pg_sequence_last_value('tenantry.placement_stamp') = $2::bigint
      and tenantry.database_id() = $3
      and set_config('tenantry.context', $4, true) is not null
      and (current_setting('search_path') = $5 or set_config('search_path', $5, true) is not null)
    then $6
    else tenantry.no_entrance_v1()
  end, true) is null`

const plainEntries = new WeakMap<Entrance, readonly Part[]>()

/** Enters the tenant, or makes the whole flight fail: by the entrance that is known, or the long way, which finds out everything anew. */
export function entryParts(
  resolved: Resolved,
  options: ScopeOptions,
  entrance: Known,
  tokens: Tokens,
  ranges?: Pick<Ranges, 'holds'>,
): readonly Part[] {
  const parts = wayIn(resolved, options, entrance, tokens)
  return ranges?.holds(resolved) === true ? [holdPart(resolved), ...parts] : parts
}

function wayIn(resolved: Resolved, options: ScopeOptions, entrance: Known, tokens: Tokens): readonly Part[] {
  if (wantsToken(resolved)) return tokens.entry(resolved, options)
  const { tenant, epoch, version, databaseId } = resolved
  const { actor = '', request = '' } = options
  if (entrance === null) {
    return [{ text: ENTER, values: [tenant, epoch, version, databaseId, actor, request], plan: '' }]
  }
  const plain = actor === '' && request === ''
  const known = plain ? plainEntries.get(entrance) : undefined
  if (known !== undefined) return known
  const values = [tenant, entrance.stamp, databaseId, `${tenant}\x1f${actor}\x1f${request}`, entrance.searchPath, entrance.role]
  const parts: readonly Part[] = [{ text: ENTER_SHORT, values, plan: '', constant: plain }]
  if (plain) plainEntries.set(entrance, parts)
  return parts
}

/** Explicit in everything: what a role or a database has set as its default must not matter. */
export function beginPart(options: ScopeOptions): Part {
  return {
    text: `begin isolation level ${options.isolation ?? 'read committed'} ${options.readOnly ? 'read only' : 'read write'}`,
    values: [],
    plan: '',
  }
}

/** Before the entry, while the login may still write settings. The tenant's limit is a ceiling for what the application asks for. */
export function timeoutPart(options: ScopeOptions, { limits }: Resolved): readonly Part[] {
  // The way that nearly every scope takes.
  if (options.timeoutMs === undefined && !limits) return NO_PARTS
  const statement = Math.min(options.timeoutMs ?? Number.POSITIVE_INFINITY, limits?.statementTimeoutMs ?? Number.POSITIVE_INFINITY)
  const idle = limits?.idleTimeoutMs ?? null
  return [
    ...(statement === Number.POSITIVE_INFINITY
      ? []
      : [{ text: "select set_config('statement_timeout', $1, true)", values: [`${statement}ms`], plan: '' }]),
    ...(idle === null
      ? []
      : [{ text: "select set_config('idle_in_transaction_session_timeout', $1, true)", values: [`${idle}ms`], plan: '' }]),
  ]
}

// The server ends what takes too long: a statement after its timeout, waiting at the door after 5 s. A server that has not answered for so much longer
// will not any more.
const ANSWER_MARGIN_MS = 10_000

/** How long the answer to a flight of this scope may take; undefined for as long as the connection lets it. */
export const answerTimeoutOf = (options: ScopeOptions): number | undefined =>
  options.timeoutMs === undefined ? undefined : options.timeoutMs + ANSWER_MARGIN_MS

const NO_PARTS: readonly Part[] = []

// How long a client believes that a catalog which names an old placement is only late.
const CATALOG_LAG_MS = 1_000

// Between two answers of one server its clock does not jump; behind a pooler there may be two servers.
const MAX_CLOCKS = 3

const TOKEN_REFUSALS: Readonly<Record<string, string>> = {
  TN011: 'it is not signed by its key',
  TN012: 'its key is not known there any more',
  TN014: 'the catalog names no key, and the database wants a token',
}

// A database where placements change all the time is entered the long way.
const MAX_MISSES = 2

/**
 * Tries to enter; when the database says that what we know of the placement is stale, asks again and tries once more, then fails closed. `attempt` is
 * told whether the short way may be tried.
 */
export async function enterWith<T>(
  ref: string,
  resolver: Resolver,
  entrances: Pick<Entrances, 'forget'>,
  tokens: Tokens,
  attempt: (resolved: Resolved, short: boolean) => Promise<T>,
): Promise<T> {
  const start = systemClock.now()
  let resolved = await resolver.resolve(ref)
  let versions = 0
  let misses = 0
  let clocks = 0
  let replanned = false
  for (;;) {
    try {
      return await attempt(resolved, misses < MAX_MISSES)
    } catch (error) {
      // Credentials are rotated by changing to another login: what was remembered may be the old one, retired by now.
      if (isFault(error, 'LOGIN_REFUSED')) {
        const before = resolved
        resolved = await refreshed(ref, resolver, before, error)
        if (resolved.login === before.login && resolved.secret === before.secret) throw error
        continue
      }
      if (lacksEntry(error)) throw fault('ENTER_VERSION', { tenant: ref }, { cause: error })
      // Its database is gone: purged, or the tenant has moved away. Or it was given back to those whose it was.
      if (isFault(error, 'DATABASE_MISSING') || isGivenBack(error)) {
        const before = resolved
        resolved = await refreshed(ref, resolver, before, error)
        if (resolved.databaseId === before.databaseId) throw error
        continue
      }
      const refusal = refusalOf(error)
      if (refusal === undefined) {
        if (replanned || !isStalePlan(error)) throw error
        replanned = true
        continue
      }
      if (refusal.state === 'TN009') {
        misses++
        entrances.forget(resolved)
        continue
      }
      if (refusal.state === 'TN013') {
        if (++clocks > MAX_CLOCKS) throw fault('TOKEN_REFUSED', { tenant: ref, reason: 'its time is never right' }, { cause: error })
        tokens.learnClock(resolved, Number(refusal.detail))
        continue
      }
      if (TOKEN_REFUSALS[refusal.state] !== undefined) {
        const before = resolved
        resolved = await refreshed(ref, resolver, before, error)
        if (resolved.signing?.key !== before.signing?.key || resolved.databaseId !== before.databaseId) continue
        // The database changes first and the catalog follows.
        if (systemClock.now() - start <= CATALOG_LAG_MS) {
          await systemClock.sleep(50 * jitter())
          continue
        }
        throw fault('TOKEN_REFUSED', { tenant: ref, reason: TOKEN_REFUSALS[refusal.state]! }, { cause: error })
      }
      if (refusal.state === 'TN003') throw await closedFault(ref, resolver, resolved, error)
      if (refusal.state === 'TN006') throw fault('TENANT_READ_ONLY', { tenant: ref }, { cause: error })
      if (refusal.state === '55P03') throw fault('TENANT_BUSY', { tenant: ref, waitedMs: 5_000 }, { cause: error })
      if (refusal.state === 'TN004') {
        if (++versions > 3) throw fault('SCHEMA_VERSION', { tenant: ref }, { cause: error })
        resolved = resolver.learnVersion(ref, resolved, refusal.detail ?? '')
        continue
      }
      const before = resolved
      resolved = await refreshed(ref, resolver, before, error)
      const unchanged = resolved.epoch === before.epoch && resolved.home === before.home && resolved.databaseId === before.databaseId
      if (!unchanged) continue
      if (systemClock.now() - start > CATALOG_LAG_MS) throw refusalFault(refusal.state, ref, error)
      // The local placement changes first and the catalog follows: give it a moment.
      await systemClock.sleep(50 * jitter())
    }
  }
}

/** What is known is out of date, and only the catalog knows better: when it cannot be asked, nothing is tried and the fault says why. */
async function refreshed(tenant: string, resolver: Resolver, than: Resolved, refusal: unknown): Promise<Resolved> {
  try {
    return await resolver.refresh(tenant, than)
  } catch (error) {
    if (!isFault(error, 'CATALOG_UNREACHABLE')) throw error
    const { server, reason } = error.facts as { server: string; reason: string }
    throw fault('CATALOG_UNREACHABLE', { server, reason, tenant, stale: true }, { cause: refusal })
  }
}

/** The database lets nobody in; the catalog knows whether that is for good. It is asked once, and need not answer. */
async function closedFault(tenant: string, resolver: Resolver, resolved: Resolved, cause: unknown): Promise<Error> {
  const { state } = resolved.state === 'active' ? await resolver.refresh(tenant, resolved).catch(() => resolved) : resolved
  return fault(state === 'deleted' || state === 'purging' ? 'TENANT_DELETED' : 'TENANT_SUSPENDED', { tenant }, { cause })
}

interface Refusal {
  readonly state: string
  readonly detail: string | undefined
}

/** What `enter` said, if the error is its. Serialisation failures and lock time-outs may come from the statement as well; only its own count. */
function refusalOf(error: unknown): Refusal | undefined {
  if (!(error instanceof DriverError) || error.code === undefined) return undefined
  if (!error.code.startsWith('TN') && error.code !== '40001' && error.code !== '40P01' && error.code !== '55P03') return undefined
  if (!/tenantry\.(enter_v2|(enter|wait|wait_home|no_entrance)_v1)/.test(error.where ?? '')) return undefined
  return { state: error.code, detail: error.detail }
}

/** The database is older or newer by more than one release: its `enter` has another number. */
const lacksEntry = (error: unknown): boolean =>
  error instanceof DriverError &&
  (error.code === '42883' || error.code === '42P01') &&
  /tenantry\.(enter_v2|(enter|hold|hold_home|entrance|no_entrance)_v1|placement_stamp)/.test(error.message)

const isGivenBack = (error: unknown): boolean =>
  error instanceof DriverError && error.code === '3F000' && /schema "tenantry" does not exist/.test(error.message)

/** A migration changed what a prepared statement answers, between the entry and the statement or while it waited: nothing has run yet. */
const isStalePlan = (error: unknown): boolean =>
  error instanceof DriverError && error.code === '0A000' && error.routine === 'RevalidateCachedQuery'

/** Is the whole flight worth another attempt, since nothing of it has happened? */
export const isRefusal = (error: unknown): boolean =>
  refusalOf(error) !== undefined || lacksEntry(error) || isGivenBack(error) || isStalePlan(error)

function refusalFault(state: string, tenant: string, cause: unknown): Error {
  if (state === 'TN001') return fault('TENANT_NOT_FOUND', { tenant }, { cause })
  if (state === '40P01') return fault('TENANT_BUSY', { tenant, waitedMs: CATALOG_LAG_MS }, { cause })
  if (state === 'TN005') return fault('WRONG_DATABASE', { tenant }, { cause })
  return fault('TENANT_MOVED', { tenant }, { cause })
}
