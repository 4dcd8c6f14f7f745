import {
  databaseIsAdopted,
  deleteTenants,
  homeIsAdopted,
  insertPlacements,
  insertTenants,
  type NewTenant,
  purgedBefore,
  setTenantStates,
  tenantsInTheWay,
  tenantsLeftOut,
  tenantsOf,
} from '../../catalog/adoption.js'
import { databaseIsLive, recordPlatformDigest } from '../../catalog/clusters.js'
import { homeIsLive, recordHomeVersion, TENANT_TRACK } from '../../catalog/homes.js'
import { applyContextOf } from '../../engine/apply-context.js'
import type { Step, StepContext } from '../../engine/operation.js'
import { databaseOf } from '../../engine/platform.js'
import { giveDatabaseBack, takeDatabase } from '../../isolation/adoption/database.js'
import { giveHomeBack, homeIsThere, tenantsIn } from '../../isolation/adoption/home.js'
import { assertFence } from '../../isolation/fence.js'
import { admitIn, type Installation, installIn, isInstalled } from '../../isolation/install.js'
import type { HomePlace } from '../../isolation/model.js'
import { ensureLogin } from '../../isolation/roles.js'
import { fault } from '../../kernel/faults.js'
import { sql } from '../../kernel/sql.js'
import { scramVerifier } from '../../postgres/scram.js'
import type { Session } from '../../postgres/session.js'
import { type Adopted, adoptHome, standingOf } from '../../schema/adopt.js'
import { applyToPlatform } from '../../schema/apply.js'
import { checkMigrations } from '../../schema/check.js'
import { nameTenants, readIds } from './adopt-ids.js'

/** What `tenant.adopt` was asked for, as its steps need it. */
export interface Asked {
  readonly dryRun: boolean
  readonly revokeOthers: boolean
  readonly revokePublic: boolean
  readonly baseline?: string | undefined
  readonly ids?: string | undefined
}

export interface Adoption {
  readonly [key: string]: unknown
  readonly cluster: string
  readonly adminRef: string
  readonly appSecret: string
  readonly database: { readonly id: string; readonly name: string }
  /** Made tenant-bearing by this operation. */
  readonly ownDatabase: boolean
  readonly newLogin: boolean
  readonly home: HomePlace
  readonly tenants: readonly NewTenant[]
  readonly report?: Pick<Adopted, 'findings' | 'changes' | 'version' | 'applied' | 'because'>
  readonly standing?: Pick<Adopted, 'version' | 'applied' | 'digest'>
  readonly platformDigest?: string
}

type Context = StepContext<Asked, Adoption>

// Only a superuser may change what others own, so that only clusters that were added by one get here.
const ADMIN = { superuser: true }
const TENANTS_AT_ONCE = 200

export const ADOPTION_STEPS: readonly Step<Asked, Adoption>[] = [
  {
    name: 'tenants',
    async act({ platform, memory, input, journal }: Context) {
      const { home } = memory
      if (home.isolation !== 'shared') return {}
      const found = await tenantsIn(databaseOf(platform, memory), home.schema, platform.config.tenantColumn!)
      const tenants = nameTenants(found, readIds(input.ids ?? ''))
      if (tenants.length === 0)
        throw fault('ADOPTION_REFUSED', { what: placeOf(memory), findings: ['no row of any tenant is in it, and --ids names none'] })
      for (const some of batches(tenants)) await journal((tx) => enterTenants(tx, memory, some, input.dryRun))
      return { tenants }
    },
    async undo({ platform, memory, journal }: Context) {
      if (memory.home.isolation !== 'shared') return
      const tenants = await platform.catalog.transaction((tx) => tx.rows(tenantsOf(memory.home.id)))
      for (const some of batches(tenants)) await journal((tx) => tx.run(deleteTenants(some.map(({ id }) => id))))
    },
  },
  {
    // Everything as it will be, and back again: what is refused is refused before anything lasts, and said all at once.
    name: 'rehearse',
    async act(context: Context) {
      const { platform, memory, input, by } = context
      const report = await databaseOf(platform, memory).transaction(async (session) => {
        await session.run(sql`savepoint tenantry_rehearsal`)
        const changes = await prepare(session, context)
        const adopted = await adoptIn(session, context, by.operation)
        await session.run(sql`rollback to savepoint tenantry_rehearsal`)
        return { ...adopted, changes: [...changes, ...adopted.changes] }
      })
      const findings = [...(memory.ownDatabase && !input.revokePublic ? [ASKS_FOR_PUBLIC] : []), ...report.findings]
      if (!input.dryRun && findings.length > 0) throw fault('ADOPTION_REFUSED', { what: placeOf(memory), findings })
      const { changes, version, applied, because } = report
      return { report: { findings, changes, version, applied, because } }
    },
  },
  {
    name: 'database',
    async act(context: Context) {
      const { platform, memory, input, journal } = context
      if (input.dryRun) return {}
      const database = databaseOf(platform, memory)
      if (memory.ownDatabase && (await isInstalled(platform.connect(memory.adminRef), database))) return {}
      await database.transaction(async (session) => {
        await prepare(session, context)
        // Where nothing of ours was, no fence stops a worker that has been taken over: so the lease is looked at directly before the commit.
        await journal(async () => {})
      })
      return {}
    },
    async undo({ platform, memory, input, journal }: Context) {
      const database = databaseOf(platform, memory)
      if (input.dryRun || !memory.ownDatabase || !(await isInstalled(platform.connect(memory.adminRef), database))) return
      await database.transaction(async (session) => {
        await journal(async () => {})
        await giveDatabaseBack(session, memory.database.name, placeOf(memory), platform.config.extensions)
      })
    },
  },
  {
    name: 'platform',
    async act({ platform, memory, input, by }: Context) {
      if (input.dryRun || !memory.ownDatabase) return {}
      const context = applyContextOf(platform, by)
      const migrations = await checkMigrations(platform.config, [TENANT_TRACK])
      return { platformDigest: (await applyToPlatform(databaseOf(platform, memory), migrations.platform, context)).digest }
    },
  },
  {
    name: 'home',
    async act(context: Context) {
      const { platform, memory, input, by } = context
      if (input.dryRun) return {}
      const standing = await databaseOf(platform, memory).transaction(async (session) => {
        await session.run(assertFence(by))
        if ((await session.maybe(homeIsThere(memory.home.id))) !== undefined) return standingOf(session, memory.home.id)
        const { findings, version, applied, digest } = await adoptIn(session, context, by.operation)
        if (findings.length > 0) throw fault('ADOPTION_REFUSED', { what: placeOf(memory), findings })
        return { version, applied, digest }
      })
      return { standing }
    },
    async undo({ platform, memory, input, by }: Context) {
      const database = databaseOf(platform, memory)
      if (input.dryRun || !(await isInstalled(platform.connect(memory.adminRef), database))) return
      await database.transaction(async (session) => {
        await session.run(assertFence(by))
        await giveHomeBack(session, memory.database.name, { home: memory.home, tenant: placeOf(memory) })
      })
    },
  },
  {
    name: 'activate',
    async act({ memory, input, journal }: Context) {
      if (input.dryRun) return {}
      for (const some of batches(memory.tenants)) {
        await journal((tx) =>
          tx.run(
            setTenantStates(
              some.map(({ id }) => id),
              'active',
            ),
          ),
        )
      }
      return {}
    },
    async record({ memory, input }: Context, tx) {
      if (input.dryRun) return
      const { version, applied, digest } = memory.standing!
      await tx.run(recordHomeVersion(memory.home.id, version, applied, digest))
      await tx.run(homeIsAdopted(memory.home.id, version))
      await tx.run(homeIsLive(memory.home.id))
      if (!memory.ownDatabase) return
      await tx.run(recordPlatformDigest(memory.database.id, memory.platformDigest!))
      await tx.run(databaseIsAdopted(memory.database.id))
      await tx.run(databaseIsLive(memory.database.id))
    },
  },
]

const ASKS_FOR_PUBLIC =
  'the database is not tenant-bearing yet, and making it so takes rights from PUBLIC there until its last tenant is given back: say so with --revoke-public'

/** Writes tenants into the catalog, or (in a dry run) only says what stands against it. Throws TENANT_EXISTS, ADOPTION_REFUSED. */
export async function enterTenants(
  tx: Session,
  place: Pick<Adoption, 'home' | 'database'>,
  tenants: readonly NewTenant[],
  dryRun: boolean,
): Promise<void> {
  const { home } = place
  const [inTheWay] = await tx.rows(tenantsInTheWay(home.id, tenants))
  if (inTheWay !== undefined) throw fault('TENANT_EXISTS', { slug: inTheWay.slug })
  if (!dryRun) {
    const made = await tx.rows(insertTenants(home.id, home.isolation, tenants))
    const ids = made.map(({ id }) => id)
    await tx.run(insertPlacements(home.id, ids))
    const leftOut = await tx.maybe(tenantsLeftOut(home.id, tenants))
    if (leftOut !== undefined) throw fault('TENANT_EXISTS', { slug: leftOut.slug })
  }
  // Asked when the ids are ours: a purge that has ended until then has left its tombstone.
  const findings = (await tx.rows(purgedBefore(tenants))).map(
    ({ id, slug, purgedAt }) =>
      `rows are of the tenant ${id} ("${slug}"), which was purged at ${purgedAt.toISOString()}, and no id is used again: give them another one`,
  )
  if (findings.length > 0) throw fault('ADOPTION_REFUSED', { what: placeOf(place), findings })
}

/** Makes the database ready, new or not. Answers what that changed. */
async function prepare(session: Session, { platform, memory, by }: Context): Promise<readonly string[]> {
  const { login, isolation } = memory.home
  if (memory.newLogin) await ensureLogin(session, login, await scramVerifier(platform.secrets(memory.appSecret)), ADMIN)
  const installation: Installation = {
    databaseId: memory.database.id,
    platformId: platform.id,
    names: platform.names,
    extensions: platform.config.extensions,
    files: platform.homeFiles,
    hardened: true,
  }
  if (memory.ownDatabase) return takeDatabase(session, memory.database.name, by, { installation, login, whole: isolation === 'database' })
  await installIn(session, memory.database.name, by, installation)
  await admitIn(session, memory.database.name, login, true)
  return []
}

async function adoptIn(session: Session, { platform, memory, input }: Context, operation: string): Promise<Adopted> {
  return adoptHome(session, memory.database.name, {
    home: memory.home,
    names: platform.names,
    admin: ADMIN,
    tenantColumn: platform.config.tenantColumn,
    revokeOthers: input.revokeOthers,
    tenants: memory.tenants.map(({ id }) => id),
    migrations: (await checkMigrations(platform.config, [TENANT_TRACK])).tracks.get(TENANT_TRACK)!,
    baseline: input.baseline,
    operation,
  })
}

export const placeOf = ({ home, database }: Pick<Adoption, 'home' | 'database'>): string =>
  `schema ${home.schema} of database ${database.name}`

export function* batches<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < all.length; start += TENANTS_AT_ONCE) yield all.slice(start, start + TENANTS_AT_ONCE)
}
