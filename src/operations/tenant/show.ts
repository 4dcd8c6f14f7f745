import { z } from 'zod'
import { findTenant } from '../../catalog/tenants.js'
import { operation } from '../../engine/operation.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import { describeTenant, tenantRef, tenantRow } from './row.js'

export const showTenant = operation({
  kind: 'direct',
  name: 'tenant.show',
  summary: 'Show one tenant: state, home, schema version.',
  effect: 'read',
  input: z.strictObject({ tenant: tenantRef }),
  output: tenantRow,
  faults: ['TENANT_NOT_FOUND', 'SLUG_INVALID'],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor', 'tenant-admin'], tenant: 'tenant' },
  http: 'GET /v1/tenants/{tenant}',
  words: {
    positionals: ['tenant'],
    says: (t) =>
      [
        `${t.slug} (${t.name})`,
        `  id         ${t.id}`,
        `  state      ${t.state} since ${t.since.toISOString()}${t.reason === null ? '' : `: ${t.reason}`}`,
        ...(t.purgeAfter === null ? [] : [`  purge      from ${t.purgeAfter.toISOString()} on`]),
        ...(t.heldFor === null ? [] : [`  held       ${t.heldFor}`]),
        `  isolation  ${t.isolation}`,
        `  home       ${t.cluster} / ${t.database} / ${t.schema}`,
        `  schema     ${t.version === '' ? 'no migration yet' : t.version}`,
        `  epoch      ${t.epoch}`,
      ].join('\n'),
  },
  async call({ platform, fail }, { tenant }) {
    const found = await platform.catalog.maybe(findTenant(checkTenantRef(tenant)))
    if (found === undefined) throw fail('TENANT_NOT_FOUND', { tenant })
    return describeTenant(found)
  },
})
