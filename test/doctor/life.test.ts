import { afterAll, beforeAll, expect, test } from 'vitest'
import { CONTRACT_HIDDEN, CONTRACT_MIGRATIONS } from '../../src/testing/contract-project.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

let fleet: Fleet
beforeAll(async () => {
  fleet = await fleetOn(testServer(), {
    migrations: CONTRACT_MIGRATIONS,
    config: { hidden: CONTRACT_HIDDEN },
    tenants: { gone: 'schema', away: 'shared', alone: 'database', back: 'schema' },
    secrets: { 'env:NEXT': 'the-second-password' },
  })
})
afterAll(() => fleet?.stop())

const found = async () =>
  ((await fleet.run('doctor.run', {})) as { data: readonly { check: string; where: string; reason: string }[] }).data
    .filter(({ check }) => check !== 'cluster.version')
    .map(({ check, where, reason }) => `${check} ${where}: ${reason}`)

test('tenants that are warm, deleted, taken back or purged are nothing to worry about', async () => {
  await fleet.run('stock.fill', { target: 1, isolation: 'schema' })
  for (const tenant of ['gone', 'away', 'alone', 'back']) await fleet.run('tenant.delete', { tenant, reason: 'left us', grace: '0s' })
  expect(await found()).toEqual([])
  await fleet.run('tenant.undelete', { tenant: 'back' })
  for (const tenant of ['gone', 'away', 'alone']) await fleet.run('tenant.purge', { tenant, waiveBackup: 'a test' })
  await fleet.run('tenant.rename', { tenant: 'back', slug: 'forth' })
  expect(await found()).toEqual([])
})

test('nor are the two logins of a cluster whose credentials are rotated', async () => {
  await fleet.run('cluster.rotate', { cluster: 'main', appSecret: 'env:NEXT' })
  expect(await found()).toEqual([])
  await fleet.app.close()
  await fleet.run('cluster.rotate', { cluster: 'main', retire: true, grace: '0s' })
  expect(await found()).toEqual([])
})
