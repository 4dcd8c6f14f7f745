import { type Scope, sql } from 'tenantry'
import { copyRows, insertRows, type Row, runBatches } from './insert-rows.js'
import { FIRST_NAMES } from './sample-countries.js'
import type { Sample } from './seed-shop.js'

export interface Place {
  readonly id: string
  readonly code: string
  readonly registers: readonly string[]
  readonly manager: string
  readonly cashiers: readonly string[]
}

/** Locations with their tills, their people and what they pay and are taxed with. */
export async function seedPlaces(tx: Scope, sample: Sample): Promise<readonly Place[]> {
  const { shop, country, currency, random, year } = sample
  const codes = Array.from({ length: shop.locations }, (_, i) => `L${i + 1}`)
  const locations = await insertRows(
    tx,
    'locations',
    'code',
    codes.map((code, i) => ({
      code,
      name: `${shop.name}, ${country.cities[i % country.cities.length]}`,
      kind: 'store',
      currency,
      country_code: shop.country,
      region: country.region,
      time_zone: country.timeZone,
      address: `${random.int(1, 120)} Market Street`,
      created_at: year.at(0, 0),
      updated_at: year.at(0, 0),
    })),
  )
  const registers = await seedRegisters(tx, sample, locations)
  const staff = await seedStaff(tx, sample, locations)
  await seedMeans(tx, sample)
  return codes.map((code) => {
    const people = staff.filter((person) => person.code === code)
    return {
      id: locations.get(code)!,
      code,
      registers: registers.get(code)!,
      manager: people.find((person) => person.role === 'manager')!.id,
      cashiers: people.filter((person) => person.role === 'cashier').map((person) => person.id),
    }
  })
}

async function seedRegisters(
  tx: Scope,
  { shop, random }: Sample,
  locations: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const tills = [...locations].flatMap(([code, location], i) =>
    Array.from({ length: shop.locations > 1 && i === 0 ? 2 : 1 }, (_, n) => ({ code, location, name: `${code}-${n + 1}` })),
  )
  const devices = await insertRows(
    tx,
    'devices',
    'serial_number',
    tills.map(({ name, location }) => ({
      serial_number: `TILL-${name}-${random.int(1_000, 9_999)}`,
      location_id: location,
      kind: 'till',
      name: `Till ${name}`,
      app_version: '4.2.1',
    })),
  )
  const ids = await insertRows(
    tx,
    'registers',
    'code',
    tills.map(({ name, location }) => {
      const device = [...devices].find(([serial]) => serial.startsWith(`TILL-${name}-`))![1]
      return { code: name, location_id: location, device_id: device, name: `Register ${name}` }
    }),
  )
  return new Map([...locations.keys()].map((code) => [code, tills.filter((till) => till.code === code).map((till) => ids.get(till.name)!)]))
}

async function seedStaff(tx: Scope, { shop, country, random, year, clock }: Sample, locations: ReadonlyMap<string, string>) {
  const people = [...locations.keys()].flatMap((code) =>
    ['manager', 'cashier', 'cashier', 'cashier', 'stock'].map((role) => ({
      code,
      role,
      name: `${random.pick(FIRST_NAMES)} ${random.pick(country.lastNames)}`,
    })),
  )
  const numbered = people.map((person, i) => ({ ...person, number: `E${String(i + 1).padStart(3, '0')}` }))
  // Nobody can log in with these until a password is set.
  const managers = numbered.filter((person) => person.role === 'manager')
  const accounts = new Map<string, string>()
  for (const { number, name } of managers) {
    const { id } = await tx.one(sql<{ id: string }>`
      insert into platform.user_account (email, display_name, role)
      values (${`${number.toLowerCase()}@${shop.slug}.example`}, ${name}, ${number === 'E001' ? 'owner' : 'manager'})
      returning id`)
    accounts.set(number, id)
  }
  const ids = await insertRows(
    tx,
    'employees',
    'number',
    numbered.map(({ number, name, role, code }) => ({
      number,
      display_name: name,
      role,
      home_location_id: locations.get(code)!,
      user_account_id: accounts.get(number) ?? null,
      hired_on: year.date(random.int(0, 60)),
    })),
  )
  const roster: Row[] = numbered.flatMap(({ number, code }) =>
    [1, 2, 3, 4, 5].map((day) => {
      const from = new Date(clock.getTime() + day * 86_400_000)
      const until = new Date(from.getTime() + 8 * 3_600_000)
      return {
        employee_id: ids.get(number)!,
        location_id: locations.get(code)!,
        during: `[${from.toISOString()},${until.toISOString()})`,
        status: day < 3 ? 'confirmed' : 'planned',
      }
    }),
  )
  await copyRows(tx, 'employee_shifts', roster)
  return numbered.map((person) => ({ ...person, id: ids.get(person.number)! }))
}

async function seedMeans(tx: Scope, { shop, country, includesTax, year }: Sample): Promise<void> {
  await insertRows(tx, 'payment_methods', 'code', [
    { code: 'cash', name: 'Cash', kind: 'cash', opens_drawer: true, is_active: true },
    { code: 'card', name: 'Card', kind: 'card', opens_drawer: false, is_active: true },
    { code: 'voucher', name: 'Voucher', kind: 'voucher', opens_drawer: false, is_active: true },
  ])
  const classes = await insertRows(tx, 'tax_classes', 'code', [
    { code: 'standard', name: 'Standard', category_code: 'standard', is_default: true },
    { code: 'reduced', name: 'Reduced', category_code: 'reduced', is_default: false },
  ])
  const rates = (['standard', 'reduced'] as const).map((code) => ({ tax_class_id: classes.get(code)!, rate: country[code] }))
  await runBatches(
    tx,
    rates,
    (batch) => sql`
      insert into tax_rates (tax_class_id, country_code, region, name, rate, included_in_price, valid_during)
      select tax_class_id, ${shop.country}, ${country.region}, ${country.taxName}, rate, ${includesTax}, daterange(${year.date(0)}::date - 30, null)
      from jsonb_to_recordset(${batch}) as rates (tax_class_id bigint, rate numeric)`,
  )
  await tx.run(sql`
    insert into loyalty_programs (name, points_per_unit, point_value, points_expire_after_days)
    values (${`${shop.name} Friends`}, 1, 0.01, 730)`)
}
