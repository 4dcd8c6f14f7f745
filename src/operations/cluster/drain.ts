import { z } from 'zod'
import { operation } from '../../engine/operation.js'
import { changeDraining } from './change-draining.js'
import { clusterName, clusterRow } from './row.js'

export const drainCluster = operation({
  kind: 'change',
  name: 'cluster.drain',
  summary: 'Send no new tenants to a cluster. Those that are there keep working.',
  effect: 'change',
  input: z.strictObject({ cluster: clusterName }),
  output: clusterRow,
  faults: ['CLUSTER_NOT_FOUND', 'CLUSTER_BUSY'],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/clusters/{cluster}/drain',
  words: {
    positionals: ['cluster'],
    says: (c) => `cluster ${c.name} is draining: no new tenants go there, ${c.tenants} keep working`,
  },
  change: async (context, { cluster }) => ({ output: await changeDraining(context, cluster, true) }),
})
