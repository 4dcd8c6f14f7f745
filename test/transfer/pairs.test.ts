import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'
import { NASTY_MIGRATIONS, NASTY_ROWS } from './nasty.js'
import { carry, fill, type Place, placeOf, seen } from './rig.js'

// Each takes what the one before it has: all nine pairs, and what is bent on any way is bent at the end.
const CHAIN = ['shared', 'shared', 'schema', 'schema', 'database', 'database', 'shared', 'database', 'schema', 'shared'] as const

let fleet: Fleet
let places: Place[]
let bystander: Place

beforeAll(async () => {
  const chain = CHAIN.map((isolation, i) => [`t${i}`, isolation] as const)
  fleet = await fleetOn(testServer(), { migrations: NASTY_MIGRATIONS, tenants: { bystander: 'shared', ...Object.fromEntries(chain) } })
  places = await Promise.all(chain.map(([slug]) => placeOf(fleet, slug)))
  bystander = await placeOf(fleet, 'bystander')
  await fill(bystander, NASTY_ROWS)
  await fill(places[0]!, NASTY_ROWS)
  await fill(bystander, 'refresh materialized view events')
}, 60_000)
afterAll(() => fleet?.stop())

test('rows come through all nine pairs of isolations as they were, and nobody else notices', async () => {
  const [first] = places
  const others = await seen(bystander)
  const [whole, rows] = [await first!.fingerprint(), await seen(first!)]
  expect(whole.tables['home.select']).toMatchObject({ rows: '3' })
  for (let i = 1; i < places.length; i++) {
    await carry(places[i - 1]!, places[i]!)
    expect(await places[i]!.fingerprint(), `${CHAIN[i - 1]} → ${CHAIN[i]}`).toEqual(whole)
    expect(await seen(places[i]!), `${CHAIN[i - 1]} → ${CHAIN[i]}`).toEqual(rows)
  }
  expect(await seen(bystander)).toEqual(others)
}, 60_000)
