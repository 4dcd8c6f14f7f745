import { z } from 'zod'
import { operation } from '../../engine/operation.js'
import { changeDraining } from './change-draining.js'
import { clusterResource } from './resource.js'
import { clusterName, clusterRow } from './row.js'

export const drainCluster = operation({
  kind: 'change',
  name: 'cluster.drain',
  summary: 'Send no new tenants to a cluster, and keep none warm there. Those that are there keep working.',
  effect: 'change',
  input: z.strictObject({ cluster: clusterName }),
  output: clusterRow,
  faults: ['CLUSTER_NOT_FOUND', 'CLUSTER_BUSY'],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/clusters/{cluster}/drain',
  resource: clusterResource,
  words: {
    positionals: ['cluster'],
    says: (c) =>
      [
        `cluster ${c.name} is draining: no new tenants go there, ${c.tenants - c.warm} keep working`,
        ...(c.warm === 0
          ? []
          : [
              `its ${c.warm} warm tenants go: \`tenantry serve\` takes them away, or \`tenantry stock fill 0 --cluster ${c.name} --isolation ISOLATION\``,
            ]),
      ].join('\n'),
  },
  change: async (context, { cluster }) => ({ output: await changeDraining(context, cluster, true) }),
})
