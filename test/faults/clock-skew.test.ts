import { expect, test } from 'vitest'
import { checkPlatform } from './checker.js'
import { SKEWED_LEASE, skewClocks } from './clock-skew.js'
import { startRig } from './rig.js'

test('where clocks are two hours ahead, a day behind or 40 days ahead, leases and graces go by the clock of the database', {
  timeout: 90_000,
}, async () => {
  const rig = await startRig({ peace: 'schema' }, { config: SKEWED_LEASE })
  try {
    const { violations, convergedMs } = await skewClocks(rig)
    expect(violations).toEqual([])
    expect(Math.max(...convergedMs)).toBeLessThan(20_000)
    expect(await checkPlatform(rig.subject)).toEqual([])
  } finally {
    await rig.stop()
  }
})
