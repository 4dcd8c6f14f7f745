import { z } from 'zod'
import { listClusters } from '../../catalog/clusters.js'
import { operation } from '../../engine/operation.js'
import { clusterRow, describeCluster } from './row.js'

export const showCluster = operation({
  kind: 'direct',
  name: 'cluster.show',
  summary: 'Show one cluster.',
  effect: 'read',
  input: z.strictObject({ cluster: z.string().min(1).max(63).describe('Name of the cluster') }),
  output: clusterRow,
  faults: ['CLUSTER_NOT_FOUND'],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/clusters/{cluster}',
  words: {
    positionals: ['cluster'],
    says: (c) =>
      [
        `${c.name}: PostgreSQL ${c.serverVersion} at ${c.address}${c.pooler === 'none' ? '' : ` through ${c.pooler}`}, ${c.hardened ? 'hardened' : 'unhardened'}`,
        `${c.databases} databases, ${c.homes} homes, ${c.tenants} tenants`,
      ].join('\n'),
  },
  async call({ platform, fail }, { cluster }) {
    const found = (await platform.catalog.rows(listClusters)).find((row) => row.name === cluster)
    if (found === undefined) throw fail('CLUSTER_NOT_FOUND', { cluster })
    return describeCluster(found)
  },
})
