import { createHmac } from 'node:crypto'
import { fault } from './faults.js'

/** The name of a login that serves one home alone. It ends in its side, as those that serve many do in their number. */
const OWN_LOGIN = /_app_[a-z2-7]+_[12]$/

export const isOwnLogin = (login: string): boolean => OWN_LOGIN.test(login)

/**
 * The password of a login: of those that serve many homes it is the secret itself; one that serves a single home has its own, derived from the secret and
 * its name by HMAC-SHA256. So there is one reference for all of them: who learns the secret can derive them all. Who learns the password of one tenant's
 * login knows no other as long as the secret cannot be guessed: nothing slows down whoever tries secrets against a password that it knows.
 */
export const passwordOf = (login: string, secret: string): string =>
  isOwnLogin(login) ? createHmac('sha256', secret).update(`tenantry login ${login}`).digest('base64url') : secret

/** Shorter than this, a secret was made up by somebody. That a longer one was drawn by lot is for its owner to see to. */
const LEAST_SECRET = 16

/** Throws SECRET_SHORT where a login of its own would have a password that is made of little. */
export function assertLongSecret(login: string, secret: string, reference: string): void {
  if (isOwnLogin(login) && secret.length < LEAST_SECRET) throw fault('SECRET_SHORT', { reference, least: LEAST_SECRET })
}
