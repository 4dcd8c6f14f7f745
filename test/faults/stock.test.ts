import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import { addMigration } from '../../src/testing/project-files.js'
import { checkPlatform, checkTenant } from './checker.js'
import { runKilledTogether } from './children.js'
import { ISOLATIONS, pointsOf, type Rig, startRig, until } from './rig.js'
import { withWork } from './with-work.js'

// The steps are those of tenant.create, which is killed everywhere in every isolation.
const PREPARE = { shared: 4, schema: 2, database: 4 }
const pointsFor = (isolation: (typeof ISOLATIONS)[number]) => pointsOf('stock.prepare').filter((_, i) => i % PREPARE[isolation] === 0)

for (const isolation of ISOLATIONS) {
  describe(`${isolation}: warm tenants`, () => {
    let rig: Rig
    const points = pointsFor(isolation)
    const stock = async () => ((await rig.fleet.run('stock.show', {})) as { data: readonly { warm: number; preparing: number }[] }).data[0]
    const create = (slug: string) => rig.fleet.run('tenant.create', { slug, isolation }) as Promise<{ id: string; state: string }>
    const warmIds = async () =>
      (
        await rig.eyes.see<{ id: string }>(rig.subject.catalog, "select id from catalog.tenant where state = 'warm' order by created_at")
      ).map(({ id }) => id)

    beforeAll(async () => {
      rig = await startRig({ peace: isolation })
    })
    afterAll(() => rig?.stop())

    test('are made, and are seen by nobody', async () => {
      expect(await rig.fleet.run('stock.fill', { target: 4, isolation })).toMatchObject({ warm: 4, preparing: 0, target: 4 })
      const [id] = await warmIds()
      await expect(rig.fleet.app.tenant(id!).query(sql`select 1`)).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' })
      const { data } = (await rig.fleet.run('tenant.list', {})) as { data: readonly { slug: string }[] }
      expect(data.map(({ slug }) => slug)).toEqual(['peace'])
      await expect(rig.fleet.run('tenant.suspend', { tenant: id!, reason: 'no' })).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' })
    })

    test('follow the migrations of the fleet', async () => {
      await addMigration(rig.fleet, 'tenant/20270301000000_more.sql', '-- migrate:up\nalter table author add since date;\n')
      await rig.fleet.run('migrate.up')
      const before = await warmIds()
      const { id } = await create('early')
      expect(before).toContain(id)
      expect(
        await rig.fleet.app
          .tenant('early')
          .query(sql`insert into author (name, since) values ('first', '2027-03-01') returning since::text`),
      ).toEqual([{ since: '2027-03-01' }])
      expect(await checkTenant(rig.subject, 'early', { state: 'active', isolation, like: 'peace' })).toEqual([])
    })

    test('are claimed though none of the sixty oldest can be', async () => {
      const rows = `insert into catalog.tenant (id, slug, name, isolation, state, created_at)
        select id, '~' || id, 'nobody', $1, 'warm', now() - interval '1 day' from (select gen_random_uuid() as id from generate_series(1, 60)) as made`
      await rig.eyes.see(rig.subject.catalog, rows, [isolation])
      const before = await warmIds()
      const { id } = await create('patient')
      expect(before).toContain(id)
      await rig.eyes.see(rig.subject.catalog, "delete from catalog.tenant where name = 'nobody'")
      expect(await rig.fleet.run('stock.fill', { target: 4, isolation })).toMatchObject({ warm: 4 })
      // As it was, with the one that has gone.
      await rig.fleet.run('stock.fill', { target: 3, isolation })
    })

    test('of more claims at once than are warm each gets its own, and the others are made anew', async () => {
      const before = await warmIds()
      expect(before).toHaveLength(3)
      const slugs = Array.from({ length: 7 }, (_, i) => `rush-${i}`)
      const made = await Promise.all(
        [...slugs, 'rush-0', 'rush-0'].map((slug) => create(slug).catch((error: { code: string }) => error.code)),
      )
      const ids = made.flatMap((one) => (typeof one === 'string' ? [] : [one.id]))
      expect(made.filter((one) => one === 'TENANT_EXISTS')).toHaveLength(2)
      expect(new Set(ids).size).toBe(7)
      expect(before.filter((id) => ids.includes(id))).toHaveLength(3)
      expect(await warmIds()).toEqual([])
      for (const slug of slugs) expect(await checkTenant(rig.subject, slug, { state: 'active', isolation, like: 'peace' })).toEqual([])
    })

    test('whoever makes one may be killed anywhere, and a worker fills up what is missing', async () => {
      await rig.eyes.see(rig.subject.catalog, `update catalog.stock set target = ${points.length}`)
      await runKilledTogether(
        rig.fleet,
        points.map((killAt) => ({ run: 'stock.prepare', input: { cluster: 'main', isolation }, killAt })),
      )
      // In order, too: a worker that is killed between a tenant's last step and the end of its operation leaves it running.
      await withWork(rig.fleet, async () => {
        await until('the stock to be full', async () => (await stock())!.warm >= points.length || undefined)
        await until('the platform to be in order', async () => (await checkPlatform(rig.subject)).length === 0 || undefined)
      })
      expect(await stock()).toMatchObject({ preparing: 0 })
      const { id } = await create('late')
      expect(await rig.fleet.app.tenant(id).query(sql`select 1 as one`)).toEqual([{ one: 1 }])
      expect(await checkTenant(rig.subject, 'late', { state: 'active', isolation, like: 'peace' })).toEqual([])
      expect(await checkPlatform(rig.subject)).toEqual([])
    })
  })
}
