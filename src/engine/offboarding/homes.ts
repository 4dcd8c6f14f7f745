import { occasionOf } from '../../catalog/certificates.js'
import type { Destroyed } from '../../catalog/tombstones.js'
import { giveDatabaseBack } from '../../isolation/adoption/database.js'
import { giveHomeBack, homeIsThere } from '../../isolation/adoption/home.js'
import { countTenantRows } from '../../isolation/destroy.js'
import { assertFence, type FencingToken } from '../../isolation/fence.js'
import { isInstalled } from '../../isolation/install.js'
import { leftOf } from '../../isolation/left.js'
import { fault } from '../../kernel/faults.js'
import { type Doomed, destroyTenant, rowsOf } from '../destroying.js'
import { type DoomedBeside, destroyBeside, measureBeside } from '../dropping-beside.js'
import { databaseOf, type Platform } from '../platform.js'

/** A tenant that is purged, with all its homes. */
export interface Purged extends Doomed {
  /** It is the last tenant of a table set that was adopted with this version, and which goes back to whose it was. */
  readonly givesBack?: string
  /** Its homes beside the one that it lives in; those of an older release had none. */
  readonly besides?: readonly DoomedBeside[]
  /** No other home is in the database, which was adopted and is somebody's. */
  readonly last: boolean
  /** By the ids of homes, the names of their clusters. */
  readonly clusters?: Readonly<Record<string, string>>
}

/** How much there was in a home before. */
export interface Measured extends Destroyed {
  readonly home: string
}

/** What was destroyed, and since when nothing of it is there, by the catalog's clock. */
export interface DestroyedHome {
  readonly home: string
  readonly lived: 'in it' | 'beside it'
  readonly isolation: string
  readonly cluster: string
  readonly database: string
  readonly schema: string
  readonly role: string
  readonly lookedAt: string
}

export async function measureHomes(platform: Platform, purged: Purged): Promise<readonly Measured[]> {
  const { tenant, home } = purged
  const database = databaseOf(platform, purged)
  const live =
    home.isolation === 'shared'
      ? { ...(await countTenantRows(database, rowsOf(platform, { tenant, home })!)), bytes: null }
      : await measureBeside(platform, purged)
  const measured: Measured[] = [{ home: home.id, ...live }]
  for (const one of purged.besides ?? []) measured.push({ home: one.home.id, ...(await measureBeside(platform, one)) })
  return measured
}

/** Rows where any of them is shared, bytes where any is its own. */
export function sumOf(measured: readonly Measured[]): Destroyed {
  const add = (a: number | null, b: number | null): number | null => (b === null ? a : (a ?? 0) + b)
  return measured.reduce<Destroyed>(
    (sum, one) => ({ tables: sum.tables + one.tables, rows: add(sum.rows, one.rows), bytes: add(sum.bytes, one.bytes) }),
    { tables: 0, rows: null, bytes: null },
  )
}

/**
 * Destroys all homes of a tenant, and looks afterwards whether anything is left. Repeatable. Throws DATA_REMAINS with what is, and what destroying throws.
 */
export async function destroyHomes(platform: Platform, purged: Purged, by: FencingToken): Promise<readonly DestroyedHome[]> {
  const looked: DestroyedHome[] = []
  for (const one of purged.besides ?? []) {
    await destroyBeside(platform, one, by, () => assertGone(platform, one))
    looked.push(await entryOf(platform, purged, one, by))
  }
  await destroyLive(platform, purged, by)
  looked.push(await entryOf(platform, purged, purged, by))
  return looked.reverse()
}

async function destroyLive(platform: Platform, purged: Purged, by: FencingToken): Promise<void> {
  const { home, slug, givesBack, last } = purged
  const [server, database] = [platform.connect(purged.adminRef), databaseOf(platform, purged)]
  if (last || givesBack !== undefined) {
    // Given back by a worker that died before it could say so; it had looked before.
    if (!(await isInstalled(server, database))) return
    if (givesBack !== undefined && (await database.maybe(homeIsThere(home.id))) === undefined) return
  }
  await destroyTenant(platform, purged, by)
  await assertGone(platform, purged)
  if (!last && givesBack === undefined) return
  await database.transaction(async (session) => {
    await session.run(assertFence(by))
    if (givesBack !== undefined) await giveHomeBack(session, purged.database.name, { home, tenant: slug, version: givesBack })
    if (last) await giveDatabaseBack(session, purged.database.name, slug, platform.config.extensions)
  })
}

async function assertGone(platform: Platform, doomed: Doomed): Promise<void> {
  const { adminRef, tenant, home, database } = doomed
  const where = await leftOf(platform.connect(adminRef), databaseOf(platform, doomed), {
    tenant,
    home,
    database,
    rows: rowsOf(platform, doomed),
  })
  if (where.length > 0) throw fault('DATA_REMAINS', { tenant: doomed.slug, where })
}

async function entryOf(platform: Platform, purged: Purged, { home, database }: Doomed, by: FencingToken): Promise<DestroyedHome> {
  return {
    home: home.id,
    lived: home.id === purged.home.id ? 'in it' : 'beside it',
    isolation: home.isolation,
    cluster: purged.clusters?.[home.id] ?? 'unknown',
    database: database.name,
    schema: home.schema,
    role: home.role,
    lookedAt: (await platform.catalog.one(occasionOf(by.operation))).now.toISOString(),
  }
}
