import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ident, sql } from '../../src/kernel/sql.js'
import { checkPlatform, checkPurged, checkTenant, type Place, placesOf } from './checker.js'
import { runKilledTogether, startChild } from './children.js'
import { atMost, bordersOf, ISOLATIONS, type Rig, slugOf, startRig } from './rig.js'
import { withWork } from './with-work.js'

// Deleting changes placements, which every isolation has alike; one takes every border.
const deletesOf = (isolation: (typeof ISOLATIONS)[number]): readonly string[] =>
  bordersOf('tenant.delete').filter((point) => isolation === 'schema' || point.endsWith(':acted'))
const PURGE = bordersOf('tenant.purge')
const WAIVER = { waiveBackup: 'a test' }

for (const isolation of ISOLATIONS) {
  describe(`${isolation}: deleting and purging`, () => {
    let rig: Rig
    const DELETE = deletesOf(isolation)
    const places = new Map<string, Place>()
    const deleted = (point: string): string => slugOf('d', point)
    const purged = (point: string): string => slugOf('p', point)
    const bring = async (slug: string): Promise<void> => {
      await rig.fleet.app.tenant(slug).transaction(async (scope) => {
        await scope.run(sql`insert into author (name) values ('somebody')`)
        await scope.run(sql`insert into note (body, author_id) select 'kept', id from author`)
        await scope.run(sql`insert into event (kind) values ('made')`)
        await scope.run(sql`insert into platform.account (email) values (${`${slug}@example.org`})`)
      })
      places.set(slug, (await placesOf(rig.subject, slug))[0]!)
    }
    const del = (slug: string, grace = '0s') => rig.fleet.run('tenant.delete', { tenant: slug, reason: 'left us', grace })

    beforeAll(async () => {
      const slugs = ['peace', 'neighbour', 'early', 'held', 'late', 'missed', ...DELETE.map(deleted), ...PURGE.map(purged)]
      rig = await startRig(Object.fromEntries(slugs.map((slug) => [slug, isolation])))
      await atMost(
        4,
        slugs.map((slug) => () => bring(slug)),
      )
      if (isolation !== 'database') {
        const { database, schema } = places.get('neighbour')!
        await rig.eyes.see(database, `refresh materialized view "${schema}".note_total`)
      }
    })
    afterAll(() => rig?.stop())

    test('a deleted tenant lets nobody in, says so, and comes back as it was', async () => {
      const known = rig.fleet.client().tenant('peace')
      await known.query(sql`select 1`)
      await rig.fleet.run('tenant.suspend', { tenant: 'peace', reason: 'unpaid', allowReads: true })
      await del('peace', '7d')
      expect(await checkTenant(rig.subject, 'peace', { state: 'deleted', isolation })).toEqual([])
      for (const tenant of [known, rig.fleet.client().tenant('peace')]) {
        await expect(tenant.query(sql`select 1`)).rejects.toMatchObject({ code: 'TENANT_DELETED' })
      }
      await expect(rig.fleet.run('tenant.resume', { tenant: 'peace' })).rejects.toMatchObject({ code: 'TENANT_STATE' })
      await expect(rig.fleet.run('tenant.create', { slug: 'peace', isolation })).rejects.toMatchObject({ code: 'TENANT_EXISTS' })
      expect(await rig.fleet.run('tenant.undelete', { tenant: 'peace' })).toMatchObject({
        state: 'read_only',
        reason: 'unpaid',
        purgeAfter: null,
      })
      expect(await checkTenant(rig.subject, 'peace', { state: 'read_only', isolation })).toEqual([])
      await rig.fleet.run('tenant.resume', { tenant: 'peace' })
      expect(await known.query(sql`select body from note`)).toEqual([{ body: 'kept' }])
    })

    test('nothing is purged that lives, is held, or is within its grace', async () => {
      const purge = (tenant: string, more: object = {}) => rig.fleet.run('tenant.purge', { tenant, ...WAIVER, ...more })
      await expect(purge('early')).rejects.toMatchObject({ code: 'TENANT_STATE' })
      await del('early', '1d')
      await expect(purge('early')).rejects.toMatchObject({ code: 'TENANT_GRACE' })
      await rig.fleet.run('tenant.hold', { tenant: 'early', reason: 'a lawsuit' })
      await expect(purge('early', { skipGrace: true })).rejects.toMatchObject({
        code: 'TENANT_HELD',
        message: expect.stringContaining('a lawsuit'),
      })
      await expect(rig.fleet.run('tenant.purge', { tenant: 'early', skipGrace: true })).rejects.toMatchObject({ code: 'TENANT_HELD' })
      await rig.fleet.run('tenant.unhold', { tenant: 'early' })
      expect(await checkTenant(rig.subject, 'early', { state: 'deleted', isolation })).toEqual([])
      expect(await purge('early', { skipGrace: true })).toMatchObject({ slug: 'early', waiver: 'a test', isolation })
      expect(await checkPurged(rig.subject, 'early', places.get('early')!)).toEqual([])
    })

    test('a purge can be cancelled until it begins, and not afterwards', async () => {
      await del('late')
      const cancelled = startChild(rig.fleet, {
        run: 'tenant.purge',
        input: { tenant: 'late', ...WAIVER },
        waitAt: 'tenant.purge/begin:before',
      })
      await cancelled.says('at tenant.purge/begin:before')
      await rig.fleet.run('operation.cancel', { operation: (await rig.operation('tenant.purge', 'late')).id })
      cancelled.goOn()
      expect(await cancelled.ended()).toEqual({ last: 'fault OPERATION_CANCELLED', signal: null })
      await rig.fleet.run('tenant.undelete', { tenant: 'late' })
      expect(await rig.fleet.app.tenant('late').query(sql`select body from note`)).toEqual([{ body: 'kept' }])
      await del('late')
      const begun = startChild(rig.fleet, {
        run: 'tenant.purge',
        input: { tenant: 'late', ...WAIVER },
        waitAt: 'tenant.purge/destroy:before',
      })
      await begun.says('at tenant.purge/destroy:before')
      await rig.fleet.run('operation.cancel', { operation: (await rig.operation('tenant.purge', 'late')).id })
      begun.goOn()
      expect(await begun.ended()).toEqual({ last: 'succeeded', signal: null })
      expect(await checkPurged(rig.subject, 'late', places.get('late')!)).toEqual([])
    })

    if (isolation === 'schema') {
      test('what others depend on is not dropped, and they are named', async () => {
        const { database, schema } = places.get('missed')!
        await rig.eyes.see(database, `create schema others; create view others.report as select body from "${schema}".note`)
        await rig.eyes.see(
          database,
          `create table others.copy (like "${schema}".note); alter table others.copy add foreign key (tenant_id, author_id) references "${schema}".author`,
        )
        await del('missed')
        const purge = () => rig.fleet.run('tenant.purge', { tenant: 'missed', ...WAIVER })
        const error = await purge().catch((caught: unknown) => caught as Error)
        expect(error).toMatchObject({ code: 'TENANT_DEPENDED', message: expect.stringMatching(/view others\.report/) })
        expect(error).toMatchObject({ message: expect.stringMatching(/on table others\.copy/) })
        expect(await checkTenant(rig.subject, 'missed', { state: 'deleted', isolation })).toEqual([])
        await rig.eyes.see(database, 'drop schema others cascade')
        await purge()
        expect(await checkPurged(rig.subject, 'missed', places.get('missed')!)).toEqual([])
      })
    }

    describe('by workers that were killed with SIGKILL', () => {
      const apps = new Map<string, ReturnType<Rig['fleet']['client']>>()
      beforeAll(async () => {
        for (const point of PURGE) {
          const app = rig.fleet.client()
          await app.tenant(purged(point)).query(sql`select 1`)
          apps.set(point, app)
          await del(purged(point))
        }
        await Promise.all([
          runKilledTogether(
            rig.fleet,
            DELETE.map((killAt) => ({ run: 'tenant.delete', killAt, input: { tenant: deleted(killAt), reason: 'left us' } })),
          ),
          runKilledTogether(
            rig.fleet,
            PURGE.map((killAt) => ({ run: 'tenant.purge', killAt, input: { tenant: purged(killAt) } })),
          ),
        ])
        await withWork(rig.fleet, async () => {
          for (const point of DELETE) expect((await rig.end('tenant.delete', deleted(point))).state).toBe('succeeded')
          for (const point of PURGE) expect((await rig.end('tenant.purge', purged(point))).state).toBe('succeeded')
        })
      })

      test.for(DELETE)('%s: the tenant is deleted, and whole', async (point) => {
        expect(await checkTenant(rig.subject, deleted(point), { state: 'deleted', isolation, like: 'peace' })).toEqual([])
      })

      test.for(PURGE)('%s: nothing is left of the tenant', async (point) => {
        expect(await checkPurged(rig.subject, purged(point), places.get(purged(point))!)).toEqual([])
        const made = `select b.kind, b.state, b.verified_at is not null as verified, c.content from catalog.backup b join catalog.certificate c using (tenant_id) where tenant_id = $1`
        expect(await rig.eyes.see(rig.subject.catalog, made, [places.get(purged(point))!.id])).toMatchObject([
          { kind: 'final', state: 'kept', verified: true, content: expect.stringContaining(places.get(purged(point))!.schema) },
        ])
        await expect(apps.get(point)!.tenant(purged(point)).query(sql`select 1`)).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' })
      })
    })

    test('afterwards the neighbours have what they had, and the platform is in order', async () => {
      const { database, schema } = places.get('neighbour')!
      expect(await rig.fleet.app.tenant('neighbour').query(sql`select body, name from note join author on author.id = author_id`)).toEqual([
        { body: 'kept', name: 'somebody' },
      ])
      if (isolation === 'shared') {
        const [view] = await rig.eyes.see<{ tenants: number }>(
          database,
          `select count(*)::int as tenants from ${ident(schema, 'note_total').text}`,
        )
        expect(view?.tenants).toBe((await rig.eyes.see(database, `select distinct tenant_id from "${schema}".note`)).length)
      }
      expect(await checkPlatform(rig.subject)).toEqual([])
    })
  })
}
