import { databaseIsLive, deleteDatabase, recordPlatformDigest } from '../catalog/clusters.js'
import { deleteHome, homeIsLive, recordHomeVersion, TENANT_TRACK, trackOf } from '../catalog/homes.js'
import { recordWarmSeeds } from '../catalog/stock.js'
import { deleteTenant, recordTenantState } from '../catalog/tenants.js'
import { admitLogin, dropDatabase, ensureDatabase, installDatabase } from '../isolation/install.js'
import { createHome, dropHome, dropHomeRole, placeTenant, removePlacement } from '../isolation/model.js'
import { ensureLogin, OWN_CONNECTIONS } from '../isolation/roles.js'
import { holdSeeds } from '../isolation/seeds.js'
import type { FaultCode } from '../kernel/faults.js'
import { assertLongSecret, isOwnLogin, passwordOf } from '../kernel/own-password.js'
import { scramVerifier } from '../postgres/scram.js'
import type { Session } from '../postgres/session.js'
import { applyToHome, applyToPlatform } from '../schema/apply.js'
import { checkMigrations } from '../schema/check.js'
import { upTo } from '../schema/migration.js'
import { applyContextOf } from './apply-context.js'
import { assuranceOf } from './assurance.js'
import { deleteRows } from './destroying.js'
import type { Step, StepContext } from './operation.js'
import { CHOOSING_FAULTS, type Making } from './placing.js'
import { databaseOf } from './platform.js'
import { seedTenant } from './seeding.js'

/** What the making of a home may fail with. */
export const HOME_FAULTS = [
  ...CHOOSING_FAULTS,
  'DATABASE_OCCUPIED',
  'MIGRATION_INVALID',
  'MIGRATION_REFUSED',
  'MIGRATION_FAILED',
  'SECRET_MISSING',
  'SECRET_SHORT',
  'SERVER_UNREACHABLE',
] as const satisfies readonly FaultCode[]

/** What the making of a tenant may fail with. */
export const MAKING_FAULTS = [...HOME_FAULTS, 'SEED_INVALID', 'SEED_FAILED', 'SEED_CHANGED'] as const satisfies readonly FaultCode[]

type Context = StepContext<unknown, Making>

/** From a reservation to a home with tables, which nobody lives in. */
export const HOME_STEPS: readonly Step<unknown, Making>[] = [
  {
    name: 'database',
    async act({ platform, memory, by }: Context) {
      if (!memory.ownDatabase && !memory.newLogin) return {}
      const server = platform.connect(memory.adminRef)
      if (memory.newLogin) {
        const secret = platform.secrets(memory.appSecret)
        assertLongSecret(memory.home.login, secret, memory.appSecret)
        const verifier = await scramVerifier(passwordOf(memory.home.login, secret))
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
      const context = applyContextOf(platform, by)
      const migrations = await checkMigrations(platform.config, [trackOf(memory.home)])
      const platformDigest = memory.ownDatabase ? (await applyToPlatform(database, migrations.platform, context)).digest : ''
      return {
        platformDigest,
        standing: await applyToHome(database, memory.home, upTo(migrations.tracks.get(trackOf(memory.home))!, memory.upTo), context, true),
      }
    },
  },
]

/** From a reservation to a tenant in this state. */
export const makingSteps = (state: 'active' | 'warm'): readonly Step<unknown, Making>[] => [
  ...HOME_STEPS,
  {
    name: 'place',
    async act({ platform, memory, by }: Context) {
      await placeTenant(databaseOf(platform, memory), memory.tenant, memory.home.id, by)
      return {}
    },
    async undo({ platform, memory, by }: Context) {
      if (!memory.ownDatabase) await removePlacement(databaseOf(platform, memory), memory.tenant, memory.home.id, by)
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
      await recordMade(memory, tx)
      if (memory.seeds !== undefined && memory.seeds.length > 0) await tx.run(recordWarmSeeds(memory.tenant, memory.seeds))
      await tx.run(recordTenantState(memory.tenant, state, null, 1))
    },
  },
]

/** In the catalog the home is there, and stands where it was made. */
export async function recordMade(memory: Making, tx: Session): Promise<void> {
  const { standing } = memory
  if (standing !== undefined) await tx.run(recordHomeVersion(memory.home.id, standing.version, standing.applied, standing.digest))
  if (memory.ownDatabase && memory.claimed !== true) {
    await tx.run(recordPlatformDigest(memory.database.id, memory.platformDigest!))
    await tx.run(databaseIsLive(memory.database.id))
  }
  if (memory.ownHome) await tx.run(homeIsLive(memory.home.id))
}

/** Takes the reservation back. */
export async function releaseMaking({ memory }: Context, tx: Session): Promise<void> {
  await tx.run(deleteTenant(memory.tenant))
  await releaseHome(memory, tx)
}

export async function releaseHome(memory: Making, tx: Session): Promise<void> {
  if (memory.ownHome) await tx.run(deleteHome(memory.home.id))
  if (memory.ownDatabase) await tx.run(deleteDatabase(memory.database.id))
}
