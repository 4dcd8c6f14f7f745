import { bigint, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import type pg from 'pg'
import { tenantPool } from 'tenantry/pg'
import { sql } from '../../src/kernel/sql.js'
import type { Fleet } from '../../src/testing/fleet.js'
import type { TestServer } from '../support/servers.js'
import { type Naive, openNaive } from './naive.js'
import { openShops } from './shop.js'

export const orders = pgTable('orders', {
  tenantId: uuid('tenant_id'),
  id: bigint({ mode: 'number' }).generatedAlwaysAsIdentity(),
  owner: uuid(),
  sku: text().notNull(),
})

export const SLUGS = ['schema-1', 'schema-2', 'shared-1', 'shared-2'] as const
export const OWNERS = 'select owner from orders'

/** Four shops by the doors, two of them by hand as well. */
export interface LeakRig {
  readonly fleet: Fleet
  readonly pool: pg.Pool
  readonly naive: Naive
  /** The tenants' ids by their slugs. */
  readonly ids: ReadonlyMap<string, string>
  /** Of whom the rows are that were seen. */
  readonly seen: (result: { readonly rows: readonly { readonly owner: string }[] }) => readonly string[]
  /** What a shop has ordered, but for what it begins with. */
  readonly skus: (slug: string) => Promise<readonly string[]>
  /** Gives every shop its one order that it begins with. */
  readonly refill: () => Promise<void>
  readonly stop: () => Promise<void>
}

export async function openLeakRig(server: TestServer): Promise<LeakRig> {
  const fleet = await openShops(server)
  const ids = new Map(await Promise.all(SLUGS.map(async (slug) => [slug as string, (await fleet.tenant(slug)).id] as const)))
  const naive = await openNaive(server, fleet, ['schema-1', 'schema-2'])
  return {
    fleet,
    pool: tenantPool(fleet.app),
    naive,
    ids,
    seen: ({ rows }) => rows.map(({ owner }) => SLUGS.find((slug) => ids.get(slug) === owner)!),
    skus: async (slug) => {
      const rows = await fleet.app.tenant(slug).query(sql<{ sku: string }>`select sku from orders where sku <> ${slug} order by id`)
      return rows.map(({ sku }) => sku)
    },
    refill: async () => {
      for (const slug of SLUGS) {
        await fleet.app.tenant(slug).query(sql`delete from orders`)
        await fleet.app.tenant(slug).query(sql`insert into orders (sku) values (${slug})`)
      }
    },
    stop: async () => {
      await naive.end()
      await fleet.stop()
    },
  }
}
