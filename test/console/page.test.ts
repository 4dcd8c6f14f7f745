import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Rig, startRig } from './rig.js'
import { tenantsShown } from './tenants-shown.js'

let rig: Rig

beforeAll(async () => {
  rig = await startRig({ tenants: { acme: 'shared', globex: 'schema' } })
})
afterAll(() => rig?.stop())

const KB = 1_000

test('it opens on the overview, and loads at most 200 KB of scripts and styles for that', async () => {
  const loaded = new Map<string, number>()
  const page = await rig.open('/', {
    prepare: async (context, opened) => {
      const devtools = await context.newCDPSession(opened)
      const wanted = new Map<string, string>()
      devtools.on('Network.responseReceived', ({ requestId, type, response }) => {
        if (type === 'Script' || type === 'Stylesheet') wanted.set(requestId, response.url)
      })
      devtools.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
        const url = wanted.get(requestId)
        if (url !== undefined) loaded.set(url, encodedDataLength)
      })
      await devtools.send('Network.enable')
    },
  })
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await tenantsShown(page, 2)
  await page.waitForLoadState('networkidle')
  const bytes = [...loaded.values()].reduce((sum, one) => sum + one, 0)
  expect(loaded.size).toBeGreaterThan(3)
  // Those that came without being packed would be about three times as large.
  expect(bytes).toBeGreaterThan(50 * KB)
  expect(bytes).toBeLessThanOrEqual(200 * KB)
})
