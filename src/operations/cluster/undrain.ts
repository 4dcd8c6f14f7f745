import { z } from 'zod'
import { operation } from '../../engine/operation.js'
import { changeDraining } from './change-draining.js'
import { clusterResource } from './resource.js'
import { clusterName, clusterRow } from './row.js'

export const undrainCluster = operation({
  kind: 'change',
  name: 'cluster.undrain',
  summary: 'Let a cluster take new tenants again.',
  effect: 'change',
  input: z.strictObject({ cluster: clusterName }),
  output: clusterRow,
  faults: ['CLUSTER_NOT_FOUND', 'CLUSTER_BUSY'],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/clusters/{cluster}/undrain',
  resource: clusterResource,
  words: {
    positionals: ['cluster'],
    says: (c) => `cluster ${c.name} takes new tenants again`,
  },
  change: async (context, { cluster }) => ({ output: await changeDraining(context, cluster, false) }),
})
