import { createHash } from 'node:crypto'
import { z } from 'zod'
import { insertAudit } from '../../catalog/audit.js'
import { onServer, tenantsOfScopes } from '../../engine/activity/servers.js'
import { operation } from '../../engine/operation.js'
import { BACKEND, readBackend, type Stopped, stopBackend } from '../../isolation/collect/activity.js'
import { rolePrefix } from '../../isolation/doctor/finding.js'
import { isFault } from '../../kernel/faults.js'

export const stopActivity = operation({
  kind: 'direct',
  name: 'activity.stop',
  summary: 'Cancel what a session of an application does, or end the session.',
  effect: 'change',
  input: z.strictObject({
    cluster: z.string().min(1).max(63).describe('Name of the cluster'),
    backend: z
      .string()
      .regex(BACKEND, 'must be what `activity list` calls a session')
      .describe('The session, as `activity list` calls it; without its last part it is meant whatever it does by now'),
    end: z.boolean().default(false).describe('End the session, in place of only cancelling the statement that it runs'),
  }),
  output: z.object({
    cluster: z.string(),
    backend: z.string(),
    act: z.enum(['cancel', 'end']),
    tenant: z.string().nullable().describe('Id of the tenant in whose scope it was'),
    slug: z.string().nullable(),
    login: z.string(),
    application: z.string(),
    state: z.string().nullable().describe('What it was in the middle of'),
  }),
  faults: [
    'CLUSTER_NOT_FOUND',
    'BACKEND_NOT_FOUND',
    'BACKEND_CHANGED',
    'BACKEND_FOREIGN',
    'SERVER_UNREACHABLE',
    'LOGIN_REFUSED',
    'SECRET_MISSING',
  ],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/activity/{cluster}/{backend}/stop',
  words: {
    positionals: ['cluster', 'backend'],
    says: ({ act, backend, slug, login }) =>
      `${act === 'end' ? 'ended' : 'asked PostgreSQL to cancel the statement of'} session ${backend} of ${slug ?? login}`,
  },
  async call({ platform, caller, fail }, { cluster, backend, end }) {
    const meant = readBackend(backend)!
    const act = end ? 'end' : 'cancel'
    const entry = {
      ...{ actor: caller.actor, keyId: caller.keyId ?? null, source: caller.source, operation: 'activity.stop', operationId: null },
      inputDigest: createHash('sha256')
        .update(JSON.stringify([cluster, backend, act]))
        .digest('hex'),
    }
    const audit = (tenantId: string | null, outcome: 'accepted' | 'succeeded' | 'failed', code: string | null, result?: unknown) =>
      platform.catalog.run(insertAudit({ ...entry, tenantId, outcome, fault: code, ...(result === undefined ? {} : { result }) }))
    return onServer(platform, cluster, async (server, eyes) => {
      // What cannot be audited is not done.
      await audit(null, 'accepted', null)
      const ended: typeof audit = (...args) =>
        audit(...args).then(
          (rows) => rows,
          (error: Error) => {
            platform.log.error({ ...entry, error: error.message }, 'the end of a stop could not be audited')
            return 0
          },
        )
      try {
        const found = await eyes.on(server.adminRef).maybe(stopBackend(act, meant, rolePrefix(platform.id)))
        if (found === undefined) throw fail('BACKEND_NOT_FOUND', { cluster, backend })
        if (!found.same)
          throw fail('BACKEND_CHANGED', { cluster, backend, now: "it has ended, and its number is another session's by now" })
        if (!found.ours) throw fail('BACKEND_FOREIGN', { cluster, backend, login: found.login ?? 'the server itself' })
        const now = changed(found)
        if (now !== undefined) throw fail('BACKEND_CHANGED', { cluster, backend, now })
        const tenant = (await tenantsOfScopes(platform, [found]))(found.keys)
        const { login, application, state } = found
        const output = {
          cluster,
          backend,
          act,
          tenant: tenant?.id ?? null,
          slug: tenant?.slug ?? null,
          login: login ?? '',
          application,
          state,
        } as const
        await ended(tenant?.id ?? null, 'succeeded', null, output)
        return output
      } catch (error) {
        await ended(null, 'failed', isFault(error) ? error.code : 'INTERNAL')
        throw error
      }
    })
  },
})

/** Why it was let alone; undefined: it was stopped. */
function changed({ sameTransaction, state, done }: Stopped): string | undefined {
  if (!sameTransaction) return `it is in another transaction by now, or in none (${state ?? 'its state cannot be seen'})`
  if (done === true) return undefined
  if (done === null)
    return `it runs no statement that could be cancelled (${state ?? 'its state cannot be seen'}); to be ended is what is left`
  return 'the server could not signal it'
}
