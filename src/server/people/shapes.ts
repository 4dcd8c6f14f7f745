import { z } from 'zod'
import { ROLES } from '../../catalog/keys.js'
import { BREAKGLASS_ROLES } from '../../catalog/people.js'
import { csrfOf, isInvitation } from '../../catalog/people-format.js'
import type { Session } from '../../catalog/sessions.js'
import { fault } from '../../kernel/faults.js'
import { isStorable } from '../../kernel/plain-text.js'
import type { Asker } from '../policy.js'
import { LONGEST_PASSWORD, SHORTEST_PASSWORD } from './password.js'

// Of what is typed in only the length is judged: the rest is right or wrong.
const typed = z.string().min(1).max(1_000).refine(isStorable, 'must be well-formed Unicode without NUL')

export const signInInput = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(200)
    .refine(isStorable, 'must be well-formed Unicode without NUL')
    .meta({ examples: ['anna'] }),
  password: typed.meta({ examples: ['correct horse battery staple'] }),
})

// One who has no such link is told so, whatever it is that they have.
const invitation = z
  .string()
  .max(1_000)
  .describe('What stands behind # in the link')
  .meta({ examples: [`tni_${'A'.repeat(43)}`] })

export const invitationInput = z.strictObject({ invitation })

export const passwordInput = z
  .strictObject({
    invitation: invitation.optional().describe('What stands behind # in the link; whoever is signed in gives `current` instead'),
    current: typed
      .optional()
      .describe('The password until now')
      .meta({ examples: ['correct horse battery staple'] }),
    password: z
      .string()
      .refine(
        (text) => [...text].length >= SHORTEST_PASSWORD && [...text].length <= LONGEST_PASSWORD,
        `must have ${SHORTEST_PASSWORD} to ${LONGEST_PASSWORD} characters`,
      )
      .refine((text) => new Set(text).size >= 5, 'must have five different characters')
      .refine(isStorable, 'must be well-formed Unicode without NUL')
      .describe('The new one')
      .meta({ examples: ['a longer horse than before'] }),
  })
  .refine((given) => (given.invitation === undefined) !== (given.current === undefined), 'either invitation or current must be given')

/** Throws INPUT_INVALID with every issue. No issue repeats what was given. */
export function read<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map(({ path, message, code }) => {
    const says = code === 'unrecognized_keys' ? 'there is a field that is not known' : message
    return path.length === 0 ? says : `${path.join('.')}: ${says}`
  })
  throw fault('INPUT_INVALID', { issues })
}

/** Throws INVITATION_INVALID for what was never one. */
export function checkInvitation(text: string): string {
  if (!isInvitation(text)) throw fault('INVITATION_INVALID')
  return text
}

export const waysOutput = z.object({
  password: z.boolean(),
  oidc: z.boolean().describe('At an issuer of OpenID Connect: GET /v1/session/oidc'),
})

export const invitedOutput = z.object({
  name: z
    .string()
    .describe('What is typed in to sign in')
    .meta({ examples: ['anna'] }),
  shownAs: z.string().meta({ examples: ['Anna Berg'] }),
  expiresAt: z.date(),
})

export const sessionOutput = z.object({
  by: z.enum(['session', 'key']),
  actor: z
    .string()
    .describe('As journal and audit name whoever asks')
    .meta({ examples: ['user:anna'] }),
  role: z.enum(ROLES).describe('What may be done now'),
  tenant: z.string().nullable().describe('The one tenant of a tenant-admin'),
  csrf: z.string().nullable().describe('What changes in this session send as X-Tenantry-CSRF; keys need none'),
  session: z
    .object({
      id: z.uuid(),
      name: z.string().meta({ examples: ['anna'] }),
      shownAs: z.string().meta({ examples: ['Anna Berg'] }),
      issuer: z
        .string()
        .nullable()
        .describe('Who vouches for them and decides which role they have; null for people with a password')
        .meta({ examples: ['https://login.example.com'] }),
      ownRole: z.enum(ROLES).describe("The person's own role"),
      begunAt: z.date(),
      endsAt: z.date().describe('When it ends, however much it is used'),
      idleSeconds: z
        .number()
        .int()
        .describe('It ends before, when it was not used for so long')
        .meta({ examples: [1800] }),
      breakGlass: z
        .object({ role: z.enum(BREAKGLASS_ROLES), until: z.date(), reason: z.string() })
        .nullable()
        .describe('While the session has another role than the person'),
      mayBreakGlass: z.enum(BREAKGLASS_ROLES).nullable().describe('The role that breaking glass would give'),
    })
    .nullable()
    .describe('Null for API keys'),
})

export function describeSession(asker: Asker, session: Session, token: string, idleMs: number): z.output<typeof sessionOutput> {
  const { id, name, shownAs, issuer, ownRole, begunAt, endsAt, breakglassRole, breakglassUntil, breakglassReason } = session
  const broken = breakglassRole !== null && breakglassUntil !== null
  return {
    by: 'session',
    actor: asker.actor,
    role: asker.role,
    tenant: asker.tenantId,
    csrf: csrfOf(token),
    session: {
      id,
      name,
      shownAs,
      issuer,
      ownRole,
      begunAt,
      endsAt,
      idleSeconds: Math.floor(idleMs / 1_000),
      breakGlass: broken ? { role: breakglassRole, until: breakglassUntil, reason: breakglassReason ?? '' } : null,
      mayBreakGlass: session.mayBreak,
    },
  }
}

export const describeKeyHolder = ({ actor, role, tenantId }: Asker): z.output<typeof sessionOutput> => ({
  by: 'key',
  actor,
  role,
  tenant: tenantId,
  csrf: null,
  session: null,
})
