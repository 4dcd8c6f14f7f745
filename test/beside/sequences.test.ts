import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import { type Rig, startRig } from '../faults/rig.js'
import { beside } from './rig.js'

describe('the numbers of sequences, while a tenant is pointed to another home', () => {
  let rig: Rig
  let at: (point: string) => Promise<void> = async () => {}
  const write = async (tenant: string, many: number): Promise<readonly number[]> =>
    (
      await rig.fleet.app
        .tenant(tenant)
        .query(sql<{ id: number }>`insert into note (body) select 'x' from generate_series(1, ${many}) returning id::int as id`)
    ).map(({ id }) => id)
  const repoint = (tenant: string) => rig.fleet.run('tenant.repoint', { tenant, confirm: tenant })

  beforeAll(async () => {
    rig = await startRig(
      { near: 'schema', far: 'schema', long: 'schema', peace: 'shared', neighbour: 'shared' },
      { failpoint: (point) => at(point) },
    )
    await rig.fleet.run('cluster.add', { name: 'far', url: 'env:DATABASE_URL', database: `${rig.subject.prefix}far` })
  })
  afterAll(() => rig?.stop())

  test.for(['near', 'far'])('no number is handed out twice when it is taken back after clients have written (%s)', async (tenant) => {
    await write(tenant, 3)
    await beside(rig, tenant, { isolation: 'schema', cluster: tenant === 'far' ? 'far' : 'main' })
    let there: readonly number[] = []
    at = async (point) => {
      if (point !== 'tenant.repoint/follow:before') return
      const before = await rig.fleet.tenant(tenant)
      const made = (
        await rig.eyes.see<{ database: string; schema: string }>(
          rig.subject.catalog,
          `select d.name as database, h.schema_name as schema from catalog.beside b join catalog.home h on h.id = b.home_id
         join catalog.database d on d.id = h.database_id where b.tenant_id = $1`,
          [before.id],
        )
      )[0]!
      // Whoever asks the databases is let in there by now.
      there = (
        await rig.eyes.see<{ id: number }>(
          made.database,
          `insert into "${made.schema}".note (tenant_id, body) select $1, 'y' from generate_series(1, 5) returning id::int as id`,
          [before.id],
        )
      ).map(({ id }) => id)
      await rig.fleet.run('operation.cancel', { operation: (await rig.operation('tenant.repoint', tenant)).id })
    }
    await expect(repoint(tenant)).rejects.toMatchObject({ code: 'OPERATION_CANCELLED' })
    at = async () => {}
    expect(there).toEqual([4, 5, 6, 7, 8])
    expect(await write(tenant, 2)).toEqual([9, 10])
  })

  test('a neighbour who has drawn a number and does not end keeps nobody waiting, neither the tenant nor others who draw', async () => {
    await write('long', 50)
    await beside(rig, 'long', { isolation: 'shared' })
    let [drawn, end]: (() => void)[] = [() => {}, () => {}]
    const hasDrawn = new Promise<void>((resolve) => {
      drawn = resolve
    })
    const toEnd = new Promise<void>((resolve) => {
      end = resolve
    })
    const open = rig.fleet.app.tenant('neighbour').transaction(async (scope) => {
      await scope.run(sql`insert into note (body) values ('open')`)
      drawn!()
      await toEnd
    })
    try {
      await Promise.race([hasDrawn, open])
      await repoint('long')
      await write('peace', 1)
    } finally {
      end!()
      await open
    }
    expect((await write('long', 1))[0]).toBeGreaterThan(50)
  })
})
