import { lockCluster } from '../../catalog/cluster-life.js'
import { listClusters } from '../../catalog/clusters.js'
import type { Resource } from '../../engine/resource.js'
import { fault } from '../../kernel/faults.js'
import { describeCluster } from './row.js'

/** One cluster, as `cluster show` answers it: with how much is on it, so that a new tenant there is a new version as well. */
export const clusterResource = {
  called: ({ cluster }) => `cluster "${cluster}"`,
  async lock(tx, { cluster }) {
    await tx.maybe(lockCluster(cluster))
  },
  async show(session, { cluster }) {
    const found = (await session.rows(listClusters)).find(({ name }) => name === cluster)
    if (found === undefined) throw fault('CLUSTER_NOT_FOUND', { cluster })
    return describeCluster(found)
  },
} satisfies Resource<{ readonly cluster: string }>
