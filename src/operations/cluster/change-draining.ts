import type { z } from 'zod'
import { lockCluster, setDraining } from '../../catalog/cluster-life.js'
import { listClusters } from '../../catalog/clusters.js'
import type { AcceptContext } from '../../engine/operation.js'
import { type clusterRow, describeCluster } from './row.js'

/** Waits for tenants that are just being accepted there; afterwards none is. Asked for twice, it changes nothing more. */
export async function changeDraining(
  { tx, fail }: AcceptContext<'CLUSTER_NOT_FOUND' | 'CLUSTER_BUSY'>,
  name: string,
  draining: boolean,
): Promise<z.output<typeof clusterRow>> {
  const cluster = await tx.maybe(lockCluster(name))
  if (cluster === undefined) throw fail('CLUSTER_NOT_FOUND', { cluster: name })
  if (cluster.state === 'removing') throw fail('CLUSTER_BUSY', { cluster: name, doing: cluster.state })
  await tx.run(setDraining(cluster.id, draining))
  const found = (await tx.rows(listClusters)).find((row) => row.id === cluster.id)
  return describeCluster(found!)
}
