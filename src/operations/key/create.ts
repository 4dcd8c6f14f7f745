import { z } from 'zod'
import { hashApiKey, hintOf, newApiKey } from '../../catalog/key-format.js'
import { insertKey, ROLES } from '../../catalog/keys.js'
import { lockTenant } from '../../catalog/tenants.js'
import { operation } from '../../engine/operation.js'
import { plainText } from '../../engine/text-input.js'
import { newId } from '../../kernel/clock.js'
import { milliseconds } from '../../kernel/durations.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import { describeKey, keyRow } from './row.js'

export const createKey = operation({
  kind: 'change',
  name: 'key.create',
  summary: 'Make an API key. It is shown once.',
  effect: 'change',
  input: z
    .strictObject({
      name: plainText(100).describe('What the key is for'),
      role: z.enum(ROLES).describe('What it may do'),
      tenant: z.string().min(2).max(39).optional().describe('The one tenant of a tenant-admin, by id or slug'),
      expires: z
        .string()
        .regex(/^[1-9]\d{0,4}(min|h|d)$/, 'must be a duration such as 12h or 90d')
        .optional()
        .describe('Lifetime, such as 90d (default: until revoked)'),
    })
    .refine(
      (given) => (given.role === 'tenant-admin') === (given.tenant !== undefined),
      'a tenant-admin needs --tenant, and no other role takes one',
    ),
  output: keyRow.extend({ key: z.string() }),
  secret: ['key'],
  faults: ['TENANT_NOT_FOUND', 'SLUG_INVALID'],
  access: { roles: ['fleet-admin'], lasting: true },
  http: 'POST /v1/keys',
  words: { positionals: ['name'], says: (k) => `${k.key}\n${k.role} key "${k.name}", id ${k.id}. Keep it now: it is not shown again.` },
  async change({ tx, caller, fail }, { name, role, tenant, expires }) {
    const owner = tenant === undefined ? undefined : await tx.maybe(lockTenant(checkTenantRef(tenant)))
    if (tenant !== undefined && owner === undefined) throw fail('TENANT_NOT_FOUND', { tenant })
    const key = newApiKey()
    const row = await tx.one(
      insertKey({
        id: newId(),
        name,
        role,
        tenantId: owner?.id ?? null,
        hash: hashApiKey(key),
        hint: hintOf(key),
        createdBy: caller.actor,
        lifetime: expires === undefined ? null : milliseconds(expires) / 1_000,
      }),
    )
    return { output: { ...describeKey(row), key } }
  },
})
