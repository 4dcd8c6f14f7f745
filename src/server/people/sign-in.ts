import { createHash } from 'node:crypto'
import {
  countAttempt,
  findPerson,
  forgetAttempts,
  holdPassword,
  insertPerson,
  lockIdentity,
  openInvitation,
  passwordOf,
  setPassword,
  takeInvitation,
  updatePerson,
  voidInvitations,
} from '../../catalog/people.js'
import { digestOfName, hashToken, nameOf } from '../../catalog/people-format.js'
import { endOldestSessionsOf, endSessionsOf, endSessionWith, mendGlassOf, type Session } from '../../catalog/sessions.js'
import { newId } from '../../kernel/clock.js'
import { type Fault, fault } from '../../kernel/faults.js'
import type { Session as CatalogSession } from '../../postgres/session.js'
import { lookedUp } from '../authenticate.js'
import type { OwnContext } from '../own-routes.js'
import { auditRefusal } from '../refusals.js'
import { auditSession, type SessionEntry, UNKNOWN } from './audit.js'
import type { Identity } from './oidc.js'
import { inTurn } from './password.js'
import { beginSession } from './session.js'

// Of one person. Whoever knows the password must not fill the catalog, and a list of sessions must stay one that is read.
const MOST_SESSIONS = 20

export interface Begun {
  /** For the cookie; it is nowhere else. */
  readonly token: string
  readonly session: Session
  /** Sessions that are over by this. */
  readonly ended: readonly string[]
}

type Of = Pick<OwnContext, 'platform' | 'log' | 'address' | 'passwords'>

/**
 * Looks at a password, and begins a session. For a name that nobody has the same is done and answered as for any other. Throws SIGN_IN_FAILED, SIGN_IN_LOCKED,
 * RATE_LIMITED.
 */
export async function signIn(
  of: Of,
  { name, password }: { readonly name: string; readonly password: string },
  cookie: string | undefined,
): Promise<Begun> {
  const { platform, log, address } = of
  const { catalog } = platform
  const digest = digestOfName(platform.id, name)
  // Counted within its turn: whoever is sent away because too many wait has not tried.
  return inTurn(async () => {
    const person = await lookedUp(log, () => catalog.maybe(passwordOf(nameOf(name))))
    const actor = person === undefined ? UNKNOWN : `user:${nameOf(name)}`
    const { admitted, seconds } = await catalog.one(countAttempt(digest))
    if (!admitted) throw await refused(of, { operation: 'session.begin', actor }, fault('SIGN_IN_LOCKED', { seconds }))
    const right = await of.passwords.matches(password, person?.password)
    const failed = () => refused(of, { operation: 'session.begin', actor }, fault('SIGN_IN_FAILED'))
    if (!right || person === undefined || person.disabled) throw await failed()
    const begun = await catalog.transaction(async (tx): Promise<Begun | undefined> => {
      const held = await tx.maybe(holdPassword(person.id))
      // Changed, or disabled, while it was looked at.
      if (held === undefined || held.disabled || held.password !== person.password) return undefined
      await tx.run(forgetAttempts(digest))
      return begin(of, tx, { personId: person.id, actor, operation: 'session.begin' }, hashesOf(cookie))
    })
    if (begun === undefined) throw await failed()
    log.info({ actor, session: begun.session.id, address }, 'signed in')
    return begun
  })
}

/**
 * Gives whoever has this link the password that they have chosen, and begins a session; all others that they had end. It works once, also for a name that is
 * locked. Throws INVITATION_INVALID, INPUT_INVALID, RATE_LIMITED.
 */
export async function takeLink(of: Of, invitation: string, password: string, cookie: string | undefined): Promise<Begun> {
  const { catalog, id } = of.platform
  const hash = hashToken(invitation)
  return inTurn(async () => {
    const invited = await lookedUp(of.log, () => catalog.maybe(openInvitation(hash)))
    if (invited === undefined) throw fault('INVITATION_INVALID')
    refuseNameAsPassword(invited.name, password)
    const stored = await of.passwords.hash(password)
    return catalog.transaction(async (tx) => {
      const taken = await tx.maybe(takeInvitation(hash))
      if (taken === undefined) throw fault('INVITATION_INVALID')
      const { personId, name } = taken
      await tx.run(setPassword(personId, stored))
      await tx.run(voidInvitations(personId))
      await tx.run(forgetAttempts(digestOfName(id, name)))
      const before = await tx.rows(endSessionsOf(personId, null))
      const begun = await begin(of, tx, { personId, actor: `user:${name}`, operation: 'session.password' }, hashesOf(cookie))
      return { ...begun, ended: [...begun.ended, ...before.map((one) => one.id)] }
    })
  })
}

/**
 * Changes the password of whoever is signed in and knows it. All their other sessions end; answers which. A wrong one counts as at sign-in. Throws
 * SIGN_IN_FAILED, SIGN_IN_LOCKED, INPUT_INVALID, RATE_LIMITED.
 */
export async function changePassword(of: Of, session: Session, current: string, password: string): Promise<readonly string[]> {
  const { catalog, id } = of.platform
  const digest = digestOfName(id, session.name)
  const entry = { operation: 'session.password', actor: `user:${session.name}` } as const
  refuseNameAsPassword(session.name, password)
  return inTurn(async () => {
    const { admitted, seconds } = await catalog.one(countAttempt(digest))
    if (!admitted) throw await refused(of, entry, fault('SIGN_IN_LOCKED', { seconds }))
    const person = await catalog.maybe(passwordOf(session.name))
    if (person === undefined || !(await of.passwords.matches(current, person.password)))
      throw await refused(of, entry, fault('SIGN_IN_FAILED'))
    const stored = await of.passwords.hash(password)
    return catalog.transaction(async (tx) => {
      const held = await tx.maybe(holdPassword(person.id))
      if (held === undefined || held.disabled || held.password !== person.password) throw fault('SIGN_IN_FAILED')
      await tx.run(setPassword(person.id, stored))
      await tx.run(voidInvitations(person.id))
      await tx.run(forgetAttempts(digest))
      await tx.run(auditSession({ ...entry, outcome: 'succeeded', address: of.address }))
      return (await tx.rows(endSessionsOf(person.id, session.id))).map((one) => one.id)
    })
  })
}

/**
 * Begins a session for whom an issuer vouches, with the role that it gives them now, in their other sessions as well. Whoever was never here is made; never by
 * the name of somebody else. The sessions with these hashes end. Throws SIGN_IN_FAILED for somebody who is disabled.
 */
export async function vouchedFor(of: Of, identity: Identity, before: readonly Buffer[]): Promise<Begun> {
  const { issuer, subject, role, shownAs } = identity
  const begun = await of.platform.catalog.transaction(async (tx): Promise<Begun | undefined> => {
    let person = await tx.maybe(lockIdentity(issuer, subject))
    let created = false
    for (const name of namesFor(identity)) {
      if (person !== undefined) break
      const newcomer = {
        name,
        shownAs,
        role,
        tenantId: null,
        breakglassRole: null,
        createdBy: `issuer:${issuer}`,
        identity: { issuer, subject },
      }
      created = (await tx.maybe(insertPerson({ id: newId(), ...newcomer }))) !== undefined
      person = await tx.maybe(lockIdentity(issuer, subject))
    }
    if (person === undefined || person.disabled) return undefined
    const had = await tx.one(findPerson(person.name))
    // No issuer gives a role that has a tenant: with the role, the tenant is another one too.
    const changed = had.role !== role
    if (changed) await tx.run(mendGlassOf(person.id))
    await tx.run(updatePerson({ id: person.id, shownAs, role, tenantId: null, breakglassRole: had.breakglassRole }))
    const facts = { role, ...(created ? ({ created } as const) : {}), ...(changed ? { was: had.role } : {}) }
    return begin(of, tx, { personId: person.id, actor: `user:${person.name}`, operation: 'session.begin', facts }, before)
  })
  if (begun === undefined) throw fault('SIGN_IN_FAILED')
  of.log.info({ actor: `user:${begun.session.name}`, session: begun.session.id, address: of.address }, 'signed in')
  return begun
}

/** What somebody may be called here, the most fitting first. */
function namesFor({ issuer, subject, name }: Identity): readonly string[] {
  const digest = createHash('sha256').update(`${issuer} ${subject}`).digest('hex').slice(0, 12)
  const fit = nameOf(name)
    .replace(/[^a-z0-9._@+-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 80)
  // The others may all be taken, by chance or because somebody has worked out what they are.
  return [...(fit === '' ? [`user-${digest}`] : [fit, `${fit}-${digest}`]), `user-${newId()}`]
}

/** Of the session that a browser has until now. */
export const hashesOf = (cookie: string | undefined): readonly Buffer[] => (cookie === undefined ? [] : [hashToken(cookie)])

/** In the transaction that has found who it is. The sessions that the browser had until now end. */
async function begin(
  { platform, address }: Of,
  tx: CatalogSession,
  { personId, ...entry }: { readonly personId: string } & Pick<SessionEntry, 'actor' | 'operation' | 'facts'>,
  before: readonly Buffer[],
): Promise<Begun> {
  const ended: { readonly id: string }[] = []
  for (const hash of before) ended.push(...(await tx.rows(endSessionWith(hash))))
  const begun = await beginSession(platform, tx, personId, address)
  const oldest = await tx.rows(endOldestSessionsOf(personId, MOST_SESSIONS, platform.config.console.idleMs))
  await tx.run(auditSession({ ...entry, outcome: 'succeeded', address }))
  return { ...begun, ended: [...ended, ...oldest].map(({ id }) => id) }
}

async function refused({ platform, log, address }: Of, entry: Pick<SessionEntry, 'operation' | 'actor'>, reason: Fault): Promise<Fault> {
  const audit = auditSession({ ...entry, outcome: 'refused', fault: reason.code, address })
  await auditRefusal(platform, log, audit, { ...entry, code: reason.code })
  return reason
}

function refuseNameAsPassword(name: string, password: string): void {
  if (nameOf(password).includes(name) && name.length >= 4)
    throw fault('INPUT_INVALID', { issues: ['password: must not have the name in it'] })
}
