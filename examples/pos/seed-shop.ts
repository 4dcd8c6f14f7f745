import { sql, type TenantHandle } from 'tenantry'
import { type Random, randomFrom } from './random.js'
import { COUNTRIES, type Country } from './sample-countries.js'
import { type SampleYear, yearBefore } from './sample-year.js'
import { seedCatalogue } from './seed-catalogue.js'
import { seedCustomers } from './seed-customers.js'
import { seedPlaces } from './seed-places.js'
import { seedStock } from './seed-stock.js'
import { seedTrading } from './seed-trading.js'
import type { Shop } from './shops.js'

/** What all parts of the sample are made from. */
export interface Sample {
  readonly shop: Shop
  readonly country: Country
  readonly currency: string
  readonly includesTax: boolean
  readonly random: Random
  readonly year: SampleYear
  readonly clock: Date
}

export interface SeedOptions {
  /** The moment at which the year of sales has just ended. */
  readonly clock: Date
}

/** Loads a year of one shop, all or nothing and once: false when it was there already. What is loaded follows from the shop and the clock alone. */
export function seedShop(tenant: TenantHandle, shop: Shop, { clock }: SeedOptions): Promise<boolean> {
  return tenant.transaction(async (tx) => {
    // First of all the mark: of two loads at once the second waits here, and finds it.
    const marked = await tx.run(sql`
      insert into settings (key, value)
      values ('sample.loaded', ${JSON.stringify({ lines: shop.lines })})
      on conflict (tenant_id, location_id, key) do nothing`)
    if (marked === 0) return false
    const { currency, includesTax } = await tx.one(sql<{ currency: string; includesTax: boolean }>`
      select currency_code as currency, prices_include_tax as "includesTax"
      from platform.country
      where code = ${shop.country}`)
    const country = COUNTRIES[shop.country]
    const sample: Sample = { shop, country, currency, includesTax, clock, random: randomFrom(shop.slug), year: yearBefore(clock, country) }
    const places = await seedPlaces(tx, sample)
    const variants = await seedCatalogue(tx, sample)
    const customers = await seedCustomers(tx, sample)
    const sales = await seedTrading(tx, sample, places, variants, customers)
    await seedStock(tx, sample, places, variants, sales)
    return true
  })
}
