import { expect, test } from 'vitest'
import { pauses, sleep } from './pauses.js'

test('patience is the time that has passed since the first loss, whatever it passed with, and begins anew with an answer', async () => {
  const pause = pauses(1_000)
  expect(await pause.next(undefined)).toBe(true)
  // An answer that was waited for in vain.
  await sleep(1_100, undefined)
  expect(await pause.next(undefined)).toBe(false)
  pause.reset()
  expect(await pause.next(undefined)).toBe(true)
})
