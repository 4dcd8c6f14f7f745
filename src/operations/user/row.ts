import { z } from 'zod'
import { ROLES } from '../../catalog/keys.js'
import { BREAKGLASS_ROLES, findPerson, lockPerson, type Person } from '../../catalog/people.js'
import { nameOf } from '../../catalog/people-format.js'
import type { Fail } from '../../engine/operation.js'
import type { Session } from '../../postgres/session.js'

/** A name as it is typed in; an address for mail is one. */
export const userName = z
  .string()
  .max(100)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._@+-]*$/, 'must be letters, digits and . _ @ + - alone, and begin with a letter or a digit')
  .describe('What is typed in to sign in; upper and lower case are the same')
  .meta({ examples: ['anna', 'anna@acme.example'] })

export const userRow = z.object({
  id: z.string(),
  name: z.string().meta({ examples: ['anna'] }),
  shownAs: z.string().meta({ examples: ['Anna Berg'] }),
  role: z.enum(ROLES),
  tenant: z.string().nullable(),
  breakGlass: z.enum(BREAKGLASS_ROLES).nullable().describe('The role that breaking glass gives for a while'),
  issuer: z
    .string()
    .nullable()
    .describe('Who vouches for them in place of a password')
    .meta({ examples: ['https://login.example'] }),
  state: z.enum(['invited', 'active', 'disabled', 'waiting']).describe('waiting: without a password and without a link that works'),
  createdAt: z.date(),
  createdBy: z.string(),
  signedInAt: z.date().nullable(),
  disabledAt: z.date().nullable(),
  invitedUntil: z.date().nullable().describe('Until when a link works that was not used yet'),
})

export function describeUser(p: Person): z.output<typeof userRow> {
  const { tenantId, breakglassRole, hasPassword, ...rest } = p
  const state =
    p.disabledAt !== null ? 'disabled' : hasPassword || p.issuer !== null ? 'active' : p.invitedUntil !== null ? 'invited' : 'waiting'
  return { ...rest, tenant: tenantId, breakGlass: breakglassRole, state }
}

/** Throws USER_NOT_FOUND. */
export async function readUser(session: Session, user: string, fail: Fail<'USER_NOT_FOUND'>): Promise<Person> {
  const found = await session.maybe(findPerson(nameOf(user)))
  if (found === undefined) throw fail('USER_NOT_FOUND', { user: nameOf(user) })
  return found
}

/** The same, held until the transaction ends. */
export async function holdUser(tx: Session, user: string, fail: Fail<'USER_NOT_FOUND'>): Promise<Person> {
  const found = await tx.maybe(lockPerson(nameOf(user)))
  if (found === undefined) throw fail('USER_NOT_FOUND', { user: nameOf(user) })
  return found
}
