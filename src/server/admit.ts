import type { Platform } from '../engine/platform.js'
import { isFault } from '../kernel/faults.js'
import type { Log } from '../kernel/log.js'
import { authenticate, bearerOf } from './authenticate.js'
import type { Limits } from './limits.js'
import { authenticateSession, sessionCookieOf } from './people/session.js'
import { type Asker, askerOfKey, askerOfSession } from './policy.js'

export interface AdmitContext {
  readonly platform: Platform
  readonly log: Log
  readonly limits: Limits
  /** Whoever asks, if that is known. */
  readonly address: string | undefined
  /** Told as soon as it is known, so that refused requests can be told apart by who sent them as well. */
  readonly foundAsker: (asker: Asker) => void
}

/**
 * Who asks, if neither they nor the address have asked too often. A key in the header wins; then no cookie is looked at. Throws RATE_LIMITED, and what
 * `authenticate` and `authenticateSession` throw.
 */
export async function admit(request: Request, { platform, log, limits, address, foundAsker }: AdmitContext): Promise<Asker> {
  const cookie = bearerOf(request) === undefined ? sessionCookieOf(platform, request) : undefined
  const credential = cookie === undefined ? request.headers.get('authorization') : `session ${cookie}`
  const lookedUp = limits.admit(address, credential)
  const ask = async (): Promise<Asker> =>
    cookie === undefined
      ? askerOfKey(await authenticate(platform, request, log))
      : askerOfSession(await authenticateSession(platform, request, cookie, log))
  const asker = await ask().catch((error: unknown) => {
    lookedUp(!isFault(error, 'KEY_MISSING', 'KEY_INVALID', 'SESSION_ENDED', 'REQUEST_FORGED'))
    throw error
  })
  lookedUp(true)
  foundAsker(asker)
  // All sessions of somebody count together.
  limits.credential(asker.keyId ?? asker.actor, credential, cookie === undefined ? 'with this API key' : 'by this person, in all sessions')
  return asker
}
