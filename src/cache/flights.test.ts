import { describe, expect, test } from 'vitest'
import { createFlights, createFreshFlights } from './flights.js'

/** Work that ends when it is told to, and says the how-manieth it was. */
function counted() {
  const ends: (() => void)[] = []
  const work = () =>
    new Promise<string>((resolve) => {
      const name = String(ends.length + 1)
      ends.push(() => resolve(name))
    })
  const end = async (n: number): Promise<void> => {
    ends[n - 1]!()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { work, end, begun: () => ends.length }
}

describe('flights', () => {
  test('who asks while one is under way shares it; afterwards another begins', async () => {
    const { join } = createFlights()
    const { work, end, begun } = counted()
    const both = Promise.all([join('a', work), join('a', work)])
    await end(1)
    expect(await both).toEqual(['1', '1'])
    const next = join('a', work)
    await end(2)
    expect(await next).toBe('2')
    expect(begun()).toBe(2)
  })

  test('without a stamp, who asks while one is under way is never answered by it, and at most one is under way', async () => {
    const { join } = createFreshFlights()
    const { work, end, begun } = counted()
    const first = join('a', work)
    const late = [join('a', work), join('a', work)]
    expect(begun()).toBe(1)
    await end(1)
    expect(await first).toBe('1')
    expect(begun()).toBe(2)
    const later = join('a', work)
    expect(begun()).toBe(2)
    await end(2)
    expect(await Promise.all(late)).toEqual(['2', '2'])
    await end(3)
    expect(await later).toBe('3')
    const alone = join('a', work)
    await end(4)
    expect(await alone).toBe('4')
  })

  test('one that fails is the failure of those who share it, and of nobody after them', async () => {
    const { join } = createFreshFlights()
    const failing = join('a', () => Promise.reject(new Error('no')))
    const next = join('a', async () => 'yes')
    await expect(failing).rejects.toThrow('no')
    expect(await next).toBe('yes')
  })
})
