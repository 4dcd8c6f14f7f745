import { expect, test } from 'vitest'
import { systemClock } from './clock.js'

test('any number may sleep until one signal: all wake with it, and nobody is warned', async () => {
  const warnings: Error[] = []
  const warned = (warning: Error): number => warnings.push(warning)
  process.on('warning', warned)
  try {
    const wake = new AbortController()
    const sleeping = Promise.all(Array.from({ length: 50 }, () => systemClock.sleep(60_000, wake.signal)))
    wake.abort()
    await sleeping
    // Warnings come a turn later.
    await systemClock.sleep(10)
    expect(warnings).toEqual([])
  } finally {
    process.off('warning', warned)
  }
})
