import { z } from 'zod'
import { operation } from '../../engine/operation.js'
import { lookAtPoolers } from '../../engine/poolers.js'
import { counted } from '../../kernel/counted.js'

export const showPoolers = operation({
  kind: 'direct',
  name: 'pooler.show',
  summary: 'Show what the poolers in front of clusters are at: who waits for a connection, and for how long.',
  effect: 'read',
  input: z.strictObject({ cluster: z.string().min(1).max(63).optional().describe('Only the pooler of this cluster') }),
  output: z.object({
    data: z.array(
      z.object({
        cluster: z.string(),
        database: z.string(),
        user: z.string().describe('One pool for each user and database, whatever the number of tenants'),
        mode: z.string(),
        clientsActive: z.number().describe('Connections of applications that have a connection of the server'),
        clientsWaiting: z.number().describe('Those that wait for one: the pool is too small, or somebody keeps his'),
        serversActive: z.number().describe('Connections of the server that serve somebody'),
        serversIdle: z.number(),
        serversUnproven: z.number().describe('Idle for so long that they are asked for a sign of life first; not in use'),
        serversLogin: z.number().describe('That are being made'),
        maxWaitMs: z.number().describe('How long the one that has waited longest waits'),
      }),
    ),
    stats: z
      .array(
        z.object({
          cluster: z.string(),
          database: z.string(),
          transactions: z.number().describe('In a second'),
          queries: z.number().describe('In a second'),
          receivedBytes: z.number().describe('From applications, in a second'),
          sentBytes: z.number().describe('To applications, in a second'),
          transactionMs: z.number().describe('A transaction, on average'),
          queryMs: z.number().describe('A statement, on average'),
          waitMs: z.number().describe('What applications waited for connections, in a second'),
        }),
      )
      .describe('Of the last period that the pooler has measured: a minute, unless it was set up otherwise'),
    poolers: z.array(z.object({ cluster: z.string(), version: z.string() })),
    unseen: z.array(z.string()).describe('Clusters whose pooler could not be asked, and why'),
  }),
  faults: ['CLUSTER_NOT_FOUND'],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/poolers',
  words: {
    says: ({ data, poolers, unseen }) =>
      [
        poolers.length === 0
          ? 'no pooler has answered'
          : `${counted(data.length, 'pool')} of ${poolers.map(({ cluster, version }) => `${cluster} (PgBouncer ${version})`).join(', ')}`,
        ...unseen,
      ].join('\n'),
    columns: ['cluster', 'database', 'user', 'clientsActive', 'clientsWaiting', 'maxWaitMs', 'serversActive', 'serversIdle', 'mode'],
  },
  async call({ platform }, { cluster: name }) {
    const { poolers, unseen } = await lookAtPoolers(platform, name)
    return {
      data: poolers.flatMap(({ cluster, pools }) => pools.map((pool) => ({ cluster, ...pool }))),
      stats: poolers.flatMap(({ cluster, stats }) => stats.map((one) => ({ cluster, ...one }))),
      poolers: poolers.map(({ cluster, version }) => ({ cluster, version })),
      unseen: [...unseen],
    }
  },
})
