import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkConfig } from '../../src/engine/config.js'
import type { Platform } from '../../src/engine/platform.js'
import { submit } from '../../src/engine/submit.js'
import type { TierConfig } from '../../src/kernel/config.js'
import { sql } from '../../src/kernel/sql.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { putTiersInForce } from '../../src/worker/tier-keeper.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

const TIERS = { gold: { isolation: 'schema', statementTimeout: '20s' }, basic: { statementTimeout: '200ms', idleTimeout: '7s' } } as const

let fleet: Fleet
beforeAll(async () => {
  fleet = await fleetOn(testServer(), { migrations: {}, config: { tiers: TIERS }, tenants: { plain: 'shared' } })
})
afterAll(() => fleet?.stop())

const create = (input: object) => fleet.run<{ id: string; isolation: string }>('tenant.create', input)
/** The same platform with another configuration, as another worker may have it. */
const withTiers = (tiers: Readonly<Record<string, TierConfig>>): Platform => ({
  ...fleet.platform,
  config: checkConfig({ catalog: {}, tenantColumn: 'tenant_id', tiers }, fleet.folder, 'the other'),
})
const standings = async (platform = fleet.platform): Promise<unknown> => {
  const { output } = await submit(platform, platform.find('tier.list')!, {}, { actor: 'test', source: 'library' })
  return (output as { data: readonly Record<string, unknown>[] }).data.map(({ name, tenants, standing, statementTimeoutMs }) => [
    name,
    tenants,
    standing,
    statementTimeoutMs,
  ])
}

test('a tier gives its tenants their isolation and limits; their own come first', async () => {
  expect(await create({ slug: 'golden', tier: 'gold' })).toMatchObject({ isolation: 'schema' })
  expect(await create({ slug: 'gilded', tier: 'gold', isolation: 'shared' })).toMatchObject({ isolation: 'shared' })
  await create({ slug: 'poor', tier: 'basic' })
  await create({ slug: 'spared', tier: 'basic' })
  await fleet.run('tenant.set', { tenant: 'spared', statementTimeoutMs: 30_000 })
  const limits = sql<{ statement: string; idle: string }>`
    select current_setting('statement_timeout') as statement, current_setting('idle_in_transaction_session_timeout') as idle`
  const of = async (slug: string) => (await fleet.app.tenant(slug).query(limits))[0]

  expect(await of('golden')).toEqual({ statement: '20s', idle: '1min' })
  expect(await of('poor')).toEqual({ statement: '200ms', idle: '7s' })
  expect(await of('spared')).toEqual({ statement: '30s', idle: '7s' })
  expect(await of('plain')).toEqual({ statement: '1min', idle: '1min' })
  // It is a ceiling for what the application asks for.
  const endless = sql`select count(*) from (select generate_series(1, 100000000000)) as endless`
  await expect(fleet.app.tenant('poor').query(endless, { timeoutMs: 60_000 })).rejects.toMatchObject({ code: '57014' })
})

test('a tier that the configuration does not name is a slip of the pen', async () => {
  const slip = { code: 'INPUT_INVALID', message: expect.stringContaining('no tier "glod"; did you mean "gold"? (it has gold, basic)') }
  await expect(create({ slug: 'slipped', tier: 'glod' })).rejects.toMatchObject(slip)
  await expect(fleet.run('tenant.set', { tenant: 'plain', tier: 'glod' })).rejects.toMatchObject(slip)
})

test('what the configuration says otherwise is in force when a worker begins, or by `tier apply`', async () => {
  expect(await standings()).toEqual([
    ['basic', 2, 'in force', 200],
    ['gold', 2, 'in force', 20_000],
  ])
  const other = withTiers({ gold: { statementTimeout: '40s' }, silver: {} })
  expect(await standings(other)).toEqual([
    ['basic', 2, 'not named', 200],
    ['gold', 2, 'changed', 20_000],
    ['silver', 0, 'changed', null],
  ])

  await putTiersInForce(other)
  expect(await standings(other)).toEqual([
    ['basic', 2, 'not named', 200],
    ['gold', 2, 'in force', 40_000],
    ['silver', 0, 'in force', null],
  ])

  expect(await fleet.run('tier.apply', { prune: true })).toMatchObject({ changed: 1, forgotten: 1 })
  expect(await standings()).toEqual([
    ['basic', 2, 'in force', 200],
    ['gold', 2, 'in force', 20_000],
  ])
})
