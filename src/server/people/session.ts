import { hashToken, isSessionToken, newSessionToken } from '../../catalog/people-format.js'
import { insertSession, noteSessionUse, noteSignIn, type Session, usableSession } from '../../catalog/sessions.js'
import type { Platform } from '../../engine/platform.js'
import { newId, systemClock } from '../../kernel/clock.js'
import { fault } from '../../kernel/faults.js'
import type { Log } from '../../kernel/log.js'
import type { Session as CatalogSession } from '../../postgres/session.js'
import { lookedUp } from '../authenticate.js'
import { wantsEvents } from '../event-stream.js'
import { refuseForged } from './csrf.js'

/** What a page sends along with what nobody has asked for, such as its looks every few seconds: it does not count as a use of the session. */
export const BACKGROUND_HEADER = 'X-Tenantry-Background'

const NOTED_EVERY_MS = 60_000

type Of = Pick<Platform, 'id' | 'config'>

export const isSecure = ({ config }: Of): boolean => config.console.url?.startsWith('https:') === true

/** Cookies know no ports: of two platforms on one host each has its own. */
export const cookieName = (platform: Of): string => `${isSecure(platform) ? '__Host-' : ''}tenantry_${platform.id}`

const written = (platform: Of, value: string, more: string): string =>
  `${cookieName(platform)}=${value}; Path=/; HttpOnly; SameSite=Strict${isSecure(platform) ? '; Secure' : ''}${more}`

export const sessionCookie = (platform: Of, token: string): string => written(platform, token, '')
export const noCookie = (platform: Of): string => written(platform, '', '; Max-Age=0')

/** The token in the cookie, whatever it is; the empty text where there are two, of which one was planted. Undefined without any. */
export function sessionCookieOf(platform: Of, request: Request): string | undefined {
  return cookieOf(request, cookieName(platform))
}

export function cookieOf(request: Request, name: string): string | undefined {
  const found = (request.headers.get('cookie') ?? '').split(';').flatMap((part) => {
    const pair = part.trim()
    return pair.startsWith(`${name}=`) ? [pair.slice(name.length + 1)] : []
  })
  return found.length > 1 ? '' : found[0]
}

/**
 * The session of a cookie. It is looked up every time, so that one that has ended is refused at once. Throws SESSION_ENDED, and REQUEST_FORGED for a change that
 * no page of ours has asked for.
 */
export async function authenticateSession(platform: Platform, request: Request, token: string, log: Log): Promise<Session> {
  refuseForged(request, token, platform.config)
  if (!isSessionToken(token)) throw fault('SESSION_ENDED')
  const session = await lookedUp(log, () => platform.catalog.maybe(usableSession(hashToken(token), platform.config.console.idleMs)))
  if (session === undefined) throw fault('SESSION_ENDED')
  const isUse = !wantsEvents(request) && !request.headers.has(BACKGROUND_HEADER)
  if (isUse && systemClock.now() - session.seenAt.getTime() > NOTED_EVERY_MS) {
    await platform.catalog
      .run(noteSessionUse(session.id))
      .catch((error: Error) => log.warn({ session: session.id, error: error.message }, 'the use of a session was not noted'))
  }
  return session
}

/** Begins a session with a token that nobody has had before. In the transaction that has found who it is. */
export async function beginSession(
  platform: Platform,
  tx: CatalogSession,
  personId: string,
  address: string | undefined,
): Promise<{ readonly token: string; readonly session: Session }> {
  const token = newSessionToken()
  const { absoluteMs, idleMs } = platform.config.console
  const hash = hashToken(token)
  await tx.run(insertSession({ id: newId(), hash, personId, lifetimeMs: absoluteMs, address: address ?? null }))
  await tx.run(noteSignIn(personId))
  return { token, session: await tx.one(usableSession(hash, idleMs)) }
}
