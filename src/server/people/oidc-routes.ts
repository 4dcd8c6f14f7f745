import { timingSafeEqual } from 'node:crypto'
import type { Platform } from '../../engine/platform.js'
import { Fault, fault, isFault } from '../../kernel/faults.js'
import { refuseKeyInAddress } from '../authenticate.js'
import { refuseBody } from '../body.js'
import type { OwnContext, OwnRoute } from '../own-routes.js'
import { askerOfSession } from '../policy.js'
import { auditRefusal } from '../refusals.js'
import { auditSession, UNKNOWN } from './audit.js'
import { OIDC_DESCRIBED } from './described.js'
import { type Issuer, issuerOf, ownPath, readJourney, writeJourney } from './oidc.js'
import { cookieName, cookieOf, isSecure, sessionCookie, sessionCookieOf } from './session.js'
import { hashesOf, vouchedFor } from './sign-in.js'

const JOURNEY_S = 600

/** Sign-in at an issuer of OpenID Connect, if the configuration names one. */
export const OIDC_ROUTES: readonly OwnRoute[] = [
  { method: 'GET', path: '/v1/session/ways', answer: getWays, ...OIDC_DESCRIBED.ways },
  { method: 'GET', path: '/v1/session/oidc', answer: begin, ...OIDC_DESCRIBED.begin },
  { method: 'GET', path: '/v1/session/oidc/callback', answer: end, ...OIDC_DESCRIBED.end },
]

// What it has found out of its issuer is kept for as long as the platform is open.
const issuers = new WeakMap<Platform, Issuer>()

function issuerFor(platform: Platform, path: string): Issuer {
  const { oidc } = platform.config.console
  if (oidc === null) throw fault('ROUTE_NOT_FOUND', { method: 'GET', path })
  const known = issuers.get(platform) ?? issuerOf(platform, oidc)
  issuers.set(platform, known)
  return known
}

async function getWays(request: Request, { platform, limits, address }: OwnContext): Promise<Response> {
  refuseKeyInAddress(request)
  await refuseBody(request)
  limits.admit(address, null)(false)
  return Response.json({ password: true, oidc: platform.config.console.oidc !== null })
}

// The issuer sends the browser back from another site: a Strict cookie would not come with it.
const journeyName = (platform: Platform): string => `${cookieName(platform)}_oidc`
const journeyCookie = (platform: Platform, value: string, seconds: number): string =>
  `${journeyName(platform)}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${seconds}${isSecure(platform) ? '; Secure' : ''}`

async function begin(request: Request, context: OwnContext): Promise<Response> {
  const { platform, limits, address } = context
  refuseKeyInAddress(request)
  await refuseBody(request)
  const issuer = issuerFor(platform, '/v1/session/oidc')
  limits.admit(address, null)(false)
  const [leaves] = hashesOf(sessionCookieOf(platform, request))
  try {
    const { location, journey } = await issuer.begin(ownPath(new URL(request.url).searchParams.get('back')), leaves)
    const headers = { Location: location, 'Set-Cookie': journeyCookie(platform, writeJourney(journey), JOURNEY_S) }
    return new Response(null, { status: 303, headers })
  } catch (error) {
    return failed(context, error, [])
  }
}

/** Answers a page that leads on, and no redirect: a browser that another site has sent here would not take the session's cookie along. */
async function end(request: Request, context: OwnContext): Promise<Response> {
  const { platform, limits, hub, foundAsker, address, log } = context
  const issuer = issuerFor(platform, '/v1/session/oidc/callback')
  refuseKeyInAddress(request)
  limits.admit(address, null)(false)
  const { searchParams } = new URL(request.url)
  const journey = readJourney(cookieOf(request, journeyName(platform)))
  // Without it somebody else's sign-in could be put upon this browser. Any page can send it here so, and another tab may be on its way: it counts as whatever
  // strangers ask, and nothing is written down or cleared.
  if (journey === undefined || !isSame(searchParams.get('state') ?? '', journey.state)) return failed(context, fault('SIGN_IN_FAILED'), [])
  const over = journeyCookie(platform, '', 0)
  const code = searchParams.get('code')
  if (code === null) return failed(context, fault('SIGN_IN_FAILED'), [over])
  const giveBack = limits.signIn(address)
  try {
    const identity = await issuer.end(code, journey)
    const before = [...hashesOf(sessionCookieOf(platform, request)), ...(journey.leaves === undefined ? [] : [journey.leaves])]
    const { token, session, ended } = await vouchedFor(context, identity, before)
    giveBack()
    foundAsker(askerOfSession(session))
    for (const id of ended) hub.endSession(id)
    return page(200, journey.back, [sessionCookie(platform, request, token), over])
  } catch (error) {
    if (isFault(error, 'SIGN_IN_UNAVAILABLE')) giveBack()
    if (isFault(error, 'SIGN_IN_FAILED')) {
      const entry = { operation: 'session.begin', actor: UNKNOWN } as const
      const audit = auditSession({ ...entry, outcome: 'refused', fault: error.code, address })
      await auditRefusal(platform, log, audit, { ...entry, code: error.code })
    }
    return failed(context, error, [over])
  }
}

function isSame(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)]
  return one.length === other.length && timingSafeEqual(one, other)
}

/** Whoever looks at this is a person in a browser; why it is so stands in the log. */
function failed({ platform, log }: OwnContext, error: unknown, cookies: readonly string[]): Response {
  if (!(error instanceof Fault) || !isFault(error, 'SIGN_IN_FAILED', 'SIGN_IN_UNAVAILABLE')) throw error
  if (isFault(error, 'SIGN_IN_UNAVAILABLE')) {
    const { cause } = error
    const causes = cause instanceof Error ? [cause, ...(cause.cause instanceof Error ? [cause.cause] : [])] : []
    const why = causes.length === 0 ? {} : { error: causes.map((one) => one.message).join(': ') }
    log.warn({ issuer: platform.config.console.oidc?.issuer, reason: error.facts.reason, ...why }, 'an issuer cannot be asked')
  }
  return page(error.kind.http, `/sign-in?failed=${error.code}`, cookies)
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

function page(status: number, to: string, cookies: readonly string[]): Response {
  const headers = new Headers({ 'Content-Type': 'text/html; charset=utf-8' })
  for (const cookie of cookies) headers.append('Set-Cookie', cookie)
  const address = escaped(to)
  const text = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Tenantry</title><meta http-equiv="refresh" content="0; url=${address}"><p><a href="${address}">Go on</a></p></html>`
  return new Response(text, { status, headers })
}
