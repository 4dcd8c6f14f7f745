import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { submit } from '../../src/engine/submit.js'
import { noteDeliveries, sendDue } from '../../src/engine/webhooks/due.js'
import { sql } from '../../src/kernel/sql.js'
import { addWebhook } from '../../src/operations/webhook/add.js'
import { startChild } from '../faults/children.js'
import { type Rig, startRig } from '../faults/rig.js'
import { MASTER, type Receiver, startReceiver } from './receiver.js'

let rig: Rig
let receiver: Receiver
beforeAll(async () => {
  receiver = await startReceiver()
  rig = await startRig({}, { config: { webhooks: { secret: 'env:WEBHOOKS', allow: ['127.0.0.1'] } }, secrets: { 'env:WEBHOOKS': MASTER } })
})
afterAll(async () => {
  await rig?.stop()
  await receiver?.close()
})

test('a worker that is killed between sending and saying so has told nobody in vain: it is sent again, and nothing is lost', async () => {
  const { platform } = rig.fleet
  const path = `/killed-${randomUUID()}`
  const { output } = await submit(
    platform,
    addWebhook,
    { name: 'all', url: `${receiver.url}${path}`, type: ['webhook.added'] },
    { actor: 'test', source: 'library' },
  )
  const { id } = output as { id: string }
  onTestFinished(() => platform.catalog.run(sql`delete from catalog.webhook where id = ${id}`).then(() => {}))
  const killAt = 'webhook/deliver:sent'
  const child = startChild(rig.fleet, { killAt }, { secrets: { WEBHOOKS: MASTER } })
  expect(await child.ended()).toEqual({ last: `killed at ${killAt}`, signal: 'SIGKILL' })
  expect(receiver.at(path).length).toBe(1)

  const seen = sql<{ state: string; attempts: number; leased: boolean }>`
    select state, attempts, lease_until > clock_timestamp() as leased from catalog.webhook_delivery where webhook_id = ${id}`
  expect(await platform.catalog.rows(seen)).toEqual([{ state: 'waiting', attempts: 0, leased: true }])
  // Whoever has the lease may be at work for as long as it lasts.
  await noteDeliveries(platform)
  await sendDue(platform, id)
  expect(receiver.at(path).length).toBe(1)

  await platform.catalog.run(sql`update catalog.webhook_delivery set lease_until = lease_until - interval '1 minute'`)
  await sendDue(platform, id)
  const [first, second] = receiver.at(path)
  expect(receiver.at(path).length).toBe(2)
  expect([second?.headers['webhook-id'], second?.body]).toEqual([first?.headers['webhook-id'], first?.body])
  expect(await platform.catalog.rows(seen)).toEqual([{ state: 'delivered', attempts: 1, leased: null }])
})
