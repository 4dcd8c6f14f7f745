import { z } from 'zod'
import { findTenant } from '../../catalog/tenants.js'
import { onServers, tenantsOfScopes } from '../../engine/activity/servers.js'
import { operation } from '../../engine/operation.js'
import { activityOn } from '../../isolation/collect/activity.js'
import { rolePrefix } from '../../isolation/doctor/finding.js'
import { counted } from '../../kernel/counted.js'
import { checkTenantRef } from '../../kernel/identifiers.js'
import { describeSession, sessionFields, textInput, textIsFor, unseenField } from './row.js'

export const listActivity = operation({
  kind: 'direct',
  name: 'activity.list',
  summary: 'List the sessions of clusters as they are at this moment, the longest transactions first.',
  effect: 'read',
  input: z.strictObject({
    cluster: z.string().min(1).max(63).optional().describe('Only sessions of this cluster'),
    tenant: z.string().min(2).max(39).optional().describe('Only sessions in a scope of this tenant, by id or slug'),
    busy: z.boolean().default(false).describe('Leave out those that do nothing: no statement, and no transaction'),
    text: textInput,
  }),
  output: z.object({
    data: z.array(z.object({ ...sessionFields, blockedBy: z.array(z.number()).describe('Numbers of the sessions that it waits for') })),
    others: z.number().describe('Sessions in databases of the same servers that are none of the platform; they are not listed'),
    unseen: unseenField,
  }),
  faults: ['CLUSTER_NOT_FOUND', 'TENANT_NOT_FOUND', 'SLUG_INVALID'],
  // A tenant-admin sees sessions in scopes of its own tenant only: the caller's narrowing, not the filter, says so.
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor', 'tenant-admin'], stronger: { text: textIsFor } },
  http: 'GET /v1/activity',
  words: {
    says: ({ data, others, unseen }) =>
      [`${counted(data.length, 'session')}${others === 0 ? '' : `, and ${others} of others on the same servers`}`, ...unseen].join('\n'),
    columns: ['cluster', 'backend', 'slug', 'database', 'application', 'state', 'stateMs', 'transactionMs', 'wait', 'blockedBy'],
  },
  async call({ platform, caller, fail }, given) {
    const only = caller.onlyTenant
    const ref = given.tenant === undefined ? only : checkTenantRef(given.tenant)
    const tenant = ref === undefined ? undefined : await platform.catalog.maybe(findTenant(ref))
    if (ref !== undefined && (tenant === undefined || (only !== undefined && tenant.id !== only)))
      throw fail('TENANT_NOT_FOUND', { tenant: ref })
    // A narrowed caller is not told which clusters there are.
    const cluster = only === undefined ? (given.cluster ?? tenant?.cluster) : tenant?.cluster
    let others = 0
    const { data, unseen } = await onServers(platform, cluster, async (server) => {
      const { adminRef } = server.facts
      const found = await server.eyes.on(adminRef).rows(activityOn({ prefix: rolePrefix(platform.id), text: given.text }))
      const sessions = found.filter(server.isOurs)
      others += found.length - sessions.length
      const tenantOf = await tenantsOfScopes(platform, sessions)
      return sessions
        .map((one) => ({ ...describeSession(one, server, tenantOf(one.keys)), blockedBy: [...one.blockedBy] }))
        .filter((row) => tenant === undefined || row.tenant === tenant.id)
        .filter((row) => given.cluster === undefined || row.cluster === given.cluster)
        .filter((row) => !given.busy || row.state !== 'idle')
    })
    return {
      data: [...data],
      others: only === undefined ? others : 0,
      unseen: unseen.map((one) =>
        only === undefined ? `${one.cluster}: ${one.reason}` : `${one.code}: its cluster could not be looked at`,
      ),
    }
  },
})
