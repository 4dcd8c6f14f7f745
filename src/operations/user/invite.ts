import { z } from 'zod'
import { ROLES, type Role } from '../../catalog/keys.js'
import {
  BREAKGLASS_ROLES,
  type BreakglassRole,
  findPerson,
  insertInvitation,
  insertPerson,
  lockPerson,
  type Person,
  voidInvitations,
} from '../../catalog/people.js'
import { hashToken, nameOf, newInvitation } from '../../catalog/people-format.js'
import { lockTenant } from '../../catalog/tenants.js'
import { type AcceptContext, operation } from '../../engine/operation.js'
import { plainText } from '../../engine/text-input.js'
import { newId } from '../../kernel/clock.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import { describeUser, userName, userRow } from './row.js'

const LIFETIME_MS = 24 * 3_600_000
const FAULTS = ['TENANT_NOT_FOUND', 'SLUG_INVALID', 'USER_EXISTS', 'USER_DISABLED', 'INPUT_INVALID'] as const

export const inviteUser = operation({
  kind: 'change',
  name: 'user.invite',
  summary: 'Make a link by which somebody chooses a password and signs in. It works once, within 24 hours, and is shown once.',
  effect: 'change',
  input: z.strictObject({
    name: userName,
    role: z.enum(ROLES).optional().describe('What they may do; needed for somebody new'),
    tenant: z.string().min(2).max(39).optional().describe('The one tenant of a tenant-admin, by id or slug'),
    shownAs: plainText(100).optional().describe('How they are called (default: their name)'),
    breakGlass: z
      .enum(BREAKGLASS_ROLES)
      .optional()
      .describe('The role that breaking glass gives them for a while (default: it may not be done)'),
  }),
  output: userRow.extend({
    link: z
      .string()
      .describe('Behind the address of the console, unless the configuration has one')
      .meta({
        examples: [`/sign-in#invitation=tni_${'A'.repeat(43)}`],
      }),
  }),
  secret: ['link'],
  faults: FAULTS,
  access: { roles: ['fleet-admin'], lasting: true },
  http: 'POST /v1/users',
  words: {
    positionals: ['name'],
    says: (u) =>
      [
        u.link,
        `For "${u.name}" (${u.role}), until ${u.invitedUntil?.toISOString() ?? ''}.${u.link.startsWith('/') ? ' Put the address of the console in front.' : ''} It is not shown again; a link that they had before works no more.`,
      ].join('\n'),
  },
  async change(context, { name: typed, role, tenant, shownAs, breakGlass }) {
    const { platform, tx, fail } = context
    const name = nameOf(typed)
    const there = await tx.maybe(lockPerson(name))
    const others = { tenant, shownAs, breakGlass }
    if (there === undefined) await add(context, { name, role, ...others })
    else if (role !== undefined || Object.values(others).some((given) => given !== undefined))
      throw fail('USER_EXISTS', { user: name, role: there.role })
    else if (there.issuer !== null)
      throw fail('INPUT_INVALID', { issues: [`name: "${name}" signs in at ${there.issuer}, and has no password here`] })
    else if (there.disabledAt !== null) throw fail('USER_DISABLED', { user: name })
    const { id }: Person = await tx.one(findPerson(name))
    const invitation = newInvitation()
    await tx.run(voidInvitations(id))
    await tx.run(insertInvitation(hashToken(invitation), id, LIFETIME_MS))
    const link = `${platform.config.console.url ?? ''}/sign-in#invitation=${invitation}`
    return { output: { ...describeUser(await tx.one(findPerson(name))), link } }
  },
})

interface Newcomer {
  readonly name: string
  readonly role: Role | undefined
  readonly tenant: string | undefined
  readonly shownAs: string | undefined
  readonly breakGlass: BreakglassRole | undefined
}

async function add({ tx, caller, fail }: AcceptContext<(typeof FAULTS)[number]>, given: Newcomer): Promise<void> {
  const { name, role, tenant, shownAs = name, breakGlass = null } = given
  if (role === undefined) throw fail('INPUT_INVALID', { issues: [`role: nobody has the name "${name}" yet, and somebody new needs one`] })
  if ((role === 'tenant-admin') !== (tenant !== undefined))
    throw fail('INPUT_INVALID', { issues: ['a tenant-admin needs --tenant, and no other role takes one'] })
  if (role === 'tenant-admin' && breakGlass !== null) throw fail('INPUT_INVALID', { issues: ['breakGlass: a tenant-admin has none'] })
  const owner = tenant === undefined ? undefined : await tx.maybe(lockTenant(checkTenantRef(tenant)))
  if (tenant !== undefined && owner === undefined) throw fail('TENANT_NOT_FOUND', { tenant })
  const person = { id: newId(), name, shownAs, role, tenantId: owner?.id ?? null, breakglassRole: breakGlass, createdBy: caller.actor }
  // Of two at once who invite the same one, the second has waited here.
  if ((await tx.maybe(insertPerson(person))) === undefined) throw fail('USER_EXISTS', { user: name, role })
}
