import { clusterById, findCluster } from '../../catalog/clusters.js'
import { homeById, type Isolation } from '../../catalog/homes.js'
import { openOperationOn } from '../../catalog/operations.js'
import { listTenants } from '../../catalog/tenant-lists.js'
import type { Tenant } from '../../catalog/tenants.js'
import type { FencingToken } from '../../isolation/fence.js'
import { MODELS } from '../../isolation/model.js'
import { dropControl, dropScratchTable, makeControl, makeScratchTable } from '../../isolation/scratch-table.js'
import { systemClock } from '../../kernel/clock.js'
import { fault, isFault } from '../../kernel/faults.js'
import { passwordOf } from '../../kernel/own-password.js'
import { tlsOfLine } from '../../postgres/connection.js'
import type { Platform } from '../platform.js'
import { takeOver } from '../run.js'
import { submit } from '../submit.js'
import type { MeasuredHome } from './platform-way.js'

/** What one measurement has made, found again by its mark. */
export interface Scratch {
  readonly mark: string
  readonly cluster: string
  /** How many tenants of each isolation there are to be. */
  readonly wanted: Readonly<Partial<Record<Isolation, number>>>
}

const AT_ONCE = 4
const MOST_TENANTS = 2_000
const LABEL = 'tenantry-leak'

export const scratchTable = (mark: string): string => `tny_leak_${mark}`

/** Tenants of the platform like any others, with their names and a label that says what they are. Repeatable. */
export async function makeScratchTenants(platform: Platform, { mark, cluster, wanted }: Scratch): Promise<void> {
  const there = new Set((await scratchTenants(platform, mark)).map(({ slug }) => slug))
  const missing = Object.entries(wanted)
    .flatMap(([isolation, count]) => Array.from({ length: count }, (_, at) => ({ isolation, slug: `leak-${mark}-${isolation}-${at + 1}` })))
    .filter(({ slug }) => !there.has(slug))
  let made = 0
  await sideBySide(missing, async ({ isolation, slug }) => {
    await run(platform, 'tenant.create', { slug, isolation, cluster, label: [`${LABEL}=${mark}`] })
    if (++made % 20 === 0) platform.progress(`${made} of ${missing.length} scratch tenants are made`)
  })
}

export async function scratchTenants(platform: Platform, mark: string): Promise<readonly Tenant[]> {
  const all = { by: 'created', descending: false, after: null, limit: MOST_TENANTS } as const
  return platform.catalog.rows(listTenants({ labels: { [LABEL]: mark } }, all))
}

/** The homes of scratch tenants, each once. */
export async function scratchHomes(platform: Platform, tenants: readonly Tenant[]): Promise<readonly MeasuredHome[]> {
  const homes = new Map<string, MeasuredHome>()
  for (const { id: tenant, home: id, databaseId } of tenants) {
    if (homes.has(id)) continue
    const { isolation, schema, role } = await platform.catalog.one(homeById(id))
    homes.set(id, { id, isolation, schema, role, databaseId, tenant: MODELS[isolation].manyTenants ? undefined : tenant })
  }
  return [...homes.values()]
}

/** The table of the meter in every home, and the tables of the control in the cluster's first database. Repeatable. */
export async function makeScratchTables(platform: Platform, { mark, cluster }: Scratch, login: string, by: FencingToken): Promise<void> {
  const tenants = await scratchTenants(platform, mark)
  const context = { names: platform.names, tenantColumn: platform.config.tenantColumn, by }
  await sideBySide(await scratchHomes(platform, tenants), async (home) => {
    const { database } = await platform.tenantDatabase(home.databaseId)
    await makeScratchTable(database, home, scratchTable(mark), context)
  })
  await makeControl(await mainDatabase(platform, cluster), mark, login, Math.min(tenants.length, MOST_CONTROL), by)
}

// The control fails with few as with many.
export const MOST_CONTROL = 20

export async function mainDatabase(platform: Platform, cluster: string) {
  const { defaultDatabase } = await platform.catalog.one(findCluster(cluster))
  return (await platform.tenantDatabase(defaultDatabase!)).database
}

export async function dropScratchTables(platform: Platform, { mark, cluster }: Scratch, by: FencingToken): Promise<void> {
  for (const home of await scratchHomes(platform, await scratchTenants(platform, mark))) {
    const { database } = await platform.tenantDatabase(home.databaseId)
    await dropScratchTable(database, home, scratchTable(mark), by).catch((error: unknown) => {
      // Purged, and its database with it.
      if (!isFault(error, 'DATABASE_MISSING')) throw error
    })
  }
  await dropControl(await mainDatabase(platform, cluster), mark, by)
}

const GONE_WITHIN_MS = 60_000

/** Purges every tenant that bears the mark, whatever has become of it. Repeatable. */
export async function purgeScratchTenants(platform: Platform, mark: string): Promise<void> {
  const tenants = await scratchTenants(platform, mark)
  let gone = 0
  await sideBySide(tenants, async (tenant) => {
    await purge(platform, tenant)
    if (++gone % 20 === 0) platform.progress(`${gone} of ${tenants.length} scratch tenants are purged`)
  })
}

async function purge(platform: Platform, { id, slug }: Tenant): Promise<void> {
  const deadline = systemClock.now() + GONE_WITHIN_MS
  for (;;) {
    const open = await platform.catalog.maybe(openOperationOn(id))
    if (open === undefined) break
    // Left by a worker that has died: nobody else may be there to finish it.
    await takeOver(platform, [open.id])
    if (systemClock.now() > deadline) throw fault('TENANT_BUSY', { tenant: slug, waitedMs: GONE_WITHIN_MS })
    await systemClock.sleep(200)
  }
  try {
    const { state } = await run<{ state: string }>(platform, 'tenant.show', { tenant: id })
    if (state !== 'deleted' && state !== 'purging')
      await run(platform, 'tenant.delete', { tenant: id, reason: 'a scratch tenant of the leak meter', grace: '1ms' })
    await run(platform, 'tenant.purge', { tenant: id, waiveBackup: 'a scratch tenant of the leak meter', skipGrace: true })
  } catch (error) {
    // Its making was taken back, or another has purged it.
    if (!isFault(error, 'TENANT_NOT_FOUND')) throw error
  }
}

/** The way that applications go to a cluster, with this login. */
export async function lineOf(platform: Platform, cluster: string, user: string) {
  const { id } = await platform.catalog.one(findCluster(cluster))
  const line = await platform.catalog.one(clusterById(id))
  const { appHost: host, appPort: port, appSslmode: sslmode, appCaRef: ca, appSecretRef, pooler } = line
  const tls = tlsOfLine({ host, port, sslmode, ca }, 'the address for applications', platform.secrets, platform.config.transport)
  return { pooler, host, port, ...tls, user, password: passwordOf(user, platform.secrets(appSecretRef)) }
}

async function run<T>(platform: Platform, name: string, input: object): Promise<T> {
  const definition = platform.find(name)
  if (definition === undefined) throw fault('OPERATION_INPUT', { operation: name })
  return (await submit(platform, definition, input, { actor: 'leak meter', source: 'worker' })).output as T
}

async function sideBySide<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items]
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
    }),
  )
}
