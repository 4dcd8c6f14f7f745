import { createHash, createHmac } from 'node:crypto'
import { randomBytes } from '../kernel/clock.js'

const TOKEN = /^[A-Za-z0-9_-]{43}$/

/** What opens a door for whoever has it: 32 random bytes behind letters that a scanner knows. */
const newToken = (prefix: string): string => `${prefix}_${randomBytes(32).toString('base64url')}`
const isToken = (prefix: string, text: string): boolean => text.startsWith(`${prefix}_`) && TOKEN.test(text.slice(prefix.length + 1))

/** The secret of a link by which somebody chooses a password. */
export const newInvitation = (): string => newToken('tni')
export const isInvitation = (text: string): boolean => isToken('tni', text)

/** What the cookie of a session holds. */
export const newSessionToken = (): string => newToken('tns')
export const isSessionToken = (text: string): boolean => isToken('tns', text)

/** What is stored: 256 random bits need no salt and no slow hash. */
export const hashToken = (token: string): Buffer => createHash('sha256').update(token).digest()

/** What pages of ours send along with a session's cookie. Who cannot read our answers does not have it. */
export const csrfOf = (token: string): string => createHash('sha256').update(`csrf ${token}`).digest('base64url')

/** A name as it is stored, whatever case it is typed in. */
export const nameOf = (typed: string): string => typed.normalize('NFKC').trim().toLowerCase()

/** By what failures of a name are counted; it tells nobody what was typed, which may have been a password. */
export const digestOfName = (platformId: string, typed: string): Buffer =>
  createHmac('sha256', `tenantry sign-in ${platformId}`).update(nameOf(typed)).digest()
