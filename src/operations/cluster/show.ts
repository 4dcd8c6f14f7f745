import { z } from 'zod'
import { operation } from '../../engine/operation.js'
import { clusterResource } from './resource.js'
import { clusterName, clusterRow, sayCluster } from './row.js'

export const showCluster = operation({
  kind: 'direct',
  name: 'cluster.show',
  summary: 'Show one cluster.',
  effect: 'read',
  input: z.strictObject({ cluster: clusterName }),
  output: clusterRow,
  faults: ['CLUSTER_NOT_FOUND'],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/clusters/{cluster}',
  words: {
    positionals: ['cluster'],
    says: sayCluster,
  },
  call: ({ platform }, input) => clusterResource.show(platform.catalog, input),
})
