import { openInvitation } from '../../catalog/people.js'
import { hashToken } from '../../catalog/people-format.js'
import { endSession, usableSession } from '../../catalog/sessions.js'
import { fault } from '../../kernel/faults.js'
import { admit } from '../admit.js'
import { lookedUp, refuseKeyInAddress } from '../authenticate.js'
import { readJsonBody, refuseBody } from '../body.js'
import type { OwnContext, OwnRoute } from '../own-routes.js'
import { type Asker, askerOfSession } from '../policy.js'
import { auditSession } from './audit.js'
import { refuseForeignPage } from './csrf.js'
import { DESCRIBED } from './described.js'
import { OIDC_ROUTES } from './oidc-routes.js'
import { noCookie, sessionCookie, sessionCookieOf } from './session.js'
import { checkInvitation, describeKeyHolder, describeSession, invitationInput, passwordInput, read, signInInput } from './shapes.js'
import { type Begun, changePassword, signIn, takeLink } from './sign-in.js'

/** Sign-in, sign-out, and who one is. */
export const PEOPLE_ROUTES: readonly OwnRoute[] = [
  ...OIDC_ROUTES,
  { method: 'POST', path: '/v1/session', answer: postSession, ...DESCRIBED.signIn },
  { method: 'GET', path: '/v1/session', answer: getSession, ...DESCRIBED.show },
  { method: 'DELETE', path: '/v1/session', answer: deleteSession, ...DESCRIBED.signOut },
  { method: 'POST', path: '/v1/session/invitation', answer: postInvitation, ...DESCRIBED.invitation },
  { method: 'POST', path: '/v1/session/password', answer: postPassword, ...DESCRIBED.password },
]

async function postSession(request: Request, context: OwnContext): Promise<Response> {
  const giveBack = stranger(request, context)
  const given = read(signInInput, await readJsonBody(request))
  const begun = await signIn(context, given, sessionCookieOf(context.platform, request))
  giveBack()
  return answered(context, begun)
}

async function getSession(request: Request, context: OwnContext): Promise<Response> {
  refuseKeyInAddress(request)
  await refuseBody(request)
  const asker = await admit(request, context)
  if (asker.sessionId === undefined) return Response.json(describeKeyHolder(asker))
  const { token, session } = await whole(request, context)
  return Response.json(describeSession(askerOfSession(session), session, token, context.platform.config.console.idleMs))
}

async function deleteSession(request: Request, context: OwnContext): Promise<Response> {
  refuseKeyInAddress(request)
  await refuseBody(request)
  const asker = await admit(request, context)
  const id = sessionOf(asker, 'signing out')
  await context.platform.catalog.transaction(async (tx) => {
    await tx.maybe(endSession(id))
    await tx.run(auditSession({ operation: 'session.end', actor: asker.actor, outcome: 'succeeded', address: context.address }))
  })
  context.hub.endSession(id)
  return new Response(null, { status: 204, headers: { 'Set-Cookie': noCookie(context.platform) } })
}

/** Whose link it is: for the page on which they choose a password. */
async function postInvitation(request: Request, context: OwnContext): Promise<Response> {
  const giveBack = stranger(request, context)
  const hash = hashToken(checkInvitation(read(invitationInput, await readJsonBody(request)).invitation))
  const found = await lookedUp(context.log, () => context.platform.catalog.maybe(openInvitation(hash)))
  if (found === undefined) throw fault('INVITATION_INVALID')
  giveBack()
  const { name, shownAs, expiresAt } = found
  return Response.json({ name, shownAs, expiresAt })
}

async function postPassword(request: Request, context: OwnContext): Promise<Response> {
  const giveBack = stranger(request, context)
  const { invitation, current, password } = read(passwordInput, await readJsonBody(request))
  if (invitation !== undefined) {
    const begun = await takeLink(context, checkInvitation(invitation), password, sessionCookieOf(context.platform, request))
    giveBack()
    return answered(context, begun)
  }
  sessionOf(await admit(request, context), 'changing a password')
  const { token, session } = await whole(request, context)
  const ended = await changePassword(context, session, current!, password)
  giveBack()
  for (const id of ended) context.hub.endSession(id)
  return Response.json(describeSession(askerOfSession(session), session, token, context.platform.config.console.idleMs))
}

/** Before it is known who asks. Answers what gives the try back. */
function stranger(request: Request, { platform, limits, address }: OwnContext): () => void {
  refuseKeyInAddress(request)
  refuseForeignPage(request, platform.config)
  return limits.signIn(address)
}

function sessionOf({ sessionId }: Asker, what: string): string {
  if (sessionId === undefined) throw fault('SESSION_NEEDED', { operation: what })
  return sessionId
}

/** The session that has just been admitted, with its token. */
async function whole(request: Request, { platform }: OwnContext) {
  const token = sessionCookieOf(platform, request) ?? ''
  const session = await platform.catalog.maybe(usableSession(hashToken(token), platform.config.console.idleMs))
  if (session === undefined) throw fault('SESSION_ENDED')
  return { token, session }
}

function answered({ platform, hub, foundAsker }: OwnContext, { token, session, ended }: Begun): Response {
  const asker = askerOfSession(session)
  foundAsker(asker)
  for (const id of ended) hub.endSession(id)
  return Response.json(describeSession(asker, session, token, platform.config.console.idleMs), {
    status: 201,
    headers: { 'Set-Cookie': sessionCookie(platform, token) },
  })
}
