import { useSyncExternalStore } from 'react'
import { answers } from './answers.js'
import { headersOf, onRefused, setRequestToken } from './client.js'
import { now } from './clock.js'
import type { Failure } from './doings.js'
import { keepOnlyOf } from './kept.js'

type Role = 'viewer' | 'operator' | 'tenant-admin' | 'fleet-admin' | 'security-auditor'

/** Who asks, as `GET /v1/session` tells it. */
export interface Who {
  readonly actor: string
  /** What may be done now. */
  readonly role: Role
  readonly tenant: string | null
  readonly csrf: string | null
  /** Null for an API key. */
  readonly session: {
    readonly id: string
    readonly name: string
    readonly shownAs: string
    /** Who knows their password; null: we do. */
    readonly issuer: string | null
    readonly ownRole: Role
    readonly begunAt: string
    readonly endsAt: string
    /** It ends before, when it was not used for so long. */
    readonly idleSeconds: number
    readonly breakGlass: { readonly role: Role; readonly until: string; readonly reason: string } | null
    readonly mayBreakGlass: Role | null
  } | null
}

export type Presence =
  | { readonly state: 'unknown' }
  | { readonly state: 'in'; readonly who: Who }
  /** `ended`: somebody was signed in on this page, and is no more. */
  | { readonly state: 'out'; readonly ended: boolean }

export interface SignInFailure extends Failure {
  /** When the next try is looked at, in milliseconds since 1970. */
  readonly againAt: number | undefined
}

export interface Invited {
  readonly name: string
  readonly shownAs: string
}

const ADDRESS = '/v1/session'
const AGAIN_MS = 1_000
// A browser's timers count no further.
const LONGEST_MS = 2 ** 31 - 1

let presence: Presence = { state: 'unknown' }
let invitation = takenFromAddress()
let ending: ReturnType<typeof setTimeout> | undefined
let looking: Promise<void> | undefined
const listeners = new Set<() => void>()
// Tabs share the cookie: what one does, the others hear of.
const channel = new BroadcastChannel('tenantry.session')

/** A link's secret stands behind `#`, and leaves the address before anything else looks at it. */
function takenFromAddress(): string | undefined {
  const found = /^#invitation=([\w-]{1,100})$/.exec(location.hash)?.[1]
  if (found !== undefined) history.replaceState(history.state, '', location.pathname + location.search)
  return found
}

addEventListener('hashchange', () => {
  const found = takenFromAddress()
  if (found === undefined) return
  invitation = found
  for (const listener of listeners) listener()
})

function become(next: Presence): void {
  clearTimeout(ending)
  setRequestToken(next.state === 'in' ? (next.who.csrf ?? undefined) : undefined)
  const [before, after] = [presence, next].map((one) =>
    one.state === 'in' ? `${one.who.actor} ${one.who.role} ${one.who.tenant}` : one.state,
  )
  // What one may see, another must not find.
  if (presence.state !== 'unknown' && before !== after) answers.clear()
  keepOnlyOf(next.state === 'in' ? next.who.actor : undefined)
  presence = next
  if (next.state === 'in' && next.who.session !== null) {
    const moments = [next.who.session.endsAt, next.who.session.breakGlass?.until ?? next.who.session.endsAt]
    const first = Math.min(...moments.map((moment) => Date.parse(moment)))
    ending = setTimeout(() => void look(), Math.min(LONGEST_MS, Math.max(AGAIN_MS, first - now() + AGAIN_MS)))
  }
  for (const listener of listeners) listener()
}

/** Asks who one is. A server that is away says nothing: what was known holds. */
export function look(): Promise<void> {
  looking ??= lookOnce().finally(() => {
    looking = undefined
  })
  return looking
}

async function lookOnce(): Promise<void> {
  const found = await exchange('GET', ADDRESS)
  if (found.ok) return become({ state: 'in', who: found.body as Who })
  if (found.status === 401) return become({ state: 'out', ended: presence.state === 'in' || (presence.state === 'out' && presence.ended) })
  if (presence.state === 'unknown') setTimeout(() => void look(), AGAIN_MS)
}

onRefused(() => void look())
channel.onmessage = () => void look()
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') void look()
})
void look()

type Exchanged =
  | { readonly ok: true; readonly body: unknown }
  | { readonly ok: false; readonly status: number; readonly failure: SignInFailure }

async function exchange(method: 'GET' | 'POST' | 'DELETE', address: string, json?: object): Promise<Exchanged> {
  const init: RequestInit = { method, ...(json === undefined ? {} : { body: JSON.stringify(json) }) }
  const headers = { ...headersOf(init), ...(json === undefined ? {} : { 'Content-Type': 'application/json' }) }
  try {
    const response = await fetch(address, { ...init, headers })
    const body: unknown = response.status === 204 ? undefined : await response.json()
    return response.ok ? { ok: true, body } : { ok: false, status: response.status, failure: failureOf(response, body) }
  } catch {
    const failure = { code: 'API_UNREACHABLE', cause: 'the server does not answer', remedy: 'try again', issues: [], againAt: undefined }
    return { ok: false, status: 0, failure }
  }
}

function failureOf(response: Response, body: unknown): SignInFailure {
  const { code, detail, remedy, errors } = body as Readonly<Record<string, string>> & { readonly errors?: readonly { detail: string }[] }
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  return {
    code: String(code),
    cause: String(detail),
    remedy: String(remedy),
    issues: errors?.map((one) => one.detail) ?? [],
    againAt: Number.isFinite(seconds) ? now() + seconds * 1_000 : undefined,
  }
}

async function enter(address: string, json: object): Promise<SignInFailure | undefined> {
  const found = await exchange('POST', address, json)
  if (!found.ok) return found.failure
  invitation = undefined
  become({ state: 'in', who: found.body as Who })
  channel.postMessage('in')
  return undefined
}

/** Undefined when it went well. */
export const signIn = (name: string, password: string): Promise<SignInFailure | undefined> => enter(ADDRESS, { name, password })

/** Chooses a password by the link that led here. */
export const choosePassword = (password: string): Promise<SignInFailure | undefined> =>
  enter(`${ADDRESS}/password`, { invitation, password })

/** Another password, for whoever is signed in: all other sessions of theirs end. Undefined when it went well. */
export async function changePassword(current: string, password: string): Promise<SignInFailure | undefined> {
  const found = await exchange('POST', `${ADDRESS}/password`, { current, password })
  if (!found.ok) {
    if (found.failure.code === 'SESSION_ENDED') void look()
    return found.failure
  }
  become({ state: 'in', who: found.body as Who })
  return undefined
}

/** Whose link led here, or what is wrong with it. */
export async function readInvitation(): Promise<Invited | SignInFailure> {
  const found = await exchange('POST', `${ADDRESS}/invitation`, { invitation })
  return found.ok ? (found.body as Invited) : found.failure
}

/** Can one sign in at an issuer as well? */
export async function hasIssuer(): Promise<boolean> {
  const found = await exchange('GET', `${ADDRESS}/ways`)
  return found.ok && (found.body as { readonly oidc: boolean }).oidc
}

/** The link is put away: whoever has a password signs in with that. */
export function forgetInvitation(): void {
  invitation = undefined
  for (const listener of listeners) listener()
}

/** A session that could not be ended, as the server is away, goes on; the page says so by still being there. */
export async function signOut(): Promise<SignInFailure | undefined> {
  const found = await exchange('DELETE', ADDRESS)
  if (!found.ok && found.status !== 401) return found.failure
  become({ state: 'out', ended: false })
  channel.postMessage('out')
  return undefined
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export const usePresence = (): Presence => useSyncExternalStore(subscribe, () => presence)

/** Did a link lead here that has not been used yet? */
export const useInvitation = (): boolean => useSyncExternalStore(subscribe, () => invitation !== undefined)

/** Whoever is signed in; screens are shown to nobody else. */
export function useWho(): Who | undefined {
  const found = usePresence()
  return found.state === 'in' ? found.who : undefined
}
