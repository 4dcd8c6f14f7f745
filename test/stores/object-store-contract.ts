import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type ObjectStore, oneChunk, readWhole } from '../../src/stores/object-store.js'

export async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = []
  for await (const one of items) found.push(one)
  return found
}

export const textOf = async (store: ObjectStore, key: string): Promise<string> => (await readWhole(store, key, 1_000_000)).toString('utf8')

export const put = (store: ObjectStore, key: string, text: string): Promise<{ readonly bytes: number }> =>
  store.write(key, oneChunk(Buffer.from(text)))

export const keysOf = async (store: ObjectStore, prefix = ''): Promise<readonly string[]> =>
  (await all(store.list(prefix))).map(({ key }) => key)

/** Bytes that are easy to make again, in chunks of odd sizes. */
export async function* bytesFrom(seed: string, total: number): AsyncGenerator<Buffer> {
  for (let [made, round] = [0, 0]; made < total; round++) {
    const chunk = Buffer.alloc(Math.min(1_000_003, total - made), createHash('sha512').update(`${seed} ${round}`).digest())
    made += chunk.length
    yield chunk
  }
}

export async function digestOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}

export const fails = async (
  act: () => Promise<unknown>,
): Promise<{ readonly code: unknown; readonly facts: unknown; readonly message: string }> => {
  try {
    await act()
  } catch (error) {
    const { code, facts, message } = error as { code: unknown; facts: unknown; message: string }
    return { code, facts, message }
  }
  throw new Error('it did not fail')
}

/** One body for every store: what fails it is none. `make` answers an empty one each time. */
export function objectStoreContract(kind: string, make: () => Promise<ObjectStore>): void {
  describe(`what every store promises: ${kind}`, () => {
    test('an object is read as it was written, whole and in ranges', async () => {
      const store = await make()
      expect(await put(store, 'a/b=1/c-d.e', '0123456789')).toEqual({ bytes: 10 })
      expect(await textOf(store, 'a/b=1/c-d.e')).toBe('0123456789')
      const range = async (from: number, bytes: number) => Buffer.concat(await all(store.read('a/b=1/c-d.e', { from, bytes }))).toString()
      expect([await range(0, 3), await range(8, 2), await range(8, 90), await range(10, 5), await range(99, 1), await range(4, 0)]).toEqual(
        ['012', '89', '89', '', '', ''],
      )
      expect(await store.size('a/b=1/c-d.e')).toBe(10)
    })

    test('an object may be empty, and is replaced whole', async () => {
      const store = await make()
      expect(await store.write('x', (async function* () {})())).toEqual({ bytes: 0 })
      expect([await store.size('x'), await textOf(store, 'x')]).toEqual([0, ''])
      await put(store, 'x', 'first')
      await put(store, 'x', 'two')
      expect(await textOf(store, 'x')).toBe('two')
    })

    test('what is missing is told, and removed as often as you like', async () => {
      const store = await make()
      await put(store, 'a/b', 'x')
      for (const range of [undefined, { from: 0, bytes: 0 }, { from: 5, bytes: 5 }]) {
        expect(await fails(() => all(store.read('a/c', range)))).toMatchObject({
          code: 'OBJECT_MISSING',
          facts: { key: 'a/c' },
        })
      }
      expect(await store.size('a/c')).toBeUndefined()
      await store.remove('a/c')
      await store.remove('a/b')
      await store.remove('a/b')
      expect([await store.size('a/b'), await keysOf(store)]).toEqual([undefined, []])
    })

    test('objects are listed by prefix, in the order of their bytes', async () => {
      const store = await make()
      const keys = ['a', 'a-b', 'a.b', 'ab/c/d', 'ab/c-d', 'ab=', 'Z', 'aa/0', 'aa-/0']
      for (const key of keys) await put(store, key, key)
      const sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      expect(await keysOf(store)).toEqual(sorted)
      for (const prefix of ['a', 'aa', 'ab/', 'ab/c/d', 'ab/c/d/', 'a/', 'none/', 'a-']) {
        expect([prefix, await keysOf(store, prefix)]).toEqual([prefix, sorted.filter((key) => key.startsWith(prefix))])
      }
      expect(await all(store.list('aa/'))).toEqual([{ key: 'aa/0', bytes: 4 }])
    })

    test('a writer that fails leaves what was there, and its own error', async () => {
      const store = await make()
      await put(store, 'kept', 'before')
      const mine = new RangeError('of the caller')
      for (const bytes of [10, 9_000_000]) {
        const broken = async function* () {
          yield* bytesFrom('x', bytes)
          throw mine
        }
        await expect(store.write('kept', broken())).rejects.toBe(mine)
        await expect(store.write('never', broken())).rejects.toBe(mine)
      }
      expect([await textOf(store, 'kept'), await keysOf(store)]).toEqual(['before', ['kept']])
      expect(await store.clearLeftovers(-60_000)).toEqual([])
    })

    test('a large object comes back whole, from any place on', async () => {
      const store = await make()
      const total = 9_500_000
      expect(await store.write('large', bytesFrom('l', total))).toEqual({ bytes: total })
      expect(await digestOf(store.read('large'))).toBe(await digestOf(bytesFrom('l', total)))
      const whole = Buffer.concat(await all(bytesFrom('l', total)))
      const some = Buffer.concat(await all(store.read('large', { from: 8_388_600, bytes: 100 })))
      expect(some.equals(whole.subarray(8_388_600, 8_388_700))).toBe(true)
      // Left in the middle: nothing hangs.
      for await (const chunk of store.read('large')) {
        expect(chunk.length).toBeGreaterThan(0)
        break
      }
    })

    test('whoever reads meanwhile reads the old one to its end, or is told', async () => {
      const store = await make()
      await store.write('large', bytesFrom('old', 4_000_000))
      const reader = store.read('large')[Symbol.asyncIterator]()
      const first = (await reader.next()).value as Buffer
      await store.write('large', bytesFrom('new', 4_000_000))
      const rest = async function* () {
        yield first
        for (let next = await reader.next(); !next.done; next = await reader.next()) yield next.value
      }
      const outcome = await digestOf(rest()).catch(({ code }: { code: unknown }) => code)
      expect([await digestOf(bytesFrom('old', 4_000_000)), 'OBJECT_CHANGED']).toContain(outcome)
    })

    test('of two that write one object at once, one is there whole', async () => {
      const store = await make()
      await Promise.all(['a', 'b', 'c', 'd'].map((text) => put(store, 'deep/in/it', text.repeat(1_000))))
      expect(await textOf(store, 'deep/in/it')).toMatch(/^(a{1000}|b{1000}|c{1000}|d{1000})$/)
    })

    test('writers and removers of one folder do not meet', async () => {
      const store = await make()
      const rounds = Array.from({ length: 40 }, (_, index) => index)
      await Promise.all([
        ...rounds.map((index) => put(store, `f/g/${index % 4}`, 'x')),
        ...rounds.map((index) => store.remove(`f/g/${index % 4}`)),
      ])
      for (const index of [0, 1, 2, 3]) await store.remove(`f/g/${index}`)
      expect(await keysOf(store)).toEqual([])
    })

    test('names that could lead elsewhere are refused', async () => {
      const store = await make()
      const wrong = [
        '',
        '/',
        '/a',
        'a/',
        'a//b',
        '..',
        'a/../b',
        '.',
        './a',
        '.hidden',
        'a/.b',
        'a b',
        'a\0b',
        'ä',
        'a\\b',
        'a:b',
        'x'.repeat(201),
        'ab/'.repeat(400),
      ]
      for (const key of wrong) {
        for (const act of [() => put(store, key, 'x'), () => textOf(store, key), () => store.size(key), () => store.remove(key)]) {
          expect([key, (await fails(act)).code]).toEqual([key, 'OBJECT_KEY_INVALID'])
        }
      }
      for (const prefix of ['..', '/', '../', 'a//', 'a b'])
        expect((await fails(() => keysOf(store, prefix))).code).toBe('OBJECT_KEY_INVALID')
      for (const range of [
        { from: -1, bytes: 1 },
        { from: 0, bytes: -1 },
        { from: 0.5, bytes: 1 },
        { from: 0, bytes: Number.NaN },
      ]) {
        expect((await fails(() => all(store.read('a', range)))).code).toBe('INPUT_INVALID')
      }
    })
  })
}
