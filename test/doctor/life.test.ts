import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CONTRACT_HIDDEN, CONTRACT_MIGRATIONS } from '../../src/testing/contract-project.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { ofOurs } from '../support/doctor.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

let fleet: Fleet
/** What is seen when a tenant is destroyed and the catalog does not know of it yet. */
let meanwhile: Record<string, unknown> | undefined
let written = 0
const look = async (point: string) => {
  if (meanwhile === undefined || !/^(tenant.purge|stock.discard)\/destroy:acted$/.test(point)) return
  const version = 29990101000000 + ++written
  await writeFile(
    join(fleet.folder, 'migrations', 'tenant', `${version}_more.sql`),
    `-- migrate:up\ncomment on table author is 'v${version}';\n-- migrate:down\n`,
  )
  meanwhile[point] = [
    await found(),
    await fleet.run('migrate.up').then(() => 'migrated'),
    await fleet.run('platform.upgrade').then(() => 'upgraded'),
  ]
}

beforeAll(async () => {
  fleet = await fleetOn(testServer(), {
    migrations: CONTRACT_MIGRATIONS,
    config: { hidden: CONTRACT_HIDDEN },
    tenants: { gone: 'schema', away: 'shared', alone: 'database', back: 'schema' },
    failpoint: look,
    secrets: { 'env:NEXT': 'the-second-password' },
  })
})
afterAll(() => fleet?.stop())

const found = async () =>
  ((await fleet.run('doctor.run', {})) as { data: readonly { check: string; where: string; reason: string }[] }).data
    .filter(ofOurs)
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

test.for(['schema', 'database', 'shared'] as const)(
  'nor is a %s home that is going: nobody examines it, migrates it or upgrades its database',
  async (isolation) => {
    const slug = `going-${isolation}`
    await fleet.run('tenant.create', { slug, isolation })
    await fleet.run('stock.fill', { target: 1, isolation })
    meanwhile = {}
    await fleet.run('tenant.delete', { tenant: slug, reason: 'left us', grace: '0s' })
    await fleet.run('tenant.purge', { tenant: slug, waiveBackup: 'a test' })
    await fleet.run('stock.fill', { target: 0, isolation })
    const fine = [[], 'migrated', 'upgraded']
    expect(meanwhile).toEqual({ 'tenant.purge/destroy:acted': fine, 'stock.discard/destroy:acted': fine })
    meanwhile = undefined
  },
)

test('nor are the two logins of a cluster whose credentials are rotated', async () => {
  await fleet.run('cluster.rotate', { cluster: 'main', appSecret: 'env:NEXT' })
  expect(await found()).toEqual([])
  await fleet.app.close()
  await fleet.run('cluster.rotate', { cluster: 'main', retire: true, grace: '0s' })
  expect(await found()).toEqual([])
})
