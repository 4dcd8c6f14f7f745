import { afterAll, beforeAll, expect, test } from 'vitest'
import { type NameServer, startNameServer } from '../facts/name-server.js'
import { checkPlatform } from './checker.js'
import { withWorkers } from './children.js'
import { killAtPoints } from './failpoint-kills.js'
import { checkHistory } from './invariants.js'
import { killRotations, killVerifications, ROTATION_SECRETS } from './kills-elsewhere.js'
import { type Rig, startRig } from './rig.js'

let names: NameServer
let rig: Rig
beforeAll(async () => {
  names = await startNameServer()
  rig = await startRig({ peace: 'schema' }, { config: { dns: [names.address] }, secrets: ROTATION_SECRETS })
})
afterAll(async () => {
  await rig?.stop()
  await names.close()
})

const worked = <T>(body: () => Promise<T>): Promise<T> =>
  withWorkers(rig.fleet, 1, body, { secrets: { NEXT: ROTATION_SECRETS['env:NEXT'] } })

test('workers were killed in tenant.undelete: the tenants are back', async () => {
  expect((await worked(() => killAtPoints(rig, 'tenant.undelete', 'schema'))).violations).toEqual([])
})

test('workers were killed in domain.verify: the domains are verified', async () => {
  expect((await worked(() => killVerifications(rig, names))).violations).toEqual([])
})

test('workers were killed in cluster.rotate: one login and one password hold afterwards, and they let applications in', async () => {
  // In full with `npm run drill -- faults --kind failpoints`.
  const { violations, kills } = await worked(() => killRotations(rig, (points) => points.filter((_, n) => n % 8 === 1)))
  expect(violations).toEqual([])
  expect(kills).toBeGreaterThanOrEqual(4)
})

test('afterwards the platform is in order, and its history has no gap', async () => {
  expect([...(await checkPlatform(rig.subject)), ...(await checkHistory(rig.subject))]).toEqual([])
})
