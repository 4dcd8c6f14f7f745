import { clusterOutOfService } from '../catalog/cluster-life.js'
import {
  type ClusterForTenant,
  clusterById,
  clusterForNewTenant,
  databaseById,
  databaseIsLive,
  deleteDatabase,
  findCluster,
  recordPlatformDigest,
} from '../catalog/clusters.js'
import {
  deleteHome,
  homeById,
  homeIsLive,
  type Isolation,
  insertHome,
  loginLoad,
  nextHomeNumber,
  recordHomeVersion,
  sharedHomeOf,
  TENANT_TRACK,
  trackOf,
} from '../catalog/homes.js'
import { recordWarmSeeds } from '../catalog/stock.js'
import { deleteTenant, insertPlacement, recordTenantState, type Tenant } from '../catalog/tenants.js'
import { admitLogin, checkDatabaseFree, dropDatabase, ensureDatabase, installDatabase } from '../isolation/install.js'
import { createHome, dropHome, dropHomeRole, type HomePlace, MODELS, placeTenant, removePlacement } from '../isolation/model.js'
import { homeRole, MEMBERSHIPS_PER_LOGIN, objectName, ownLogin, pairedLogin } from '../isolation/names.js'
import { ensureLogin, OWN_CONNECTIONS } from '../isolation/roles.js'
import { holdSeeds } from '../isolation/seeds.js'
import { newId } from '../kernel/clock.js'
import type { FaultCode } from '../kernel/faults.js'
import { isOwnLogin, passwordOf } from '../kernel/own-password.js'
import { scramVerifier } from '../postgres/scram.js'
import type { Database, Session } from '../postgres/session.js'
import { applyToHome, applyToPlatform, type Standing } from '../schema/apply.js'
import { checkMigrations } from '../schema/check.js'
import { assuranceOf, reserveDatabase } from './assurance.js'
import { deleteRows } from './destroying.js'
import type { AcceptContext, Fail, Step, StepContext } from './operation.js'
import type { Platform } from './platform.js'
import { seedTenant } from './seeding.js'
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

/** What the making of a tenant may fail with. */
export const MAKING_FAULTS = [
  ...CHOOSING_FAULTS,
  'DATABASE_OCCUPIED',
  'MIGRATION_INVALID',
  'MIGRATION_REFUSED',
  'MIGRATION_FAILED',
  'SEED_INVALID',
  'SEED_FAILED',
  'SEED_CHANGED',
  'SERVER_UNREACHABLE',
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
}

type Context = StepContext<unknown, Making>

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

/** Reserves a home for a tenant that the catalog has been told of, in the same transaction. */
export async function reserve(
  platform: Platform,
  tx: Session,
  tenant: string,
  isolation: Isolation,
  cluster: ClusterForTenant,
  track: string = TENANT_TRACK,
): Promise<Making> {
  const facts = await tx.one(findCluster(cluster.name))
  const place = await reserveHome(platform, tx, isolation, cluster, track)
  if (place.ownDatabase) await glance(platform, { adminRef: facts.adminRef }, (server) => checkDatabaseFree(server, place.database.name))
  await tx.run(insertPlacement(tenant, place.home.id))
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
    home: { id: home.id, isolation: home.isolation, schema: home.schema, role: home.role, login: home.login, track: home.track },
    ownHome: !model.manyTenants,
    newLogin: false,
    claimed: true,
  }
}

/** From a reservation to a tenant in this state. */
export const makingSteps = (state: 'active' | 'warm'): readonly Step<unknown, Making>[] => [
  {
    name: 'database',
    async act({ platform, memory, by }: Context) {
      if (!memory.ownDatabase && !memory.newLogin) return {}
      const server = platform.connect(memory.adminRef)
      if (memory.newLogin) {
        const verifier = await scramVerifier(passwordOf(memory.home.login, platform.secrets(memory.appSecret)))
        const connections = isOwnLogin(memory.home.login) ? (memory.connections ?? OWN_CONNECTIONS) : null
        await server.transaction((session) => ensureLogin(session, memory.home.login, verifier, memory, connections))
      }
      const database = databaseOf(platform, memory)
      if (memory.ownDatabase) {
        await ensureDatabase(server, memory.database.name, memory.database.id)
        await installDatabase(database, by, {
          databaseId: memory.database.id,
          platformId: platform.id,
          names: platform.names,
          extensions: platform.config.extensions,
          files: platform.homeFiles,
          hardened: memory.hardened,
          assurance: await assuranceOf(platform, memory.database.id),
        })
      }
      await admitLogin(database, memory.home.login, memory.hardened)
      return {}
    },
    async undo({ platform, memory }: Context) {
      if (memory.ownDatabase) await dropDatabase(platform.connect(memory.adminRef), memory.database.name, memory.database.id)
      if (memory.ownHome) await platform.connect(memory.adminRef).transaction((session) => dropHomeRole(session, memory.home))
    },
  },
  {
    name: 'home',
    async act({ platform, memory, by }: Context) {
      if (memory.ownHome) await createHome(databaseOf(platform, memory), memory.home, platform.names, by, memory)
      return {}
    },
    async undo({ platform, memory, by }: Context) {
      // A database of its own goes as a whole; it may not have been made yet, or have no room for a session.
      if (memory.ownHome && !memory.ownDatabase) await dropHome(databaseOf(platform, memory), memory.home, by)
    },
  },
  {
    name: 'tables',
    async act({ platform, memory, by }: Context) {
      if (!memory.ownHome) return {}
      const database = databaseOf(platform, memory)
      const context = { names: platform.names, tenantColumn: platform.config.tenantColumn, hidden: platform.config.hidden, by }
      const migrations = await checkMigrations(platform.config, [trackOf(memory.home)])
      const platformDigest = memory.ownDatabase ? (await applyToPlatform(database, migrations.platform, context)).digest : ''
      return {
        platformDigest,
        standing: await applyToHome(database, memory.home, migrations.tracks.get(trackOf(memory.home))!, context, true),
      }
    },
  },
  {
    name: 'place',
    async act({ platform, memory, by }: Context) {
      await placeTenant(databaseOf(platform, memory), memory.tenant, memory.home.id, by)
      return {}
    },
    async undo({ platform, memory, by }: Context) {
      if (!memory.ownDatabase) await removePlacement(databaseOf(platform, memory), memory.tenant, by)
    },
  },
  {
    name: 'seeds',
    async act({ platform, memory, by }: Context) {
      // Seeds are the first rows of tenants; a service has other tables.
      if (trackOf(memory.home) !== TENANT_TRACK) return {}
      const seeds = await seedTenant(platform, databaseOf(platform, memory), memory.tenant, by, state === 'active')
      return state === 'warm' ? { seeds } : {}
    },
    async undo({ platform, memory, by }: Context) {
      if (memory.ownDatabase || (await holdSeeds(databaseOf(platform, memory), memory.tenant, by)).length === 0) return
      await deleteRows(platform, { ...memory, slug: memory.tenant }, by)
    },
  },
  {
    name: 'activate',
    async record({ memory }: Context, tx) {
      const { standing } = memory
      if (standing !== undefined) await tx.run(recordHomeVersion(memory.home.id, standing.version, standing.applied, standing.digest))
      if (memory.ownDatabase && memory.claimed !== true) {
        await tx.run(recordPlatformDigest(memory.database.id, memory.platformDigest!))
        await tx.run(databaseIsLive(memory.database.id))
      }
      if (memory.ownHome) await tx.run(homeIsLive(memory.home.id))
      if (memory.seeds !== undefined && memory.seeds.length > 0) await tx.run(recordWarmSeeds(memory.tenant, memory.seeds))
      await tx.run(recordTenantState(memory.tenant, state, null, 1))
    },
  },
]

/** Takes the reservation back. */
export async function releaseMaking({ memory }: Context, tx: Session): Promise<void> {
  await tx.run(deleteTenant(memory.tenant))
  if (memory.ownHome) await tx.run(deleteHome(memory.home.id))
  if (memory.ownDatabase) await tx.run(deleteDatabase(memory.database.id))
}

const databaseOf = (platform: Platform, memory: Making): Database => platform.connect(memory.adminRef, memory.database.name)

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
