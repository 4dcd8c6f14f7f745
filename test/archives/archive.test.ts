import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { fault } from '../../src/kernel/faults.js'
import { FRAME_BYTES, RUN_FRAMES } from '../../src/transfer/archive/format.js'
import { copyArchive, listArchives, removeArchive } from '../../src/transfer/archive/keep.js'
import { openArchive } from '../../src/transfer/archive/reader.js'
import { writeArchive } from '../../src/transfer/archive/writer.js'
import { ARCHIVE, codeOf, drained, makeArchive, OTHER_ARCHIVE, OTHER_TENANT, restored, rows, TENANT } from './made.js'
import { keysOf, memoryStore, newKey } from './stores.js'

const CONTENTS = {
  empty: Buffer.alloc(0),
  one: Buffer.from('a'),
  'almost a frame': rows(FRAME_BYTES - 1),
  'a frame': randomBytes(FRAME_BYTES),
  'more than a frame': rows(FRAME_BYTES + 1),
  'table "with" ä/strange\nname': rows(3 * FRAME_BYTES + 17, 5),
}

const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

describe.each([
  ['encrypted', true],
  ['not encrypted', false],
] as const)('an archive that is %s', (_, encrypted) => {
  test.each(['gzip', 'none'] as const)('gives back what was put in, compressed with %s', async (compression) => {
    const made = await makeArchive({ encrypted, compression, contents: CONTENTS, facts: { at: 'now', tables: [1, null] } })
    const archive = await made.open()
    await restored(made, { manifestDigest: made.written.manifestDigest })
    expect(archive).toMatchObject({ facts: { at: 'now', tables: [1, null] }, compression, key: encrypted ? 'k1' : null })
    expect(archive.streams.map(({ name, plainBytes }) => [name, plainBytes])).toEqual(
      Object.entries(CONTENTS).map(([name, bytes]) => [name, bytes.length]),
    )
  })

  test('tells its size and the digest of its manifest as the store has them, and each frame as it goes', async () => {
    const told = { plain: 0, stored: 0 }
    const onBytes = (plain: number, stored: number): void => {
      told.plain += plain
      told.stored += stored
    }
    const made = await makeArchive({ encrypted, contents: CONTENTS, onBytes })
    const manifest = made.store.objects.get(`tenants/${TENANT}/${ARCHIVE}/manifest`)!
    const plainBytes = Object.values(CONTENTS).reduce((sum, { length }) => sum + length, 0)
    const bytes = [...made.store.objects.values()].reduce((sum, { length }) => sum + length, 0)
    expect(made.written).toEqual({ bytes, plainBytes, manifestDigest: createHash('sha256').update(manifest).digest('hex') })
    expect(told).toEqual({ plain: plainBytes, stored: bytes - manifest.length })
    const read = { plain: 0, stored: 0 }
    await (await made.open()).verify((plain, stored) => {
      read.plain += plain
      read.stored += stored
    })
    expect(read).toEqual(told)
  })

  test('has as many segments as lanes that had something to do, and its manifest comes last', async () => {
    const { store } = await makeArchive({ encrypted, contents: { a: rows(10), b: rows(20), c: rows(30) }, lanes: 8 })
    const written = store.log.map((entry) => entry.replace(/-[0-9a-f]{8}$/, ''))
    expect([...written.slice(0, -1).sort(), written.at(-1)]).toEqual(
      ['segment-0', 'segment-1', 'segment-2', 'manifest'].map((name) => `write tenants/${TENANT}/${ARCHIVE}/${name}`),
    )
  })

  test('without streams is a manifest', async () => {
    const made = await makeArchive({ encrypted, contents: {} })
    await restored(made)
    expect([...made.store.objects.keys()]).toEqual([`tenants/${TENANT}/${ARCHIVE}/manifest`])
  })

  test('does not care about the sizes of chunks, on either side', async () => {
    const store = memoryStore(new Map(), 7)
    const contents = { small: rows(3_000), random: randomBytes(2_000) }
    await restored(await makeArchive({ encrypted, contents, store, chunkBytes: 1 }))
  })

  test('is read in parts, each on its own and in any order', async () => {
    const bytes = randomBytes((2 * RUN_FRAMES + 1) * FRAME_BYTES + 5)
    const made = await makeArchive({
      encrypted,
      compression: 'none',
      contents: { before: rows(99), big: bytes, after: rows(99, 2) },
      lanes: 1,
    })
    const archive = await made.open()
    expect(archive.streams.map(({ runs }) => runs)).toEqual([1, 3, 1])
    const parts = await Promise.all([2, 0, 1].map(async (from) => drained(archive.read('big', { from, to: from + 1 }))))
    expect(Buffer.concat([parts[1]!, parts[2]!, parts[0]!]).equals(bytes)).toBe(true)
    await archive.verify()
  })
})

test('two archives of the same content under one id share no ciphertext', async () => {
  const key = newKey(TENANT)
  const contents = { a: Buffer.alloc(FRAME_BYTES) }
  const [first, second] = [
    await makeArchive({ encrypted: true, key, compression: 'none', contents }),
    await makeArchive({ encrypted: true, key, compression: 'none', contents }),
  ]
  const blocks = (made: typeof first): Set<string> => {
    const segment = [...made.store.objects].find(([name]) => name.includes('segment'))![1]
    return new Set(Array.from({ length: 65_000 }, (_, n) => segment.subarray(36 + 16 * n, 52 + 16 * n).toString('hex')))
  }
  const [one, other] = [blocks(first), blocks(second)]
  expect(one.size).toBe(65_000)
  expect([...one].filter((block) => other.has(block))).toEqual([])
})

test('what was begun and not ended under an id is cleared away before it is written again; what is complete is not', async () => {
  const store = memoryStore()
  store.objects.set(`tenants/${TENANT}/${ARCHIVE}/segment-9-00000000`, Buffer.from('left behind'))
  const made = await makeArchive({ encrypted: false, contents: { a: rows(9) }, store })
  expect([...store.objects.keys()].filter((key) => key.includes('segment-9'))).toEqual([])
  expect(await codeOf(() => makeArchive({ encrypted: false, contents: { a: rows(8) }, store }))).toBe('ARCHIVE_EXISTS')
  await restored(made)
})

test.each(['stream', 'facts', 'store'])('when the %s fails, the first failure is told and nothing is left', async (failing) => {
  const store = memoryStore()
  const problem = fault('STORE_FULL', { store: 'x' })
  const fail = (): never => {
    throw problem
  }
  const broken = {
    ...store,
    write: async (key: string, chunks: AsyncIterable<Uint8Array>) => (key.includes('segment-1') ? fail() : store.write(key, chunks)),
  }
  async function* endless(): AsyncGenerator<Buffer> {
    for (;;) yield rows(70_000)
  }
  async function* breaking(): AsyncGenerator<Buffer> {
    yield rows(10)
    fail()
  }
  async function* fine(): AsyncGenerator<Buffer> {
    yield rows(10)
  }
  const writing = writeArchive(
    { store: failing === 'store' ? broken : store, tenant: TENANT, archive: ARCHIVE, key: null, compression: 'none' },
    {
      lanes: 2,
      streams: [
        { name: 'other', read: failing === 'facts' ? fine : endless },
        { name: 'breaking', read: failing === 'stream' ? breaking : fine },
      ],
      facts: async () => (failing === 'facts' ? fail() : null),
    },
  )
  await expect(writing).rejects.toBe(problem)
  expect([...store.objects.keys()]).toEqual([])
})

test('archives are listed, copied and removed; one without a manifest is told of as that', async () => {
  const store = memoryStore()
  const made = await makeArchive({ encrypted: true, contents: { a: rows(9) }, store })
  await makeArchive({ encrypted: false, contents: { a: rows(9) }, store, tenant: OTHER_TENANT, archive: OTHER_ARCHIVE })
  store.objects.set(`tenants/${TENANT}/${OTHER_ARCHIVE}/segment-0-00000000`, Buffer.from('left behind'))
  store.objects.set('tenants/notes.txt', Buffer.from('not ours'))
  const bytes = (tenant: string, archive: string): number =>
    [...store.objects].filter(([key]) => key.includes(`${tenant}/${archive}`)).reduce((sum, [, { length }]) => sum + length, 0)
  const mine = [
    { tenant: TENANT, archive: ARCHIVE, complete: true, bytes: bytes(TENANT, ARCHIVE) },
    { tenant: TENANT, archive: OTHER_ARCHIVE, complete: false, bytes: 11 },
  ]
  expect(await all(listArchives(store, TENANT))).toEqual(mine)
  expect(await all(listArchives(store))).toEqual([
    ...mine,
    { tenant: OTHER_TENANT, archive: OTHER_ARCHIVE, complete: true, bytes: bytes(OTHER_TENANT, OTHER_ARCHIVE) },
  ])

  const second = memoryStore()
  expect(await copyArchive(store, second, TENANT, ARCHIVE)).toEqual({ bytes: mine[0]!.bytes })
  await copyArchive(store, second, TENANT, ARCHIVE)
  expect(second.log.at(-1)).toMatch(/manifest$/)
  await removeArchive(store, TENANT, ARCHIVE)
  await removeArchive(store, TENANT, ARCHIVE)
  expect(store.log.filter((entry) => entry.startsWith('remove'))[0]).toMatch(/manifest$/)
  expect(await all(listArchives(store, TENANT))).toEqual(mine.slice(1))
  expect(await codeOf(() => made.open())).toBe('ARCHIVE_MISSING')
  expect(await codeOf(() => copyArchive(store, memoryStore(), TENANT, OTHER_ARCHIVE))).toBe('ARCHIVE_MISSING')
  await (await openArchive({ store: second, tenant: TENANT, archive: ARCHIVE, keys: keysOf(made.key!) })).verify()
})

test('a name that is no folder of its own is refused, and a stream that is not there', async () => {
  const archive = await (await makeArchive({ encrypted: false, contents: { a: rows(9) } })).open()
  expect(() => archive.read('b')).toThrow('"b"')
  for (const strange of ['..', '../x', 'a/b', '', 'A', '.hidden']) {
    expect(await codeOf(() => makeArchive({ encrypted: false, contents: {}, tenant: strange }))).toBe('ID_INVALID')
    expect(await codeOf(() => removeArchive(memoryStore(), TENANT, strange))).toBe('ID_INVALID')
  }
})
