import type { Resolved } from '../catalog/resolve.js'
import { systemClock } from '../kernel/clock.js'
import { signToken, TOKEN_S } from '../kernel/token.js'
import type { Part } from '../postgres/flight.js'
import type { ScopeOptions } from './options.js'

/** Signs whom this client enters, where the database wants a token. */
export interface Tokens {
  readonly entry: (resolved: Resolved, options: ScopeOptions) => readonly Part[]
  /** The server has said what time it is there, in milliseconds since 1970. */
  readonly learnClock: (resolved: Resolved, serverMs: number) => void
}

/** Does the tenant's database want to see a token? */
export const wantsToken = (resolved: Resolved): boolean => resolved.signing !== undefined && resolved.signing !== null

const ENTER_SIGNED = "select where set_config('role', tenantry.enter_v2($1, $2, $3, $4, $5, $6, $7), true) is null"

// A token that says nothing of actor and request serves every scope of its tenant for so long; it is valid for longer.
const REUSED_MS = (TOKEN_S * 1_000) / 2

interface Reusable {
  readonly parts: readonly Part[]
  readonly until: number
}

export function createTokens(clock: { readonly now: () => number } = systemClock): Tokens {
  // By how much the clock of each database's server is ahead of ours: this machine's may be wrong, and only the server's counts.
  const ahead = new Map<string, number>()
  let reusable = new WeakMap<Resolved, Reusable>()

  const sign = (resolved: Resolved, { actor = '', request = '' }: ScopeOptions, constant: boolean): readonly Part[] => {
    const { databaseId, tenant, epoch, version } = resolved
    const key = resolved.signing!
    const expires = Math.floor((clock.now() + (ahead.get(resolved.databaseId) ?? 0)) / 1_000) + TOKEN_S
    const { context, signature } = signToken(key, { databaseId, tenant, epoch, actor, request, expires })
    return [
      { text: ENTER_SIGNED, values: [context, epoch, version, databaseId, String(expires), String(key.id), signature], plan: '', constant },
    ]
  }

  return {
    entry: (resolved, options) => {
      if ((options.actor ?? '') !== '' || (options.request ?? '') !== '') return sign(resolved, options, false)
      const known = reusable.get(resolved)
      const now = clock.now()
      if (known !== undefined && now < known.until && known.until - now <= REUSED_MS) return known.parts
      const parts = sign(resolved, options, true)
      reusable.set(resolved, { parts, until: now + REUSED_MS })
      return parts
    },
    learnClock: (resolved, serverMs) => {
      if (!Number.isFinite(serverMs)) return
      ahead.set(resolved.databaseId, serverMs - clock.now())
      reusable = new WeakMap()
    },
  }
}
