import { describe, expect, test } from 'vitest'
import { FRAME_BYTES } from '../../src/transfer/archive/format.js'
import { ordered } from '../../src/transfer/archive/ordered.js'
import { openArchive } from '../../src/transfer/archive/reader.js'
import { writeArchive } from '../../src/transfer/archive/writer.js'
import { ARCHIVE, codeOf, makeArchive, rows, TENANT } from './made.js'
import { memoryStore } from './stores.js'

const CHUNK = rows(65_536)
const MOST = 5 * FRAME_BYTES

describe.each(['gzip', 'none'] as const)('with %s', (compression) => {
  test('a lane takes a few frames ahead of what the store has taken, however long the stream is', async () => {
    const [taken, most] = [
      [0, 0],
      [0, 0],
    ]
    const frames = { plain: 0 }
    async function* stream(n: number): AsyncGenerator<Buffer> {
      for (let sent = 0; sent < 24 * FRAME_BYTES; sent += CHUNK.length) {
        taken[n]! += CHUNK.length
        most[n] = Math.max(most[n]!, taken[0]! + taken[1]! - frames.plain)
        yield CHUNK
      }
    }
    const store = memoryStore()
    const slow = {
      ...store,
      write: async (_: string, chunks: AsyncIterable<Uint8Array>) => {
        let bytes = 0
        for await (const chunk of chunks) {
          await new Promise((done) => setImmediate(done))
          bytes += chunk.length
        }
        return { bytes }
      },
    }
    await writeArchive(
      { store: slow, tenant: TENANT, archive: ARCHIVE, key: null, compression },
      {
        lanes: 2,
        streams: [0, 1].map((n) => ({ name: `${n}`, read: () => stream(n) })),
        facts: async () => null,
        onBytes: (plain) => {
          frames.plain += plain
        },
      },
    )
    expect(taken).toEqual([24 * FRAME_BYTES, 24 * FRAME_BYTES])
    expect(Math.max(...most)).toBeLessThan(2 * MOST)
  })

  test('a reader fetches a few frames ahead of what was taken from it, and lets go of the store when it is left', async () => {
    const made = await makeArchive({ encrypted: true, compression, contents: { big: Buffer.alloc(24 * FRAME_BYTES, CHUNK) } })
    let [fetched, open] = [0, 0]
    const counting = {
      ...made.store,
      read: async function* (key: string, range?: { from: number; bytes: number }) {
        open++
        try {
          for await (const chunk of made.store.read(key, range)) {
            fetched += chunk.length
            yield chunk
          }
        } finally {
          open--
        }
      },
    }
    const archive = await openArchive({ store: counting, tenant: TENANT, archive: ARCHIVE, keys: { find: async () => made.key! } })
    expect(open).toBe(0)
    fetched = 0
    const [share, most] = [made.store.objects.get([...made.store.objects.keys()][0]!)!.length / (24 * FRAME_BYTES), { ahead: 0 }]
    let taken = 0
    for await (const chunk of archive.read('big')) {
      most.ahead = Math.max(most.ahead, fetched / share - taken)
      taken += chunk.length
      if (taken > 12 * FRAME_BYTES) break
    }
    expect(most.ahead).toBeLessThan(MOST)
    expect(open).toBe(0)
  })
})

describe('ordered', () => {
  async function* numbers(count: number): AsyncGenerator<number> {
    for (let n = 0; n < count; n++) yield n
  }
  const later = (n: number): Promise<number> => new Promise((done) => setTimeout(() => done(n), n % 3))

  test.each([1, 2, 7, 100])('yields in order, whatever is ready first (%i at once)', async (depth) => {
    const found: number[] = []
    for await (const n of ordered(numbers(20), depth, later)) found.push(n)
    expect(found).toEqual(Array.from({ length: 20 }, (_, n) => n))
  })

  test('tells a failure in its turn, and leaves nothing running', async () => {
    const ended: number[] = []
    const found: number[] = []
    const make = async (n: number): Promise<number> => {
      await later(n)
      ended.push(n)
      if (n === 3) throw n
      return n
    }
    const all = async (): Promise<void> => {
      for await (const n of ordered(numbers(20), 4, make)) found.push(n)
    }
    await expect(all()).rejects.toBe(3)
    expect(found).toEqual([0, 1, 2])
    expect(ended.sort()).toEqual([0, 1, 2, 3, 4, 5, 6].slice(0, ended.length))
    expect(ended.length).toBeGreaterThanOrEqual(6)
  })
})

test('a manifest that would be too large is not written', async () => {
  const facts = { text: 'x'.repeat(65 << 20) }
  const store = memoryStore()
  expect(await codeOf(() => makeArchive({ encrypted: false, contents: { a: CHUNK }, facts, store }))).toBe('ARCHIVE_TOO_LARGE')
  expect(store.objects.size).toBe(0)
})
