import { z } from 'zod'
import { listClusters } from '../../catalog/clusters.js'
import { operation } from '../../engine/operation.js'
import { clusterRow, describeCluster } from './row.js'

export const listAllClusters = operation({
  kind: 'direct',
  name: 'cluster.list',
  summary: 'List the clusters with what lives on them.',
  effect: 'read',
  input: z.strictObject({}),
  output: z.object({ data: z.array(clusterRow) }),
  faults: [],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/clusters',
  words: {
    says: ({ data }) => (data.length === 0 ? 'no cluster yet; add one with `tenantry cluster add NAME`' : ''),
    columns: ['name', 'serverVersion', 'address', 'pooler', 'state', 'hardened', 'databases', 'homes', 'tenants'],
  },
  call: async ({ platform }) => ({ data: (await platform.catalog.rows(listClusters)).map(describeCluster) }),
})
