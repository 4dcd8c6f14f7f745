import { timingSafeEqual } from 'node:crypto'
import type { Platform } from '../../engine/platform.js'
import { Fault, fault, isFault } from '../../kernel/faults.js'
import { refuseKeyInAddress } from '../authenticate.js'
import { refuseBody } from '../body.js'
import type { OwnContext, OwnRoute } from '../own-routes.js'
import { askerOfSession } from '../policy.js'
import { auditSession, UNKNOWN } from './audit.js'
import { OIDC_DESCRIBED } from './described.js'
import { type Issuer, issuerOf, ownPath, readJourney, writeJourney } from './oidc.js'
import { cookieName, cookieOf, isSecure, sessionCookie, sessionCookieOf } from './session.js'
import { vouchedFor } from './sign-in.js'

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

async function begin(request: Request, { platform, limits, address }: OwnContext): Promise<Response> {
  refuseKeyInAddress(request)
  await refuseBody(request)
  const issuer = issuerFor(platform, '/v1/session/oidc')
  limits.admit(address, null)(false)
  try {
    const { location, journey } = await issuer.begin(ownPath(new URL(request.url).searchParams.get('back')))
    const headers = { Location: location, 'Set-Cookie': journeyCookie(platform, writeJourney(journey), JOURNEY_S) }
    return new Response(null, { status: 303, headers })
  } catch (error) {
    return failed(platform, error)
  }
}

/** Answers a page that leads on, and no redirect: a browser that another site has sent here would not take the session's cookie along. */
async function end(request: Request, context: OwnContext): Promise<Response> {
  const { platform, limits, hub, foundAsker } = context
  const issuer = issuerFor(platform, '/v1/session/oidc/callback')
  const giveBack = limits.signIn(context.address)
  try {
    refuseKeyInAddress(request)
    const { searchParams } = new URL(request.url)
    const journey = readJourney(cookieOf(request, journeyName(platform)))
    const [code, state] = [searchParams.get('code'), searchParams.get('state') ?? '']
    // Without it somebody else's sign-in could be put upon this browser.
    if (code === null || journey === undefined || !isSame(state, journey.state)) throw fault('SIGN_IN_FAILED')
    const identity = await issuer.end(code, journey)
    const { token, session, ended } = await vouchedFor(context, identity, sessionCookieOf(platform, request))
    giveBack()
    foundAsker(askerOfSession(session))
    for (const id of ended) hub.endSession(id)
    return page(platform, 200, journey.back, [sessionCookie(platform, token)])
  } catch (error) {
    if (isFault(error, 'SIGN_IN_FAILED')) {
      const { address } = context
      const entry = auditSession({ operation: 'session.begin', actor: UNKNOWN, outcome: 'refused', fault: error.code, address })
      await platform.catalog.run(entry).catch((lost: Error) => context.log.error({ error: lost.message }, 'a refusal could not be audited'))
    }
    return failed(platform, error)
  }
}

function isSame(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)]
  return one.length === other.length && timingSafeEqual(one, other)
}

/** Whoever looks at this is a person in a browser. */
function failed(platform: Platform, error: unknown): Response {
  if (!(error instanceof Fault) || !isFault(error, 'SIGN_IN_FAILED', 'SIGN_IN_UNAVAILABLE')) throw error
  return page(platform, error.kind.http, `/sign-in?failed=${error.code}`, [])
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

function page(platform: Platform, status: number, to: string, cookies: readonly string[]): Response {
  const headers = new Headers({ 'Content-Type': 'text/html; charset=utf-8' })
  for (const cookie of [...cookies, journeyCookie(platform, '', 0)]) headers.append('Set-Cookie', cookie)
  const address = escaped(to)
  const text = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Tenantry</title><meta http-equiv="refresh" content="0; url=${address}"><p><a href="${address}">Go on</a></p></html>`
  return new Response(text, { status, headers })
}
