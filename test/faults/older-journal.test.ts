import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkTenant } from './checker.js'
import { runKilled } from './children.js'
import { type Rig, startRig } from './rig.js'
import { withWork } from './with-work.js'

let rig: Rig
beforeAll(async () => {
  rig = await startRig({ peace: 'schema' })
})
afterAll(() => rig?.stop())

test('a creation that a release without services began is ended as that of an ordinary tenant', async () => {
  await runKilled(rig.fleet, 'tenant.create', { slug: 'older', isolation: 'schema' }, 'tenant.create/database:after')
  const { id } = await rig.operation('tenant.create', 'older')
  const forgotten = await rig.eyes.see(
    rig.subject.catalog,
    `update catalog.operation_step set output = output #- '{home,track}'
     where operation_id = $1 and output #> '{home,track}' is not null returning position`,
    [id],
  )
  expect(forgotten).toHaveLength(1)
  await withWork(rig.fleet, async () => {
    expect(await rig.end('tenant.create', 'older')).toMatchObject({ state: 'succeeded' })
  })
  expect(await checkTenant(rig.subject, 'older', { state: 'active', isolation: 'schema', like: 'peace' })).toEqual([])
})
