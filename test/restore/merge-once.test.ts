import { afterAll, beforeAll, expect, test } from 'vitest'
import { fault } from '../../src/kernel/faults.js'
import { sql } from '../../src/kernel/sql.js'
import { type Rig, startRig } from '../faults/rig.js'

const tenant = 'once'
let rig: Rig
let at: (point: string) => Promise<void> = async () => {}
beforeAll(async () => {
  rig = await startRig({ [tenant]: 'schema' }, { failpoint: (point) => at(point) })
})
afterAll(() => rig?.stop())

test('a merge of which nobody was told whether it was committed stays open, cannot be cancelled, and is gone on with by itself: never done again', async () => {
  const app = rig.fleet.app.tenant(tenant)
  const bodies = async () => (await app.query(sql<{ body: string }>`select body from note order by body`)).map(({ body }) => body)
  await app.query(sql`insert into note (body) values ('a'), ('b')`)
  const { backup } = await rig.fleet.run<{ backup: { id: string } }>('backup.create', { tenant })
  await rig.fleet.run('backup.restore', { backup: backup.id, isolation: 'schema' })
  await app.query(sql`delete from note`)

  // As it is after the last try to learn what became of the commit.
  at = async (point) => {
    if (point === 'tenant.merge/merge:acted') throw fault('SERVER_UNREACHABLE', { server: 'main', reason: 'gone' })
  }
  await expect(rig.fleet.run('tenant.merge', { tenant, table: 'note' })).rejects.toMatchObject({
    code: 'OPERATION_UNSURE',
    remedy: expect.stringContaining('do not start it anew'),
  })
  at = async () => {}
  const left = await rig.operation('tenant.merge', tenant)
  expect(left.state).toBe('running')
  await rig.fleet.run('operation.cancel', { operation: left.id })
  await app.query(sql`delete from note where body = 'a'`)

  expect(await rig.fleet.run('operation.retry', { operation: left.id })).toMatchObject({ operation: left.id })
  expect(await rig.operation('tenant.merge', tenant)).toMatchObject({ id: left.id, state: 'succeeded' })
  expect(await rig.fleet.run('operation.show', { operation: left.id })).toMatchObject({ result: { inserted: 2, updated: 0 } })
  expect(await bodies()).toEqual(['b'])
})

test('one that fails before anything could have been committed has failed, and is done anew', async () => {
  at = async (point) => {
    if (point === 'tenant.merge/begin:acted') throw fault('SERVER_UNREACHABLE', { server: 'main', reason: 'gone' })
  }
  const merge = { tenant, table: 'note' }
  await expect(rig.fleet.run('tenant.merge', merge)).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' })
  at = async () => {}
  expect(await rig.operation('tenant.merge', tenant)).toMatchObject({ state: 'failed' })
  expect(await rig.fleet.run('tenant.merge', merge)).toMatchObject({ inserted: 1 })
})
