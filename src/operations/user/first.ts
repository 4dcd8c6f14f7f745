import { firstSteps } from '../../catalog/people.js'
import type { Caller } from '../../engine/operation.js'
import type { Platform } from '../../engine/platform.js'
import { submit } from '../../engine/submit.js'
import { newId } from '../../kernel/clock.js'
import { inviteUser } from './invite.js'

const FIRST_NAME = 'admin'
const isFirst = (name: string): boolean => /^admin(-[0-9a-f]{8})?$/.test(name)

/**
 * The link by which the first administrator signs in, for whoever starts the platform to say: there until anybody has signed in, and only while nobody else was
 * invited. Whoever comes from an issuer is not counted: they have the role that it gives them, and only while it answers. A link that was said before works no
 * more.
 */
export async function firstLink(platform: Platform, url: string, caller: Caller): Promise<string | undefined> {
  if (platform.skew !== undefined) return undefined
  const { signedIn, people, taken } = await platform.catalog.one(firstSteps(FIRST_NAME))
  if (signedIn || !people.every(isFirst)) return undefined
  const [there] = people
  // An issuer may call its people as it likes, and so take any name that is known beforehand.
  const name = there ?? (taken ? `${FIRST_NAME}-${newId().slice(0, 8)}` : FIRST_NAME)
  const { output } = await submit(platform, inviteUser, { name, ...(there === undefined ? { role: 'fleet-admin' } : {}) }, caller)
  const { link } = output as { readonly link: string }
  return link.startsWith('/') ? `${url}${link}` : link
}
