import { z } from 'zod'
import { insertAudit } from '../../catalog/audit.js'
import { databaseById } from '../../catalog/clusters.js'
import { type Resolved, resolveTenant } from '../../catalog/resolve.js'
import { findTenant } from '../../catalog/tenants.js'
import { operation } from '../../engine/operation.js'
import { serverOf } from '../../engine/platform.js'
import { systemClock } from '../../kernel/clock.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import { isOwnLogin } from '../../kernel/own-password.js'
import { join, literal, type Sql, sql } from '../../kernel/sql.js'
import { signToken, TOKEN_S } from '../../kernel/token.js'
import { tlsParameters } from '../../postgres/connection.js'
import { tenantRef } from './row.js'

const WARNING =
  'The login has no rights of its own: outside of such a transaction nothing can be seen, and it ends with commit, rollback or an error. ' +
  'Whoever has the password may enter every tenant of the login, so keep it out of hands that should not.'

export const connectTenant = operation({
  kind: 'direct',
  name: 'tenant.connect',
  summary: 'Show how to reach a tenant with psql or another client, without passwords.',
  effect: 'read',
  input: z.strictObject({ tenant: tenantRef }),
  output: z.object({
    tenant: z.string(),
    isolation: z.enum(['shared', 'schema', 'database']),
    direct: z.string(),
    readOnly: z.string(),
    pooled: z.string().nullable(),
    secret: z.string().describe('Where the password is'),
    secretRef: z.string(),
    enter: z.array(z.string()),
    token: z.boolean().describe('What enters is a signed token, good for a minute'),
    warning: z.string(),
  }),
  faults: ['TENANT_NOT_FOUND', 'TENANT_STATE', 'SLUG_INVALID', 'SECRET_MISSING'],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'GET /v1/tenants/{tenant}/connection',
  words: {
    positionals: ['tenant'],
    says: (c) =>
      [
        `${c.tenant} (${c.isolation})`,
        `  direct     ${c.direct}`,
        `  read-only  ${c.readOnly}`,
        ...(c.pooled === null ? [] : [`  pooled     ${c.pooled}`]),
        `  password   ${c.secret}`,
        '',
        c.token
          ? 'To enter the tenant within a minute (then ask again):'
          : 'To enter the tenant (until it is migrated, moved or suspended; then ask again):',
        ...c.enter.map((statement) => `  ${statement}`),
        '',
        c.warning,
      ].join('\n'),
  },

  async call({ platform, caller, fail }, { tenant: ref }) {
    const tenant = await platform.catalog.maybe(findTenant(checkTenantRef(ref)))
    if (tenant === undefined) throw fail('TENANT_NOT_FOUND', { tenant: ref })
    const { found } = await platform.catalog.one(resolveTenant(tenant.id))
    if (found === null || 'renamed' in found)
      throw fail('TENANT_STATE', { tenant: ref, state: tenant.state, wanted: 'a tenant that has been created' })
    const { adminRef } = await platform.catalog.one(databaseById(found.databaseId))
    // Behind a pooler the address that applications use is the pooler's; the server's own is where the administrator connects.
    const line = { ...found, tls: found.sslmode ?? (found.tls ? 'verify-full' : 'disable'), rootcert: rootcertOf(found.ca) } as const
    const server = found.pooler === 'none' ? line : serverOf(platform.config, platform.secrets, adminRef)
    const url = (at: Parameters<typeof tlsParameters>[0] & { readonly port: number }, options: readonly string[] = []): string => {
      const query = [...tlsParameters(at), ...options].join('&')
      const host = at.host.includes(':') ? `[${at.host}]` : at.host
      return `postgres://${found.login}@${host}:${at.port}/${encodeURIComponent(found.database)}${query === '' ? '' : `?${query}`}`
    }
    await platform.catalog.run(
      insertAudit({
        actor: caller.actor,
        keyId: caller.keyId ?? null,
        source: caller.source,
        operation: 'tenant.connect',
        operationId: null,
        tenantId: tenant.id,
        inputDigest: '',
        outcome: 'succeeded',
        fault: null,
      }),
    )
    return {
      tenant: found.slug,
      isolation: found.isolation,
      direct: url(server),
      readOnly: url(server, ['options=-c%20default_transaction_read_only%3Don']),
      pooled: found.pooler === 'none' ? null : url(line),
      secret: isOwnLogin(found.login) ? `derived from ${found.secret} for this login alone; --psql knows it` : found.secret,
      secretRef: found.secret,
      token: found.signing !== undefined && found.signing !== null,
      enter: ['begin read only;', `${enterBy(found, caller.actor).text};`],
      warning: WARNING,
    }
  },
})

/** As psql names it, which believes nobody unless it is told to. */
const rootcertOf = (ca: string | null | undefined): string | undefined =>
  ca === null || ca === undefined ? 'system' : ca.startsWith('file:') ? ca.slice('file:'.length) : undefined

/** What the data plane sends with bound values, as text that can be copied. A token is good for a minute by the clocks of both machines. */
function enterBy(to: Resolved, actor: string): Sql {
  if (to.signing !== undefined && to.signing !== null) {
    const expires = Math.floor(systemClock.now() / 1_000) + TOKEN_S
    const { context, signature } = signToken(to.signing, { ...to, actor, request: '', expires })
    const values = [context, to.epoch, to.version, to.databaseId, String(expires), String(to.signing.id)].map((value) => literal(value))
    return sql`select set_config('role', tenantry.enter_v2(${join(values)}, ${literal(`\\x${signature.toString('hex')}`)}), true)`
  }
  const values = [to.tenant, to.epoch, to.version, to.databaseId, actor].map((value) => literal(value))
  return sql`select set_config('role', tenantry.enter_v1(${values[0]}, ${values[1]}, ${values[2]}, ${values[3]}, ${values[4]}, ''), true)`
}
