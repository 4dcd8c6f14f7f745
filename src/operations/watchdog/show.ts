import { z } from 'zod'
import { limitBounds, watchedServers } from '../../catalog/watchdog.js'
import { operation } from '../../engine/operation.js'
import { openEyes } from '../../engine/watch/eyes.js'
import { findOffenders, type Offender } from '../../engine/watch/offenders.js'

const row = z.object({
  cluster: z.string(),
  database: z.string(),
  tenant: z.string().nullable().describe('Its slug; null where the session is in no scope of a tenant'),
  tenantId: z.string().nullable(),
  pid: z.number(),
  login: z.string(),
  application: z.string(),
  offence: z.enum(['lock', 'statement', 'idle']),
  reason: z.string(),
  forMs: z.number(),
  limitMs: z.number(),
})

const rowOf = ({ cluster, session, verdict, tenant }: Offender): z.output<typeof row> => ({
  cluster,
  database: session.database,
  tenant: tenant?.slug ?? null,
  tenantId: tenant?.id ?? null,
  pid: session.pid,
  login: session.login,
  application: session.application,
  offence: verdict.offence,
  reason: verdict.reason,
  forMs: Math.round(verdict.forMs),
  limitMs: verdict.limitMs,
})

export const showWatchdog = operation({
  kind: 'direct',
  name: 'watchdog.show',
  summary: 'Show what the watchdog would stop at this moment, and why. Stops nothing.',
  effect: 'read',
  input: z.strictObject({}),
  output: z.object({
    mode: z.enum(['act', 'tell', 'off']).describe('What the configuration says that it does'),
    data: z.array(row),
    unseen: z.array(z.string()).describe('Clusters that could not be looked at, and why'),
  }),
  faults: [],
  access: { roles: ['operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/watchdog',
  words: {
    says: ({ mode, data, unseen }) =>
      [
        data.length === 0
          ? 'no session of an application breaks its limits'
          : `${data.length} ${data.length === 1 ? 'session breaks its limits' : 'sessions break their limits'}`,
        mode === 'act'
          ? '`tenantry serve` stops what does; `tenantry audit log --actor watchdog` shows what it stopped'
          : `the configuration has watchdog: '${mode}', so that nothing is stopped`,
        ...unseen,
      ].join('\n'),
    columns: ['cluster', 'database', 'tenant', 'pid', 'offence', 'reason'],
  },
  async call({ platform }) {
    const bounds = await platform.catalog.one(limitBounds)
    const servers = await platform.catalog.rows(watchedServers)
    const eyes = openEyes(platform)
    try {
      const looks = await Promise.all(
        servers.map(async (server) => {
          try {
            const { offenders, unseen } = await findOffenders(platform, server, eyes, bounds)
            return { data: offenders.map(rowOf), unseen: unseen.map((reason) => `locks on ${server.cluster}/${reason}`) }
          } catch (error) {
            return { data: [], unseen: [`${server.cluster}: ${(error as Error).message}`] }
          }
        }),
      )
      return { mode: platform.config.watchdog, data: looks.flatMap(({ data }) => data), unseen: looks.flatMap(({ unseen }) => unseen) }
    } finally {
      await eyes.close()
    }
  },
})
