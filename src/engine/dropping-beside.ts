import { setDatabaseState } from '../catalog/adoption.js'
import { type Beside, setBesideState, setHomeState } from '../catalog/beside.js'
import { deleteDatabase } from '../catalog/clusters.js'
import { deleteHome } from '../catalog/homes.js'
import type { Destroyed } from '../catalog/tombstones.js'
import { giveDatabaseBack } from '../isolation/adoption/database.js'
import { outsideOf, usesOfDatabase } from '../isolation/dependencies.js'
import { countTenantRows, sizeOfHome } from '../isolation/destroy.js'
import { assertFence, type FencingToken } from '../isolation/fence.js'
import { isInstalled } from '../isolation/install.js'
import { homePlaceOf, MODELS } from '../isolation/model.js'
import type { Database, Session } from '../postgres/session.js'
import { type Doomed, destroyTenant, rowsOf } from './destroying.js'
import { databaseOf, type Platform } from './platform.js'

export interface DoomedBeside extends Doomed {
  /** No other home is in its database, which was adopted and goes back to those whose it is. */
  readonly last: boolean
}

/** A home beside as it is destroyed. `keepsPlatformRows`: another home of the tenant in the same database stays. */
export const doomedBeside = (slug: string, b: Beside, keepsPlatformRows: boolean, last: boolean): DoomedBeside => ({
  tenant: b.tenant,
  slug,
  adminRef: b.adminRef,
  database: { id: b.databaseId, name: b.database },
  home: homePlaceOf(b),
  superuser: b.hardened,
  keepsPlatformRows,
  last,
})

/** From here on nobody examines or migrates it. */
export async function markGoing(tx: Session, { tenant, home, database, last }: DoomedBeside): Promise<void> {
  await tx.run(setBesideState(tenant, home.id, 'going'))
  if (!MODELS[home.isolation].manyTenants) await tx.run(setHomeState(home.id, 'creating'))
  if (last || MODELS[home.isolation].ownDatabase) await tx.run(setDatabaseState(database.id, 'creating'))
}

/** Nothing of it has been destroyed after all. */
export async function markKept(tx: Session, { tenant, home, database, last }: DoomedBeside): Promise<void> {
  await tx.run(setBesideState(tenant, home.id, 'kept'))
  if (!MODELS[home.isolation].manyTenants) await tx.run(setHomeState(home.id, 'live'))
  if (last || MODELS[home.isolation].ownDatabase) await tx.run(setDatabaseState(database.id, 'live'))
}

/** Repeatable. `looked` is called before a database goes back to those whose it is, while it can still be asked. */
export async function destroyBeside(
  platform: Platform,
  doomed: DoomedBeside,
  by: FencingToken,
  looked?: () => Promise<void>,
): Promise<void> {
  const database = databaseOf(platform, doomed)
  // Given back by a worker that died before it could say so.
  if (doomed.last && !(await isInstalled(platform.connect(doomed.adminRef), database))) return
  await destroyTenant(platform, doomed, by)
  await looked?.()
  if (!doomed.last) return
  await database.transaction(async (session) => {
    await session.run(assertFence(by))
    await giveDatabaseBack(session, doomed.database.name, doomed.slug, platform.config.extensions)
  })
}

/** It is destroyed: the catalog forgets it. What it says of the tenant goes with the home, or by itself where that is one of many. */
export async function forgetBeside(tx: Session, { home, database, last }: DoomedBeside): Promise<void> {
  if (!MODELS[home.isolation].manyTenants) await tx.run(deleteHome(home.id))
  if (last || MODELS[home.isolation].ownDatabase) await tx.run(deleteDatabase(database.id))
}

/** What outside of a home needs it. */
export async function needsHome(platform: Platform, doomed: Doomed): Promise<readonly string[]> {
  const { adminRef, database, home } = doomed
  if (home.isolation === 'database') return usesOfDatabase(platform.connect(adminRef), database.name)
  if (home.isolation === 'shared') return []
  return databaseOf(platform, doomed).transaction((session) => outsideOf(session, home))
}

/** How much there is of it. */
export async function measureBeside(platform: Platform, doomed: Doomed): Promise<Destroyed> {
  const database = databaseOf(platform, doomed)
  const gone = doomed.home.isolation === 'database' && !(await isInstalled(platform.connect(doomed.adminRef), database))
  return gone ? { tables: 0, rows: null, bytes: 0 } : sizeIn(platform, database, doomed)
}

export async function sizeIn(
  platform: Platform,
  database: Database,
  { tenant, home }: Pick<Doomed, 'tenant' | 'home'>,
): Promise<Destroyed> {
  if (home.isolation !== 'shared') return { ...(await database.one(sizeOfHome(home.schema))), rows: null }
  return { ...(await countTenantRows(database, rowsOf(platform, { tenant, home, keepsPlatformRows: true })!)), bytes: null }
}
