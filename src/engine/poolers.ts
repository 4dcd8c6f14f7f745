import { type Cluster, findCluster, listClusters } from '../catalog/clusters.js'
import { fault } from '../kernel/faults.js'
import { type ConnectionConfig, tlsOfLine } from '../postgres/connection.js'
import { askPools, type PoolsSeen } from '../postgres/pooler-console.js'
import type { Platform } from './platform.js'

/** How a pooler's console is reached, with the pooler's own login; undefined where it has none. Throws SECRET_MISSING, TLS_REQUIRED. */
export function poolerConsole({ names, secrets, config }: Platform, cluster: Cluster): ConnectionConfig | undefined {
  const { appHost: host, appPort: port, appSslmode: sslmode, appCaRef: ca, poolerSecretRef } = cluster
  if (poolerSecretRef === null) return undefined
  const tls = tlsOfLine({ host, port, sslmode, ca }, 'the pooler', secrets, config.transport)
  return { host, port, user: names.pooler, password: secrets(poolerSecretRef), database: 'pgbouncer', ...tls }
}

export interface PoolersSeen {
  readonly poolers: readonly (PoolsSeen & { readonly cluster: string })[]
  readonly unseen: readonly string[]
}

/** What the poolers of all clusters are at, or that of one. One that does not answer keeps nobody from seeing the others. Throws CLUSTER_NOT_FOUND. */
export async function lookAtPoolers(platform: Platform, name?: string): Promise<PoolersSeen> {
  const clusters = name === undefined ? await platform.catalog.rows(listClusters) : [await namedCluster(platform, name)]
  const looks = await Promise.all(
    clusters
      .filter(({ pooler }) => pooler !== 'none')
      .map(async (cluster) => {
        try {
          const at = poolerConsole(platform, cluster)
          if (at === undefined)
            return `${cluster.name}: its pooler has no login of ours; \`tenantry cluster set ${cluster.name} --pooler-secret …\` makes one`
          return { cluster: cluster.name, ...(await askPools(at)) }
        } catch (error) {
          return `${cluster.name}: ${(error as Error).message}`
        }
      }),
  )
  return { poolers: looks.filter((one) => typeof one !== 'string'), unseen: looks.filter((one) => typeof one === 'string') }
}

async function namedCluster({ catalog }: Platform, name: string): Promise<Cluster> {
  const found = await catalog.maybe(findCluster(name))
  if (found === undefined) throw fault('CLUSTER_NOT_FOUND', { cluster: name })
  return found
}
