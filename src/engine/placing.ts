import { insertBeside } from '../catalog/beside.js'
import { clusterOutOfService } from '../catalog/cluster-life.js'
import { type ClusterForTenant, clusterById, clusterForNewTenant, databaseById, findCluster } from '../catalog/clusters.js'
import { homeById, type Isolation, insertHome, loginLoad, nextHomeNumber, sharedHomeOf, TENANT_TRACK } from '../catalog/homes.js'
import { insertPlacement, insertTenant, type Tenant } from '../catalog/tenants.js'
import { checkDatabaseFree } from '../isolation/install.js'
import { type HomePlace, homePlaceOf, MODELS } from '../isolation/model.js'
import { homeRole, MEMBERSHIPS_PER_LOGIN, objectName, ownLogin, pairedLogin } from '../isolation/names.js'
import { newId } from '../kernel/clock.js'
import { type FaultCode, fault } from '../kernel/faults.js'
import { violated } from '../postgres/errors.js'
import type { Session } from '../postgres/session.js'
import type { Standing } from '../schema/apply.js'
import { reserveDatabase } from './assurance.js'
import type { AcceptContext, Fail } from './operation.js'
import type { Platform } from './platform.js'
import { glance } from './visit.js'

/** What the choice of a cluster may fail with. */
export const CHOOSING_FAULTS = [
  'CLUSTER_NOT_FOUND',
  'CLUSTER_NEEDED',
  'CLUSTER_UNHARDENED',
  'CLUSTER_DRAINING',
  'CLUSTER_BUSY',
  'ISOLATION_UNAVAILABLE',
] as const satisfies readonly FaultCode[]

/** What the making of a tenant remembers between its steps. */
export interface Making {
  readonly [key: string]: unknown
  readonly tenant: string
  readonly clusterId: string
  readonly adminRef: string
  readonly appSecret: string
  /** The database that the home is in; made by this operation when `ownDatabase`. */
  readonly database: { readonly id: string; readonly name: string }
  readonly ownDatabase: boolean
  readonly hardened: boolean
  readonly superuser: boolean
  readonly home: HomePlace
  /** Made by this operation (a shared home was there before). */
  readonly ownHome: boolean
  readonly newLogin: boolean
  /** Of a login of its own, by its tier; one that was begun before there were tiers has none. */
  readonly connections?: number | null
  /** Where the tables stand, once they are there. */
  readonly standing?: Standing
  readonly platformDigest?: string
  /** It was warm: home and tables are there, and the catalog knows of them. */
  readonly claimed?: true
  /** What a warm tenant was seeded with. */
  readonly seeds?: readonly string[]
  /** The newest migration that its tables are made with; without it all that there are. */
  readonly upTo?: string
}

type NoCluster = 'CLUSTER_NOT_FOUND' | 'CLUSTER_NEEDED' | 'CLUSTER_UNHARDENED' | 'CLUSTER_DRAINING' | 'CLUSTER_BUSY'

/** Chooses where a tenant is to live. */
export async function chooseCluster(
  { platform, tx, fail }: AcceptContext<NoCluster | 'ISOLATION_UNAVAILABLE'>,
  isolation: Isolation,
  name: string | undefined,
): Promise<ClusterForTenant> {
  const model = MODELS[isolation]
  if (model.needsTenantColumn && platform.config.tenantColumn === null) {
    throw fail('ISOLATION_UNAVAILABLE', { isolation, reason: 'the configuration names no tenantColumn' })
  }
  const choice = clusterForNewTenant(isolation, name ?? null)
  // One that was changed while its lock was waited for drops out of the answer; asked again, the next best is found.
  const cluster = (await tx.maybe(choice)) ?? (await tx.maybe(choice))
  if (cluster === undefined) throw await whyNone(tx, fail, name ?? null)
  if (model.needsHardening && !cluster.hardened) throw fail('CLUSTER_UNHARDENED', { cluster: cluster.name })
  return cluster
}

async function whyNone(tx: Session, fail: Fail<NoCluster>, named: string | null): Promise<Error> {
  if (named === null) {
    const unhardened = await tx.maybe(clusterForNewTenant('schema', null))
    if (unhardened !== undefined) return fail('CLUSTER_UNHARDENED', { cluster: unhardened.name })
  }
  const found = await tx.maybe(clusterOutOfService(named))
  if (found === undefined) return named === null ? fail('CLUSTER_NEEDED', {}) : fail('CLUSTER_NOT_FOUND', { cluster: named })
  return found.state === 'live'
    ? fail('CLUSTER_DRAINING', { cluster: found.name })
    : fail('CLUSTER_BUSY', { cluster: found.name, doing: found.state })
}

/** Tables of a service are no tenant's of a shared home. */
export function checkTrack({ fail }: Pick<AcceptContext<'ISOLATION_UNAVAILABLE'>, 'fail'>, track: string, isolation: Isolation): void {
  if (track === TENANT_TRACK || isolation !== 'shared') return
  throw fail('ISOLATION_UNAVAILABLE', { isolation, reason: `the service "${track}" has tables of its own` })
}

/** Tells the catalog of a new tenant, and first of all takes its slug: of many who ask for it at once, one gets past this. */
export async function insertNew(
  { tx, fail }: Pick<AcceptContext<'TENANT_EXISTS'>, 'tx' | 'fail'>,
  tenant: Parameters<typeof insertTenant>[0],
): Promise<void> {
  const inserted = await tx.run(insertTenant(tenant)).catch((error: unknown) => {
    // Given up by a rename while this waited for it: it stays with the tenant that had it.
    if (violated(error) === 'tenant_slug') return 0
    throw error
  })
  if (inserted === 0) throw fail('TENANT_EXISTS', { slug: tenant.slug })
}

/** Reserves a home for a tenant that the catalog has been told of, in the same transaction. */
export async function reserve(
  platform: Platform,
  tx: Session,
  tenant: string,
  isolation: Isolation,
  cluster: ClusterForTenant,
  track: string = TENANT_TRACK,
): Promise<Making> {
  const making = await reserveSomewhere(platform, tx, tenant, isolation, cluster, track)
  await tx.run(insertPlacement(tenant, making.home.id))
  return making
}

/** The same of a home that no placement names. What is reserved is `making` until a last step has it kept (`setBesideState`). Throws HOME_TAKEN. */
export async function reserveBeside(
  platform: Platform,
  tx: Session,
  tenant: Pick<Tenant, 'id' | 'slug'>,
  isolation: Isolation,
  cluster: ClusterForTenant,
  about: {
    readonly track: string
    readonly graceMs: number | null
    readonly backup?: string | null
    readonly partial?: boolean
    readonly note?: string | null
  },
): Promise<Making> {
  const making = await reserveSomewhere(platform, tx, tenant.id, isolation, cluster, about.track)
  const { graceMs, backup = null, partial = false, note = null } = about
  const beside = { tenant: tenant.id, home: making.home.id, kind: 'restored', standing: 'making', backup, partial, graceMs, note } as const
  if ((await tx.run(insertBeside(beside))) === 0) throw fault('HOME_TAKEN', { tenant: tenant.slug, cluster: cluster.name })
  return making
}

async function reserveSomewhere(
  platform: Platform,
  tx: Session,
  tenant: string,
  isolation: Isolation,
  cluster: ClusterForTenant,
  track: string,
): Promise<Making> {
  const facts = await tx.one(findCluster(cluster.name))
  const place = await reserveHome(platform, tx, isolation, cluster, track)
  if (place.ownDatabase) await glance(platform, { adminRef: facts.adminRef }, (server) => checkDatabaseFree(server, place.database.name))
  return {
    tenant,
    clusterId: cluster.id,
    adminRef: facts.adminRef,
    appSecret: facts.appSecretRef,
    hardened: cluster.hardened,
    superuser: cluster.hardened,
    ...place,
  }
}

/** The same of a warm tenant that has been claimed and still lacks seeds: its making goes on from the step `seeds`, and is taken back whole. */
export async function reserved(tx: Session, { id, home: homeId, databaseId }: Tenant): Promise<Making> {
  const [home, database] = [await tx.one(homeById(homeId)), await tx.one(databaseById(databaseId))]
  const cluster = await tx.one(clusterById(database.clusterId))
  const model = MODELS[home.isolation]
  return {
    tenant: id,
    clusterId: cluster.id,
    adminRef: cluster.adminRef,
    appSecret: cluster.appSecretRef,
    database: { id: database.id, name: database.name },
    ownDatabase: model.ownDatabase,
    hardened: cluster.hardened,
    superuser: cluster.hardened,
    home: homePlaceOf(home),
    ownHome: !model.manyTenants,
    newLogin: false,
    claimed: true,
  }
}

/** Chooses or reserves the home in the catalog: the shared one of the cluster, or a new one with names of its own. */
async function reserveHome(
  platform: Platform,
  tx: Session,
  isolation: Isolation,
  cluster: ClusterForTenant,
  track: string,
): Promise<Pick<Making, 'database' | 'ownDatabase' | 'home' | 'ownHome' | 'newLogin'>> {
  const model = MODELS[isolation]
  const main = await tx.one(databaseById(cluster.defaultDatabase))
  if (model.manyTenants) {
    const home = await tx.one(sharedHomeOf(main.id))
    return { database: { id: main.id, name: main.name }, ownDatabase: false, home, ownHome: false, newLogin: false }
  }
  const id = newId()
  const { number } = await tx.one(nextHomeNumber)
  const wished = model.ownDatabase && cluster.hardened ? platform.config.assurance.database : 'standard'
  // A pooler that knows only the logins of its list would turn another away.
  const assurance = wished === 'dedicated' && !cluster.knowsLogins ? 'strict' : wished
  const dedicated = assurance === 'dedicated'
  const { login, newLogin } = dedicated
    ? { login: ownLogin(platform.id, id, cluster.loginSide), newLogin: true }
    : await chooseLogin(platform, tx, cluster)
  const home: HomePlace = {
    id,
    isolation,
    track,
    schema: objectName(platform.config.naming.schema, { id, number }),
    role: homeRole(platform.id, id),
    login,
  }
  let database = { id: main.id, name: main.name }
  if (model.ownDatabase) {
    database = { id: newId(), name: objectName(platform.config.naming.database, { id, number }) }
    await reserveDatabase(tx, database.id, cluster.id, database.name, assurance)
  }
  await tx.run(insertHome({ ...home, number, databaseId: database.id }))
  return { database, ownDatabase: model.ownDatabase, home, ownHome: true, newLogin }
}

/** The login with the fewest homes, or another when all have as many as they should. */
export async function chooseLogin(
  platform: Platform,
  tx: Session,
  cluster: Pick<ClusterForTenant, 'id' | 'loginSide'>,
): Promise<{ readonly login: string; readonly newLogin: boolean }> {
  const load = await tx.rows(loginLoad(cluster.id))
  const roomy = load.find((row) => row.homes < MEMBERSHIPS_PER_LOGIN)
  // The first login came with the cluster, even when no home uses it yet.
  const logins = Array.from({ length: load.length + 1 }, (_, index) => pairedLogin(platform.id, index + 1, cluster.loginSide))
  const login = roomy?.login ?? logins.find((name) => load.every((row) => row.login !== name))!
  return { login, newLogin: roomy === undefined && login !== logins[0] }
}
