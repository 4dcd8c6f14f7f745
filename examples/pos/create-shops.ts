import { sql, type Tenantry } from 'tenantry'
import { type Control, isFault } from 'tenantry/control'
import { seedShop } from './seed-shop.js'
import { SHOPS, type Shop } from './shops.js'

type Note = (text: string) => void

interface WorkOptions {
  readonly note: Note
  readonly stopSignal: AbortSignal
}

export interface TenantListing {
  readonly id: string
  readonly slug: string
  readonly state: string
  readonly isolation: Shop['isolation']
}

// As many as a small machine has cores: each of them keeps a backend busy, too.
const AT_ONCE = 2

/** What a killed run has begun is brought to an end by the worker, as soon as the lease of the dead one is over. */
export async function awaitUnfinished(control: Control, { note, stopSignal }: WorkOptions): Promise<void> {
  for (;;) {
    stopSignal.throwIfAborted()
    const pages = await Promise.all(
      ['running', 'undoing'].map((state) => control.run('operation.list', { state }) as Promise<{ data: readonly unknown[] }>),
    )
    const left = pages.reduce((sum, page) => sum + page.data.length, 0)
    if (left === 0) return
    note(`finishing ${left} operations of the last run`)
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

export const listTenants = async (control: Control): Promise<readonly TenantListing[]> =>
  ((await control.run('tenant.list', { limit: 500 })) as { readonly data: readonly TenantListing[] }).data

/** Creates the shops that do not exist yet; answers how many. */
export async function createShops(control: Control, { note, stopSignal }: WorkOptions): Promise<number> {
  const existing = new Set((await listTenants(control)).map((tenant) => tenant.slug))
  const missing = SHOPS.filter((shop) => !existing.has(shop.slug))
  let created = 0
  await forEach(missing, stopSignal, async ({ slug, name, isolation }) => {
    try {
      await control.run('tenant.create', { slug, name, isolation }, { actor: 'npm start' })
    } catch (error) {
      if (!isFault(error, 'TENANT_EXISTS')) throw error
    }
    created++
    note(`${created} of ${missing.length}: ${slug} (${isolation})`)
  })
  return created
}

/** Loads the shops that are empty; answers how many. Those that an operator has suspended are left alone. */
export async function seedShops(control: Control, tenantry: Tenantry, { note, stopSignal }: WorkOptions): Promise<number> {
  const active = new Set((await listTenants(control)).filter((tenant) => tenant.state === 'active').map((tenant) => tenant.slug))
  let loaded = 0
  await forEach(
    SHOPS.filter((shop) => active.has(shop.slug)),
    stopSignal,
    async (shop) => {
      const tenant = tenantry.tenant(shop.slug, { actor: 'sample data' })
      const [clock] = await tenant.query(sql<{ now: Date }>`select now() as now`)
      if (await seedShop(tenant, shop, { clock: clock!.now })) loaded++
      note(`${shop.slug}: ${shop.lines} lines`)
    },
  )
  return loaded
}

/** A few at a time, the largest wherever they stand in the list. What has begun is finished even when we are to stop. */
async function forEach<T>(items: readonly T[], stopSignal: AbortSignal, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items]
  const workers = Array.from({ length: AT_ONCE }, async () => {
    for (let item = waiting.shift(); item !== undefined && !stopSignal.aborted; item = waiting.shift()) await work(item)
  })
  const ended = await Promise.allSettled(workers)
  const failed = ended.find((worker) => worker.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  stopSignal.throwIfAborted()
}
