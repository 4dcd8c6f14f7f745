import { type Cluster, findCluster, listClusters } from '../catalog/clusters.js'
import { fault } from '../kernel/faults.js'
import { type ConnectionConfig, tlsOfLine } from '../postgres/connection.js'
import { askPools, type PoolsSeen } from '../postgres/pooler-console.js'
import type { Platform } from './platform.js'
import { sharedLook } from './shared-look.js'

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

// Each look is a connection to the pooler, and a console may have few.
const SHARED_MS = 1_000
const looked = sharedLook<PoolsSeen | undefined>(SHARED_MS)

/** One look for all who ask; undefined where the pooler has no login of ours. Throws what reaching it throws. */
function lookAt(platform: Platform, cluster: Cluster): Promise<PoolsSeen | undefined> {
  const { name, appHost, appPort, poolerSecretRef } = cluster
  return looked(platform, JSON.stringify([name, appHost, appPort, poolerSecretRef]), async () => {
    const at = poolerConsole(platform, cluster)
    return at === undefined ? undefined : askPools(at)
  })
}

/** What the poolers of all clusters are at, or that of one. One that does not answer keeps nobody from seeing the others. Throws CLUSTER_NOT_FOUND. */
export async function lookAtPoolers(platform: Platform, name?: string): Promise<PoolersSeen> {
  const clusters = name === undefined ? await platform.catalog.rows(listClusters) : [await namedCluster(platform, name)]
  const looks = await Promise.all(
    clusters
      .filter(({ pooler }) => pooler !== 'none')
      .map(async (cluster) => {
        try {
          const seen = await lookAt(platform, cluster)
          if (seen === undefined)
            return `${cluster.name}: its pooler has no login of ours; \`tenantry cluster set ${cluster.name} --pooler-secret …\` makes one`
          return { cluster: cluster.name, ...seen }
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
