import { z } from 'zod'
import { operation } from '../../engine/operation.js'
import { tenantResource } from './resource.js'
import { tenantRef, tenantRow } from './row.js'

const lineIf = (head: string, text: string | null): readonly string[] =>
  text === null || text === '' ? [] : [`  ${head.padEnd(9)}  ${text}`]

const limitsInWords = (t: z.output<typeof tenantRow>): string =>
  [
    ...(t.statementTimeoutMs === null ? [] : [`statements ${t.statementTimeoutMs} ms`]),
    ...(t.idleTimeoutMs === null ? [] : [`idle in a transaction ${t.idleTimeoutMs} ms`]),
  ].join(', ')

export const showTenant = operation({
  kind: 'direct',
  name: 'tenant.show',
  summary: 'Show one tenant: state, home, schema version, tier, labels, limits, domains.',
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
        ...lineIf('service', t.service),
        `  home       ${t.cluster} / ${t.database} / ${t.schema}`,
        `  schema     ${t.version === '' ? 'no migration yet' : t.version}`,
        `  epoch      ${t.epoch}`,
        ...lineIf('tier', t.tier),
        ...lineIf('region', t.region),
        ...lineIf(
          'labels',
          Object.entries(t.labels)
            .map(([key, value]) => `${key}=${value}`)
            .join(', '),
        ),
        ...lineIf('limits', limitsInWords(t)),
        ...lineIf('was', t.formerSlugs.map((f) => (f.redirects ? f.slug : `${f.slug} (refused)`)).join(', ')),
        ...lineIf('domains', t.domains.map((d) => `${d.domain} (${d.state})`).join(', ')),
      ].join('\n'),
  },
  call: ({ platform }, input) => tenantResource.show(platform.catalog, input),
})
