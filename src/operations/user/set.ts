import { z } from 'zod'
import { ROLES } from '../../catalog/keys.js'
import { BREAKGLASS_ROLES, findPerson, updatePerson } from '../../catalog/people.js'
import { mendGlassOf } from '../../catalog/sessions.js'
import { lockTenant } from '../../catalog/tenants.js'
import { operation } from '../../engine/operation.js'
import { plainText } from '../../engine/text-input.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import { userResource } from './resource.js'
import { describeUser, holdUser, userName, userRow } from './row.js'

export const setUser = operation({
  kind: 'change',
  name: 'user.set',
  summary: 'Change what somebody may do, or how they are called. It holds at once, in their sessions too.',
  effect: 'change',
  input: z
    .strictObject({
      user: userName,
      role: z.enum(ROLES).optional().describe('What they may do'),
      tenant: z.string().min(2).max(39).optional().describe('The one tenant of a tenant-admin, by id or slug'),
      shownAs: plainText(100).optional().describe('How they are called'),
      breakGlass: z
        .enum([...BREAKGLASS_ROLES, 'none'])
        .optional()
        .describe('The role that breaking glass gives them for a while, or none'),
    })
    .refine((given) => Object.keys(given).length > 1, 'nothing is to be changed: give --role, --tenant, --shown-as or --break-glass'),
  output: userRow,
  faults: ['USER_NOT_FOUND', 'TENANT_NOT_FOUND', 'SLUG_INVALID', 'INPUT_INVALID'],
  access: { roles: ['fleet-admin'], lasting: true },
  http: 'POST /v1/users/{user}',
  resource: userResource,
  words: { positionals: ['user'], says: (u) => `"${u.name}" is ${u.role}${u.tenant === null ? '' : ` of ${u.tenant}`}` },
  async change({ tx, fail }, { user, role: wanted, tenant, shownAs, breakGlass }) {
    const before = await holdUser(tx, user, fail)
    const role = wanted ?? before.role
    if (role !== 'tenant-admin' && tenant !== undefined) throw fail('INPUT_INVALID', { issues: ['tenant: only a tenant-admin has one'] })
    if (role === 'tenant-admin' && breakGlass !== undefined && breakGlass !== 'none')
      throw fail('INPUT_INVALID', { issues: ['breakGlass: a tenant-admin has none'] })
    const owner = tenant === undefined ? undefined : await tx.maybe(lockTenant(checkTenantRef(tenant)))
    if (tenant !== undefined && owner === undefined) throw fail('TENANT_NOT_FOUND', { tenant })
    const tenantId = role === 'tenant-admin' ? (owner?.id ?? before.tenantId) : null
    if (role === 'tenant-admin' && tenantId === null) throw fail('INPUT_INVALID', { issues: ['a tenant-admin needs --tenant'] })
    if (before.issuer !== null && (role !== before.role || tenantId !== before.tenantId)) {
      const whose = `"${before.name}" signs in at ${before.issuer}, which says at each sign-in what they may do`
      throw fail('INPUT_INVALID', { issues: [`role: ${whose}`] })
    }
    const given = breakGlass ?? before.breakglassRole
    const breakglassRole = role === 'tenant-admin' || given === 'none' ? null : given
    if (role !== before.role || tenantId !== before.tenantId || breakglassRole !== before.breakglassRole)
      await tx.run(mendGlassOf(before.id))
    await tx.run(updatePerson({ id: before.id, shownAs: shownAs ?? before.shownAs, role, tenantId, breakglassRole }))
    return { output: describeUser(await tx.one(findPerson(before.name))) }
  },
})
