import { firstSteps } from '../../catalog/people.js'
import type { Caller } from '../../engine/operation.js'
import type { Platform } from '../../engine/platform.js'
import { submit } from '../../engine/submit.js'
import { inviteUser } from './invite.js'

export const FIRST_NAME = 'admin'

/**
 * The link by which the first administrator signs in, for whoever starts the platform to say: there until anybody has signed in, and only while nobody else was
 * invited. A link that was said before works no more.
 */
export async function firstLink(platform: Platform, url: string, caller: Caller): Promise<string | undefined> {
  if (platform.skew !== undefined) return undefined
  const { signedIn, people } = await platform.catalog.one(firstSteps)
  if (signedIn || people.some((name) => name !== FIRST_NAME)) return undefined
  const newcomer = people.length === 0 ? { role: 'fleet-admin' } : {}
  const { output } = await submit(platform, inviteUser, { name: FIRST_NAME, ...newcomer }, caller)
  const { link } = output as { readonly link: string }
  return link.startsWith('/') ? `${url}${link}` : link
}
