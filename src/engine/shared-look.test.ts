import { describe, expect, test } from 'vitest'
import type { Platform } from './platform.js'
import { sharedLook } from './shared-look.js'

const platform = {} as Platform

/** Looks that answer when they are told to. */
function looks() {
  const open: { readonly answer: (value: number) => void; readonly fail: (error: Error) => void }[] = []
  return { open, look: () => new Promise<number>((answer, fail) => void open.push({ answer, fail })) }
}

describe('a look that is shared', () => {
  test('is one for all who ask while it lasts, and for a while after', async () => {
    const { open, look } = looks()
    const shared = sharedLook<number>(60_000)
    const asked = [1, 2, 3].map(() => shared(platform, '', look))
    open[0]!.answer(7)
    expect(await Promise.all(asked)).toEqual([7, 7, 7])
    expect([await shared(platform, '', look), open.length]).toEqual([7, 1])
  })

  test('is a new one after its time, of something else, and of another platform', async () => {
    const { open, look } = looks()
    const shared = sharedLook<number>(0)
    const first = shared(platform, '', look)
    open[0]!.answer(1)
    await first
    void shared(platform, '', look)
    void shared(platform, 'other', look)
    void shared({} as Platform, 'other', look)
    expect(open.length).toBe(4)
  })

  test('is kept for each thing that is looked at', async () => {
    const { open, look } = looks()
    const shared = sharedLook<number>(60_000)
    const asked = ['one', 'other', 'one', 'other'].map((what) => shared(platform, what, look))
    open[0]!.answer(1)
    open[1]!.answer(2)
    expect(await Promise.all(asked)).toEqual([1, 2, 1, 2])
    expect(open.length).toBe(2)
  })

  test('that fails is told to all who wait, and not kept', async () => {
    const { open, look } = looks()
    const shared = sharedLook<number>(60_000)
    const asked = [1, 2].map(() => shared(platform, '', look).catch((error: Error) => error.message))
    open[0]!.fail(new Error('away'))
    expect(await Promise.all(asked)).toEqual(['away', 'away'])
    const again = shared(platform, '', look)
    open[1]!.answer(2)
    expect(await again).toBe(2)
  })
})
