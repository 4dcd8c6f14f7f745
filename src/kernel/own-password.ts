import { createHmac } from 'node:crypto'

/** The name of a login that serves one home alone. It ends in its side, as those that serve many do in their number. */
const OWN_LOGIN = /_app_[a-z2-7]+_[12]$/

export const isOwnLogin = (login: string): boolean => OWN_LOGIN.test(login)

/**
 * The password of a login: of those that serve many homes it is the secret itself; one that serves a single home has its own, derived from the secret and
 * its name by HMAC-SHA256. So there is one reference for all of them: who learns the password of one tenant's login knows no other, and who learns the
 * secret can derive them all.
 */
export const passwordOf = (login: string, secret: string): string =>
  isOwnLogin(login) ? createHmac('sha256', secret).update(`tenantry login ${login}`).digest('base64url') : secret
