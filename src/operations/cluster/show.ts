import { z } from 'zod'
import { listClusters } from '../../catalog/clusters.js'
import { operation } from '../../engine/operation.js'
import { clusterName, clusterRow, describeCluster, sayCluster } from './row.js'

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
  async call({ platform, fail }, { cluster }) {
    const found = (await platform.catalog.rows(listClusters)).find((row) => row.name === cluster)
    if (found === undefined) throw fail('CLUSTER_NOT_FOUND', { cluster })
    return describeCluster(found)
  },
})
