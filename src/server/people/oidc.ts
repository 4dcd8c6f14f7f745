import { createHash, timingSafeEqual } from 'node:crypto'
import type { Role } from '../../catalog/keys.js'
import type { OidcConfig } from '../../engine/console-config.js'
import type { Platform } from '../../engine/platform.js'
import { randomBytes, stopwatch } from '../../kernel/clock.js'
import { type Fault, fault } from '../../kernel/faults.js'

const WITHIN_MS = 5_000
const KNOWN_MS = 10 * 60_000
const TOLERANCE_S = 30
// Never `none`, and never what a secret that is shared with others signs.
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']

/** What the browser holds while it is at the issuer, in a cookie: nobody else can come back in its place. */
export interface Journey {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  /** Where on the console it is led back to. */
  readonly back: string
  /** The hash of the session that the browser left with: its cookie does not come back with it, and the session ends with the sign-in. */
  readonly leaves?: Buffer | undefined
}

/** Who the issuer says they are. */
export interface Identity {
  readonly issuer: string
  readonly subject: string
  readonly role: Role
  readonly name: string
  readonly shownAs: string
}

interface Discovered {
  readonly authorization_endpoint: string
  readonly token_endpoint: string
  readonly jwks_uri: string
  readonly token_endpoint_auth_methods_supported?: readonly string[]
}

type Jose = typeof import('jose')

interface Known {
  readonly endpoints: Discovered
  readonly keys: ReturnType<Jose['createRemoteJWKSet']>
  readonly since: () => number
}

const unavailable = (reason: string, cause?: unknown): Fault => fault('SIGN_IN_UNAVAILABLE', { reason }, { cause })

const random = (): string => randomBytes(32).toString('base64url')

export const writeJourney = ({ state, nonce, verifier, back, leaves }: Journey): string =>
  [state, nonce, verifier, Buffer.from(back).toString('base64url'), ...(leaves === undefined ? [] : [leaves.toString('base64url')])].join(
    '.',
  )

/** Undefined for anything that this API has not written. */
export function readJourney(text: string | undefined): Journey | undefined {
  const [, state, nonce, verifier, back, leaves] =
    /^([\w-]{43})\.([\w-]{43})\.([\w-]{43})\.([\w-]{2,2000})(?:\.([\w-]{43}))?$/.exec(text ?? '') ?? []
  if (state === undefined || nonce === undefined || verifier === undefined || back === undefined) return undefined
  const journey = { state, nonce, verifier, back: ownPath(Buffer.from(back, 'base64url').toString()) }
  return leaves === undefined ? journey : { ...journey, leaves: Buffer.from(leaves, 'base64url') }
}

/** A path of this server, and nothing that a browser takes for another. */
export const ownPath = (text: string | null): string =>
  text !== null && /^\/(?![/\\])[\x21-\x7e]{0,1000}$/.test(text) && !text.includes('\\') ? text : '/'

/** An issuer of OpenID Connect: where to send a browser, and who it is that comes back. */
export interface Issuer {
  readonly begin: (back: string, leaves: Buffer | undefined) => Promise<{ readonly location: string; readonly journey: Journey }>
  /** Throws SIGN_IN_FAILED for whom the issuer does not vouch, or gives no role here; SIGN_IN_UNAVAILABLE when it cannot be asked. */
  readonly end: (code: string, journey: Journey) => Promise<Identity>
}

export function issuerOf(platform: Pick<Platform, 'config' | 'secrets' | 'log'>, oidc: OidcConfig): Issuer {
  const redirect = `${platform.config.console.url}/v1/session/oidc/callback`
  let known: Known | undefined
  let asking: Promise<Known> | undefined

  const discover = async (): Promise<Known> => {
    // Only who signs in in this way loads it.
    const jose = await import('jose')
    const found = (await ask(`${oidc.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {})) as Partial<Discovered> & {
      readonly issuer?: string
    }
    const { authorization_endpoint, token_endpoint, jwks_uri, token_endpoint_auth_methods_supported: methods } = found
    if (found.issuer !== oidc.issuer) throw unavailable('its description names another issuer')
    if (!isAddress(authorization_endpoint) || !isAddress(token_endpoint) || !isAddress(jwks_uri))
      throw unavailable('its description lacks an address that can be trusted')
    const endpoints = {
      authorization_endpoint,
      token_endpoint,
      jwks_uri,
      ...(methods === undefined ? {} : { token_endpoint_auth_methods_supported: methods }),
    }
    return { endpoints, keys: jose.createRemoteJWKSet(new URL(jwks_uri), { timeoutDuration: WITHIN_MS }), since: stopwatch() }
  }
  /** Asked once for all who come meanwhile. What was known goes on to be believed when it cannot be had anew. */
  const describe = async (): Promise<Known> => {
    const before = known
    if (before !== undefined && before.since() < KNOWN_MS) return before
    asking ??= discover()
      .then((found) => {
        known = found
        return found
      })
      .finally(() => {
        asking = undefined
      })
    if (before === undefined) return asking
    return asking.catch((error: Error) => {
      platform.log.warn({ issuer: oidc.issuer, error: error.message }, 'what an issuer says of itself could not be read anew')
      return before
    })
  }

  return {
    begin: async (back, leaves) => {
      const { endpoints } = await describe()
      const journey = { state: random(), nonce: random(), verifier: random(), back: ownPath(back), leaves }
      const location = new URL(endpoints.authorization_endpoint)
      const parameters = {
        response_type: 'code',
        client_id: oidc.clientId,
        redirect_uri: redirect,
        scope: oidc.scope,
        state: journey.state,
        nonce: journey.nonce,
        code_challenge: createHash('sha256').update(journey.verifier).digest('base64url'),
        code_challenge_method: 'S256',
      }
      for (const [name, value] of Object.entries(parameters)) location.searchParams.set(name, value)
      return { location: location.href, journey }
    },
    end: async (code, { verifier, nonce }) => {
      const { endpoints, keys } = await describe()
      const secret = oidc.clientSecret === null ? undefined : platform.secrets(oidc.clientSecret)
      const form = new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: redirect, code_verifier: verifier })
      const headers: Record<string, string> = { 'Content-Type': 'application/x-www-form-urlencoded' }
      const byPost = endpoints.token_endpoint_auth_methods_supported?.includes('client_secret_basic') === false
      if (secret === undefined || byPost) {
        form.set('client_id', oidc.clientId)
        if (secret !== undefined) form.set('client_secret', secret)
      } else
        headers.Authorization = `Basic ${Buffer.from(`${encodeURIComponent(oidc.clientId)}:${encodeURIComponent(secret)}`).toString('base64')}`
      const told = (await ask(endpoints.token_endpoint, { method: 'POST', headers, body: form })) as { readonly id_token?: unknown }
      if (typeof told.id_token !== 'string') throw fault('SIGN_IN_FAILED')
      const claims = await verified(told.id_token, keys)
      const given = Buffer.from(String(claims.nonce))
      if (given.length !== nonce.length || !timingSafeEqual(given, Buffer.from(nonce))) throw refused('it is for another sign-in')
      if (Array.isArray(claims.aud) && claims.aud.length > 1 && claims.azp !== oidc.clientId) throw refused('it is for somebody else')
      return identityOf(claims)
    },
  }

  async function verified(token: string, keys: Known['keys']): Promise<Readonly<Record<string, unknown>>> {
    const { jwtVerify } = await import('jose')
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: oidc.issuer,
        audience: oidc.clientId,
        algorithms: ALGORITHMS,
        requiredClaims: ['sub', 'exp', 'iat', 'nonce'],
        clockTolerance: TOLERANCE_S,
      })
      return payload
    } catch (error) {
      const { code = '' } = error as { readonly code?: string }
      if (/^ERR_J(WT|WS)_|^ERR_JOSE_(ALG|NOT)_|^ERR_JWKS_(NO|MULTIPLE)_/.test(code)) throw refused(code)
      throw unavailable('its keys cannot be had', error)
    }
  }

  function refused(reason: string): Fault {
    platform.log.warn({ issuer: oidc.issuer, reason }, 'what an issuer says of somebody is not believed')
    return fault('SIGN_IN_FAILED')
  }

  function identityOf(claims: Readonly<Record<string, unknown>>): Identity {
    const values = [claims[oidc.roleClaim]].flat().map(String)
    // In the order of the configuration, so that whoever has several is told beforehand which one counts.
    const role = Object.entries(oidc.roles).find(([value]) => values.includes(value))?.[1]
    if (role === undefined) throw refused(`none of the roles that the configuration knows is in its claim ${oidc.roleClaim}`)
    const text = (name: string): string | undefined =>
      typeof claims[name] === 'string' && claims[name] !== '' ? (claims[name] as string) : undefined
    const subject = String(claims.sub)
    const name = text('preferred_username') ?? text('email') ?? subject
    return { issuer: oidc.issuer, subject, role, name, shownAs: plain(text('name') ?? name) }
  }

  async function ask(address: string, init: RequestInit): Promise<unknown> {
    let response: Response
    try {
      response = await fetch(address, { ...init, redirect: 'error', signal: AbortSignal.timeout(WITHIN_MS) })
    } catch (error) {
      throw unavailable('it does not answer', error)
    }
    if (response.status >= 500) throw unavailable(`it answers ${response.status}`)
    const body: unknown = await response.json().catch(() => undefined)
    if (response.ok && typeof body === 'object' && body !== null) return body
    throw init.method === 'POST' && response.status < 500
      ? refused(`its answer is ${response.status}`)
      : unavailable(`it answers ${response.status}`)
  }
}

/** As lists show it: without what no name of anybody has in it. */
const plain = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Cf}\p{Surrogate}]/gu, '')
    .trim()
    .slice(0, 100) || '?'

/** By TLS, or on this machine. */
function isAddress(text: string | undefined): text is string {
  if (text === undefined || !URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname))
}
