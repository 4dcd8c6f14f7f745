import { expect, test } from 'vitest'
import { turns } from './turns.js'

test('turns are had in the order of asking, never more at once than there are', async () => {
  const take = turns(2, 10_000)
  const began: number[] = []
  let [now, most] = [0, 0]
  const work = async (i: number): Promise<void> => {
    const giveBack = await take()
    began.push(i)
    most = Math.max(most, ++now)
    await new Promise((resolve) => setTimeout(resolve, 2))
    now--
    giveBack!()
  }
  await Promise.all(Array.from({ length: 20 }, (_, i) => work(i)))
  expect(began).toEqual(Array.from({ length: 20 }, (_, i) => i))
  expect(most).toBe(2)
})

test('who waits in vain is told so, and takes nobody’s turn', async () => {
  const take = turns(1, 20)
  const giveBack = await take()
  expect(await take()).toBeUndefined()
  giveBack!()
  expect(await take()).toBeTypeOf('function')
})

test('no more wait than may, and whoever leaves gives up the place', async () => {
  const take = turns(1, 60_000, 1)
  const giveBack = await take()
  const left = new AbortController()
  const waiting = take(left.signal)
  expect(await take()).toBeUndefined()
  left.abort()
  expect(await waiting).toBeUndefined()
  expect(await take(left.signal)).toBeUndefined()
  const next = take()
  giveBack!()
  expect(await next).toBeTypeOf('function')
})
