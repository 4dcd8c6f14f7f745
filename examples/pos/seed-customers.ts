import { type Scope, sql } from 'tenantry'
import { copyRows, insertRows } from './insert-rows.js'
import { FIRST_NAMES } from './sample-countries.js'
import type { Sample } from './seed-shop.js'

/** Customers with addresses and, most of them, a loyalty card. Answers their ids. */
export async function seedCustomers(tx: Scope, { shop, country, random, year }: Sample): Promise<readonly string[]> {
  const people = Array.from({ length: Math.max(20, Math.round(shop.lines / 12)) }, (_, i) => ({
    number: `C${String(i + 1).padStart(5, '0')}`,
    first: random.pick(FIRST_NAMES),
    last: random.pick(country.lastNames),
    since: random.int(0, 200),
  }))
  const ids = await insertRows(
    tx,
    'customers',
    'number',
    people.map(({ number, first, last, since }) => ({
      number,
      first_name: first,
      last_name: last,
      email: `${number.toLowerCase()}@mail.example`,
      marketing_consent_at: random.chance(0.4) ? year.at(since, 700) : null,
      created_at: year.at(since, 700),
      updated_at: year.at(since, 700),
    })),
  )
  await copyRows(
    tx,
    'customer_addresses',
    people
      .filter(() => random.chance(0.5))
      .map(({ number, first, last }) => ({
        customer_id: ids.get(number)!,
        kind: 'delivery',
        recipient: `${first} ${last}`,
        line1: `${random.int(1, 200)} Station Road`,
        postal_code: String(random.int(10_000, 99_999)),
        city: random.pick(country.cities),
        country_code: shop.country,
        is_default: true,
      })),
  )
  const { program } = await tx.one(sql<{ program: string }>`select id as program from loyalty_programs where is_active`)
  await copyRows(
    tx,
    'loyalty_accounts',
    people
      .filter(() => random.chance(0.7))
      .map(({ number, since }) => ({
        loyalty_program_id: program,
        customer_id: ids.get(number)!,
        card_number: `9${number.slice(1)}`,
        enrolled_at: year.at(since, 710),
      })),
  )
  return people.map(({ number }) => ids.get(number)!)
}
