import { afterAll, beforeAll, expect, test } from 'vitest'
import { type NameServer, startNameServer } from '../facts/name-server.js'
import { checkPlatform } from './checker.js'
import { killAtPoints } from './failpoint-kills.js'
import { checkHistory } from './invariants.js'
import { killRotations, killVerifications, ROTATION_SECRETS } from './kills-elsewhere.js'
import { bordersOf, type Rig, startRig } from './rig.js'

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

test('workers were killed in tenant.undelete: the tenants are back', { timeout: 90_000 }, async () => {
  expect((await killAtPoints(rig, 'tenant.undelete', 'schema', () => bordersOf('tenant.undelete'))).violations).toEqual([])
})

test('workers were killed in domain.verify: the domains are verified', { timeout: 90_000 }, async () => {
  expect((await killVerifications(rig, names, () => bordersOf('domain.verify'))).violations).toEqual([])
})

test('workers were killed in cluster.rotate: one login and one password hold afterwards, and they let applications in', {
  timeout: 90_000,
}, async () => {
  // In full with `npm run drill -- faults --kind failpoints`.
  const { violations, kills } = await killRotations(rig, (points) => points.filter((_, n) => n % 8 === 1))
  expect(violations).toEqual([])
  expect(kills).toBeGreaterThanOrEqual(4)
})

test('afterwards the platform is in order, and its history has no gap', async () => {
  expect([...(await checkPlatform(rig.subject)), ...(await checkHistory(rig.subject))]).toEqual([])
})
