import { roleNames } from '../../isolation/names.js'
import { addressOf } from '../../postgres/connection.js'
import type { Plan } from './plan.js'

export interface RebuiltReport {
  readonly dryRun: boolean
  readonly catalog: string
  readonly server: string
  readonly platform: string
  /** The application's login at the catalog. */
  readonly resolver: string
  readonly clusters: readonly {
    readonly name: string
    readonly address: string
    readonly databases: number
    readonly homes: number
    readonly tenants: number
  }[]
  readonly tenants: readonly {
    readonly id: string
    readonly slug: string
    readonly state: string
    readonly isolation: string
    readonly cluster: string
    readonly database: string
    readonly schema: string
    readonly epoch: number
  }[]
  /** What no database knows, and what stands in its place. */
  readonly unknown: readonly string[]
  /** Tenants that more than one database claims to have. */
  readonly conflicts: readonly string[]
  /** What was found and not restored. */
  readonly leftovers: readonly string[]
}

/** What people are told of a plan, whether it was carried out or not. */
export function reportOf(
  { catalog, unknown, conflicts, leftovers }: Plan,
  about: Pick<RebuiltReport, 'dryRun' | 'catalog' | 'server'>,
): RebuiltReport {
  const homes = new Map(catalog.homes.map((home) => [home.id, home]))
  const databases = new Map(catalog.databases.map((database) => [database.id, database]))
  const names = new Map(catalog.clusters.map((cluster) => [cluster.id, cluster.name]))
  const tenants = catalog.tenants
    .map(({ id, slug, state, isolation, epoch, home }) => {
      const { schema, databaseId } = homes.get(home)!
      const { name: database, clusterId } = databases.get(databaseId)!
      return { id, slug, state, isolation, cluster: names.get(clusterId)!, database, schema, epoch }
    })
    .sort((a, b) => (a.slug < b.slug ? -1 : 1))
  return {
    ...about,
    platform: catalog.platformId,
    resolver: roleNames(catalog.platformId).resolver,
    clusters: catalog.clusters.map(({ id, name, appHost, appPort }) => {
      const own = catalog.databases.filter(({ clusterId }) => clusterId === id)
      return {
        name,
        address: addressOf({ host: appHost, port: appPort }),
        databases: own.length,
        homes: catalog.homes.filter(({ databaseId }) => own.some((database) => database.id === databaseId)).length,
        tenants: tenants.filter(({ cluster }) => cluster === name).length,
      }
    }),
    tenants,
    ...{ unknown, conflicts, leftovers },
  }
}
