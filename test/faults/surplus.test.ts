import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkPlatform, checkTenant } from './checker.js'
import { runKilledTogether, startChild } from './children.js'
import { bordersOf, ISOLATIONS, type Rig, startRig, until } from './rig.js'
import { writeSeeds } from './seed-project.js'
import { withWork } from './with-work.js'

const DISCARD = bordersOf('stock.discard')

for (const isolation of ISOLATIONS) {
  describe(`${isolation}: surplus warm tenants`, () => {
    let rig: Rig
    const fill = (target: number) => rig.fleet.run('stock.fill', { target, isolation })
    const warm = () =>
      rig.eyes.see<{ id: string; database: string; schema: string }>(
        rig.subject.catalog,
        `select t.id, d.name as database, h.schema_name as schema from catalog.tenant t join catalog.placement p on p.tenant_id = t.id
         join catalog.home h on h.id = p.home_id join catalog.database d on d.id = h.database_id where t.state = 'warm'`,
      )

    beforeAll(async () => {
      rig = await startRig({ peace: isolation })
      await writeSeeds(rig)
    })
    afterAll(() => rig?.stop())

    test('go when fewer are wanted, and nothing is left of them', async () => {
      await fill(2)
      const [one] = await warm()
      expect(await fill(0)).toMatchObject({ target: 0, warm: 0, preparing: 0, surplus: 0 })
      const gone = async (text: string) =>
        expect(await rig.eyes.see(isolation === 'database' ? 'postgres' : one!.database, text, [])).toEqual([])
      if (isolation === 'database') await gone(`select from pg_database where datname = '${one!.database}'`)
      else {
        await gone(`select from tenantry.placement where tenant_id = '${one!.id}'`)
        await gone(`select from tenantry.seed where tenant_id = '${one!.id}'`)
        if (isolation === 'shared') await gone(`select from "${one!.schema}".note where tenant_id = '${one!.id}'`)
        else await gone(`select from pg_namespace where nspname = '${one!.schema}'`)
      }
      expect(await rig.eyes.see(rig.subject.catalog, 'select from catalog.tombstone')).toEqual([])
      expect(await checkPlatform(rig.subject)).toEqual([])
    })

    if (isolation !== 'shared') return
    test('are taken away or claimed, each by one of many at once', async () => {
      await fill(4)
      const before = (await warm()).map(({ id }) => id)
      const slugs = Array.from({ length: 3 }, (_, i) => `rush-${i}`)
      const [made] = await Promise.all([
        Promise.all(slugs.map((slug) => rig.fleet.run<{ id: string }>('tenant.create', { slug, isolation }))),
        fill(0),
        fill(0),
      ])
      expect(new Set(made.map(({ id }) => id)).size).toBe(3)
      for (const slug of slugs) expect(await checkTenant(rig.subject, slug, { state: 'active', isolation, like: 'peace' })).toEqual([])
      const discarded = await rig.eyes.see<{ subject: string }>(
        rig.subject.catalog,
        "select subject from catalog.operation where name = 'stock.discard' and state = 'succeeded' and subject = any ($1)",
        [before],
      )
      const claimed = made.map(({ id }) => id).filter((id) => before.includes(id))
      expect([...discarded.map(({ subject }) => subject), ...claimed].sort()).toEqual([...before].sort())
      expect(await checkPlatform(rig.subject)).toEqual([])
    })
  })
}

describe('schema: surplus warm tenants', () => {
  let rig: Rig
  const discard = { cluster: 'main', isolation: 'schema' }
  const stock = async () => ((await rig.fleet.run('stock.show')) as { data: readonly object[] }).data[0]
  const operations = (state: string) =>
    rig.eyes.see(rig.subject.catalog, "select from catalog.operation where name = 'stock.discard' and state = $1", [state])

  beforeAll(async () => {
    rig = await startRig({ peace: 'schema' })
  })
  afterAll(() => rig?.stop())

  test('whoever takes one away may be killed anywhere, and a worker goes on', async () => {
    await rig.fleet.run('stock.fill', { target: DISCARD.length + 1, isolation: 'schema' })
    await rig.eyes.see(rig.subject.catalog, 'update catalog.stock set target = 1')
    await runKilledTogether(
      rig.fleet,
      DISCARD.map((killAt) => ({ run: 'stock.discard', input: discard, killAt })),
    )
    await withWork(rig.fleet, () =>
      until('all to be gone', async () => ((await operations('succeeded')).length >= DISCARD.length ? true : undefined)),
    )
    expect(await stock()).toMatchObject({ target: 1, warm: 1, preparing: 0, surplus: 0 })
    expect(await checkPlatform(rig.subject)).toEqual([])
  })

  test('one that is just being claimed is not taken away', async () => {
    const claim = await rig.eyes.session(rig.subject.catalog)
    await claim.query('begin')
    await claim.query("update catalog.tenant set state = 'active', slug = 'mine', name = 'mine' where state = 'warm'")
    await rig.eyes.see(rig.subject.catalog, 'update catalog.stock set target = 0')
    const taken = rig.fleet.run('stock.discard', discard).catch((error: { code: string }) => error.code)
    const first = await Promise.race([taken, new Promise((resolve) => setTimeout(resolve, 15_000, 'it waits'))])
    await claim.query('commit')
    await claim.end()
    expect([first, await taken]).toEqual(['STOCK_KEPT', 'STOCK_KEPT'])
    expect(await checkTenant(rig.subject, 'mine', { state: 'active', isolation: 'schema', like: 'peace' })).toEqual([])
  })

  test('one is warm again when taking it away is cancelled in time', async () => {
    await rig.fleet.run('stock.fill', { target: 1, isolation: 'schema' })
    await rig.eyes.see(rig.subject.catalog, 'update catalog.stock set target = 0')
    const child = startChild(rig.fleet, { run: 'stock.discard', input: discard, waitAt: 'stock.discard/begin:before' })
    await child.says('at stock.discard/begin:before')
    expect(await stock()).toMatchObject({ warm: 0 })
    await rig.eyes.see(rig.subject.catalog, "update catalog.operation set cancel_requested = true where state = 'running'")
    child.goOn()
    expect((await child.ended()).last).toBe('fault OPERATION_CANCELLED')
    expect(await stock()).toMatchObject({ warm: 1, surplus: 1 })
  })

  test('of a draining cluster go by a worker, and come back when it takes tenants again', async () => {
    await rig.fleet.run('stock.fill', { target: 1, isolation: 'schema' })
    await expect(rig.fleet.run('cluster.remove', { cluster: 'main', confirm: 'main' })).rejects.toMatchObject({
      code: 'CLUSTER_OCCUPIED',
      remedy: expect.stringContaining('tenantry stock fill 0 --cluster main --isolation schema'),
    })
    expect(await rig.fleet.run('cluster.drain', { cluster: 'main' })).toMatchObject({ warm: 1 })
    expect(await stock()).toMatchObject({ target: 0, warm: 1, surplus: 1 })
    await withWork(rig.fleet, async () => {
      await until('it to be gone', async () => ((await stock()) as { warm: number }).warm === 0 || undefined)
      await rig.fleet.run('cluster.undrain', { cluster: 'main' })
      await until('it to be back', async () => ((await stock()) as { warm: number }).warm === 1 || undefined)
      // The worker may still be at the end of its operation.
      await until('the platform to be in order', async () => (await checkPlatform(rig.subject)).length === 0 || undefined)
    })
    await rig.fleet.run('cluster.drain', { cluster: 'main' })
    expect(await rig.fleet.run('stock.fill', { target: 0, isolation: 'schema' })).toMatchObject({ target: 0, warm: 0 })
    expect(await checkPlatform(rig.subject)).toEqual([])
  })

  test('nobody purges one, and one that could not be taken away wholly is gone on with', async () => {
    await rig.fleet.run('cluster.undrain', { cluster: 'main' })
    await rig.fleet.run('stock.fill', { target: 1, isolation: 'schema' })
    const [{ id, schema, database }] = (await rig.eyes.see<{ id: string; schema: string; database: string }>(
      rig.subject.catalog,
      `select t.id, h.schema_name as schema, d.name as database from catalog.tenant t join catalog.placement p on p.tenant_id = t.id
       join catalog.home h on h.id = p.home_id join catalog.database d on d.id = h.database_id where t.state = 'warm'`,
    )) as [{ id: string; schema: string; database: string }]
    await rig.eyes.see(database, `create schema others; create view others.report as select body from "${schema}".note`)
    await expect(rig.fleet.run('stock.fill', { target: 0, isolation: 'schema' })).rejects.toMatchObject({ code: 'TENANT_DEPENDED' })
    await expect(rig.fleet.run('tenant.purge', { tenant: id, waiveBackup: 'a test' })).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' })
    await rig.eyes.see(database, 'drop schema others cascade')
    expect(await rig.fleet.run('stock.fill', { target: 0, isolation: 'schema' })).toMatchObject({ surplus: 0 })
    expect(await checkPlatform(rig.subject)).toEqual([])
  })
})
