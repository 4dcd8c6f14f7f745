import { CONTRACT_HIDDEN, CONTRACT_MIGRATIONS } from '../../src/testing/contract-project.js'
import { startFleet } from '../../src/testing/fleet.js'
import { runWorker } from '../../src/worker/worker.js'
import { urlOf } from '../support/fleet.js'
import type { OwnServer } from '../support/own-server.js'
import type { TestServer } from '../support/servers.js'
import { joinEyes, openEyes } from './eyes.js'
import { ISOLATIONS, type Rig, rigOf } from './rig.js'

/** A fleet whose tenants live on a server that may be killed, with two workers. */
export interface Stage {
  readonly rig: Rig
  readonly server: OwnServer
  /** The cluster to create tenants on. */
  readonly cluster: string
  readonly stop: () => Promise<void>
}

/** With the catalog on the same server, or on another one. In peace it has made the tenants `peace-<isolation>`. */
export async function startStage(server: OwnServer, catalogOn?: TestServer): Promise<Stage> {
  const fleet = await startFleet({
    url: urlOf(catalogOn ?? server),
    migrations: CONTRACT_MIGRATIONS,
    config: { hidden: CONTRACT_HIDDEN, lease: '1s' },
    secrets: { 'env:FAR_URL': urlOf(server) },
  })
  const catalog = fleet.platform.config.catalog.database
  const cluster = catalogOn === undefined ? 'main' : 'far'
  let rig: Rig
  if (catalogOn === undefined) rig = rigOf(fleet, urlOf(server))
  else {
    const near = new Set([catalog, catalog.replace(/catalog$/, 'tenants')])
    rig = rigOf(
      fleet,
      urlOf(server),
      joinEyes(openEyes(urlOf(catalogOn)), openEyes(urlOf(server)), (database) => near.has(database)),
      ['postgres'],
    )
    await fleet.run('cluster.add', { name: cluster, url: 'env:FAR_URL', database: catalog.replace(/catalog$/, 'far') })
  }
  for (const isolation of ISOLATIONS) await fleet.run('tenant.create', { slug: `peace-${isolation}`, isolation, cluster })
  const over = new AbortController()
  const working = [1, 2].map(() => runWorker(fleet.platform, over.signal))
  return {
    rig,
    server,
    cluster,
    stop: async () => {
      over.abort()
      await Promise.all(working)
      await rig.stop()
    },
  }
}
