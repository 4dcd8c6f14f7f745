import { afterAll, beforeAll, expect, test } from 'vitest'
import { codeLoaded } from '../support/chromium.js'
import { type Rig, startRig } from './rig.js'
import { tenantsShown } from './tenants-shown.js'

let rig: Rig

beforeAll(async () => {
  rig = await startRig({ tenants: { acme: 'shared', globex: 'schema' } })
})
afterAll(() => rig?.stop())

const KB = 1_000

test('it opens on the overview, and loads at most 200 KB of scripts and styles for that', async () => {
  let loaded: ReadonlyMap<string, number> = new Map()
  const page = await rig.open('/', {
    prepare: async (context, opened) => {
      loaded = await codeLoaded(context, opened)
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
