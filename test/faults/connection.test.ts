import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import { checkPlatform, checkTenant } from './checker.js'
import { startChild } from './children.js'
import { type Rig, startRig } from './rig.js'

let rig: Rig
beforeAll(async () => {
  rig = await startRig({ peace: 'schema' })
})
afterAll(() => rig?.stop())

test('a worker whose every connection is cut goes on with new ones', async () => {
  const point = 'tenant.create/tables:before'
  const child = startChild(rig.fleet, { run: 'tenant.create', input: { slug: 'cut', isolation: 'schema' }, waitAt: point })
  await child.says(`at ${point}`)
  const { database } = await rig.fleet.tenant('cut')
  const witness = await rig.eyes.session(database)
  await witness.query('begin')
  await witness.query('lock table tenantry.migration in access exclusive mode')
  child.goOn()
  await rig.waiting(database, 'any lock')
  const cut = `
    select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'tenantry control' and datname in ($1, $2)`
  await rig.eyes.see(rig.subject.catalog, cut, [database, rig.subject.catalog])
  await witness.query('rollback')
  await witness.end()
  expect(await child.ended()).toEqual({ last: 'succeeded', signal: null })
  expect(await checkTenant(rig.subject, 'cut', { state: 'active', isolation: 'schema', like: 'peace' })).toEqual([])
})

test('a transaction whose connection is cut between two statements is a fault, and nothing of it stays', async () => {
  const { catalog } = rig.fleet.platform
  const cut = catalog.transaction(async (session) => {
    await session.run(sql`update catalog.tenant set name = 'half' where slug = 'peace'`)
    const { pid } = await session.one(sql<{ pid: number }>`select pg_backend_pid() as pid`)
    await rig.eyes.see(rig.subject.catalog, 'select pg_terminate_backend($1)', [pid])
    // The news comes while nobody is asking.
    await new Promise((resolve) => setTimeout(resolve, 100))
    await session.run(sql`select 1`)
  })
  await expect(cut).rejects.toMatchObject({ code: 'CATALOG_UNREACHABLE' })
  expect((await rig.fleet.tenant('peace')).name).toBe('peace')
})

test('afterwards the platform is in order', async () => {
  expect(await checkPlatform(rig.subject)).toEqual([])
})

test('no server compiles what the control plane asks of system catalogs', async () => {
  const { id } = await rig.fleet.platform.catalog.one(sql<{ id: string }>`select id from catalog.database`)
  const { database } = await rig.fleet.platform.tenantDatabase(id)
  for (const asked of [rig.fleet.platform.catalog, database])
    expect(await asked.one(sql`select current_setting('jit') as jit`)).toEqual({ jit: 'off' })
})
