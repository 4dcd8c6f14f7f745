import { randomBytes } from 'node:crypto'
import * as zlib from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { FRAME_BYTES } from '../../src/transfer/archive/format.js'
import { type Fields, type ForgedFrame, forge, withHeader } from './forged.js'
import { codeOf, makeArchive, objectNamed, restored, rows, TENANT } from './made.js'
import { newKey } from './stores.js'

const WHO = [
  ['anybody, without a key', undefined],
  ['a writer that has the key', newKey(TENANT)],
] as const

const code = (made: Parameters<typeof restored>[0]): Promise<string> => codeOf(() => restored(made))
const packed = (plain: Buffer, declared: number): ForgedFrame => {
  const payload = zlib.gzipSync(plain)
  return { payload, head: { plain: declared, stored: payload.length, compressed: true } }
}

const BOMB_BYTES = 200 << 20
const BOMB = zlib.gzipSync(Buffer.alloc(BOMB_BYTES), { level: 1 })
const bomb = (declared: number): ForgedFrame => ({ payload: BOMB, head: { plain: declared, stored: BOMB.length, compressed: true } })

describe.each(WHO)('made by %s', (_, key) => {
  const own = key === undefined ? {} : { key }

  test('what is right is read, so that the rest is refused for its own reason', async () => {
    const text = rows(50_000)
    expect(await code(forge({ frames: [packed(text, text.length), { payload: Buffer.from('x') }], ...own }))).toBe('nothing')
  })

  test('a bomb ends at the size that it declares', async () => {
    const before = process.memoryUsage().rss
    expect(await code(forge({ frames: [bomb(FRAME_BYTES)], ...own }))).toBe('ARCHIVE_TOO_LARGE')
    expect(process.memoryUsage().rss - before).toBeLessThan(100 << 20)
    const honest = (right: Fields): unknown => {
      const [stream] = right.streams as [{ runs: [Fields] }]
      return { ...right, streams: [{ ...stream, runs: [{ ...stream.runs[0], plainBytes: FRAME_BYTES }] }] }
    }
    expect(await code(forge({ frames: [bomb(BOMB_BYTES)], manifest: honest, ...own }))).toBe('ARCHIVE_TOO_LARGE')
  })

  test('sizes that lie both ways', async () => {
    const text = rows(50_000)
    for (const less of [1, 1_000])
      expect(await code(forge({ frames: [packed(text, text.length - less)], ...own }))).toBe('ARCHIVE_TOO_LARGE')
    for (const more of [1, 1_000]) expect(await code(forge({ frames: [packed(text, text.length + more)], ...own }))).toBe('ARCHIVE_CORRUPT')
    for (const plain of [0, 9, 11])
      expect(await code(forge({ frames: [{ payload: rows(10), head: { plain } }], ...own }))).toBe('ARCHIVE_CORRUPT')
    expect(await code(forge({ frames: [{ payload: randomBytes(FRAME_BYTES + 1) }], ...own }))).toBe('ARCHIVE_CORRUPT')
    expect(await code(forge({ frames: [{ payload: rows(30), head: { plain: 90, compressed: true } }], ...own }))).toBe('ARCHIVE_CORRUPT')
    expect(await code(forge({ frames: [{ payload: rows(30), head: { stored: 20, plain: 20 } }], ...own }))).toMatch(
      /^ARCHIVE_(CORRUPT|TRUNCATED)$/,
    )
  })

  test('frames that are not those that the manifest tells of', async () => {
    const two = [{ payload: rows(10) }, { payload: rows(10) }]
    const run = (change: Fields) => (right: Fields) => {
      const [stream] = right.streams as [Fields]
      return { ...right, streams: [{ ...stream, runs: [{ ...(stream.runs as [Fields])[0], ...change }] }] }
    }
    expect(await code(forge({ frames: [two[0]!, { ...two[1]!, head: { final: false } }], ...own }))).toBe('ARCHIVE_CORRUPT')
    expect(await code(forge({ frames: [{ ...two[0]!, head: { final: true } }, two[1]!], ...own }))).toBe('ARCHIVE_CORRUPT')
    for (const head of [{ stream: 1 }, { stream: -1 }, { index: 1 }, { before: 1 }]) {
      expect([head, await code(forge({ frames: [{ ...two[0]!, head }, two[1]!], ...own }))]).toEqual([head, 'ARCHIVE_CORRUPT'])
    }
    for (const change of [{ digest: '0'.repeat(64) }, { plainBytes: 19 }, { plainBytes: 21 }, { frames: 1 }, { frames: 3 }, { bytes: 1 }]) {
      expect([change, await code(forge({ frames: two, manifest: run(change), ...own }))]).toEqual([change, 'ARCHIVE_CORRUPT'])
    }
  })

  test('a manifest that contradicts itself, has no form, or has no end', async () => {
    const frames = [{ payload: rows(10) }]
    const stream = (change: Fields) => (right: Fields) => ({ ...right, streams: [{ ...(right.streams as [Fields])[0], ...change }] })
    const forms: readonly ((right: Fields) => unknown)[] = [
      () => null,
      () => [],
      () => ({}),
      (right) => ({ ...right, segments: [] }),
      (right) => ({ ...right, segments: [-1] }),
      (right) => ({ ...right, segments: [1e300] }),
      (right) => ({ ...right, segments: [...(right.segments as number[]), 9] }),
      (right) => ({ ...right, segments: [(right.segments as [number])[0] + 1] }),
      (right) => ({ ...right, streams: [] }),
      (right) => ({ ...right, streams: [...(right.streams as []), ...(right.streams as [])] }),
      (right) => ({ ...right, streams: [...(right.streams as []), { ...(right.streams as [Fields])[0], name: 'b' }] }),
      stream({ offset: 1 }),
      stream({ offset: -1 }),
      stream({ segment: 1 }),
      stream({ segment: '0' }),
      stream({ segment: '../../../../etc/passwd' }),
      stream({ runs: [] }),
      stream({ name: null }),
    ]
    for (const [n, manifest] of forms.entries()) {
      expect([n, await code(forge({ frames, manifest, ...own }))]).toEqual([n, 'ARCHIVE_CORRUPT'])
    }
    expect(await code(forge({ frames, manifestFrames: [{ payload: Buffer.from('{') }], ...own }))).toBe('ARCHIVE_CORRUPT')
    expect(await code(forge({ frames, manifestFrames: [{ payload: Buffer.from('{}'), head: { final: false } }], ...own }))).toBe(
      'ARCHIVE_TRUNCATED',
    )
    const zeros = packed(Buffer.alloc(FRAME_BYTES), FRAME_BYTES)
    expect(await code(forge({ frames, manifestFrames: Array.from({ length: 65 }, () => zeros), ...own }))).toBe('ARCHIVE_TOO_LARGE')
  })
})

describe('a manifest whose header was written anew, its checksum right', () => {
  const change = async (encrypted: boolean, fields: Fields): Promise<string> => {
    const made = await makeArchive({ encrypted, contents: { a: rows(100) } })
    const name = objectNamed(made, 'manifest')
    made.store.objects.set(
      name,
      withHeader(made.store.objects.get(name)!, (right) => ({ ...right, ...fields })),
    )
    return codeOf(() => restored(made, { encrypted }))
  }
  const versions: readonly Fields[] = [
    ...[0, 2, 2 ** 31, -1, 1.5, '1', null, true].map((version) => ({ version })),
    ...[['sparse'], ['a', 'b'], 'a', null, {}, [null]].map((features) => ({ features })),
    ...['tar', null, 7].map((format) => ({ format })),
    ...['aes-128-gcm', 'none', null].map((seal) => ({ seal })),
    ...['brotli', null, '__proto__'].map((compression) => ({ compression })),
  ]

  test.each([true, false])('is refused as a version that is not known (encrypted: %s)', async (encrypted) => {
    for (const fields of versions) expect([fields, await change(encrypted, fields)]).toEqual([fields, 'ARCHIVE_VERSION'])
  })

  test.each([true, false])('is refused for whatever else it says (encrypted: %s)', async (encrypted) => {
    const others: readonly Fields[] = [
      { compression: 'none' },
      { salt: 'AB'.repeat(32) },
      { salt: 'ab' },
      { salt: null },
      { tenant: null },
      ...['', '\u0000', '\ud800', '\u001b[2J', 'a/b', 'a'.repeat(64)].flatMap((name) => [
        { tenant: name },
        { archive: name },
        { key: name, seal: 'aes-256-gcm', check: 'cd'.repeat(32) },
      ]),
      { extra: 1 },
      encrypted ? { seal: 'sha-256' } : { seal: 'aes-256-gcm' },
      encrypted ? { key: null } : { key: 'k1' },
      { check: 7 },
    ]
    for (const fields of others) expect([fields, await change(encrypted, fields)]).toEqual([fields, 'ARCHIVE_CORRUPT'])
    // With another salt or check the key no longer belongs to it.
    const strange = encrypted ? 'KEY_UNAVAILABLE' : 'ARCHIVE_CORRUPT'
    expect(await change(encrypted, { salt: 'cd'.repeat(32) })).toBe(strange)
    expect(await change(encrypted, { check: 'cd'.repeat(32) })).toBe(strange)
  })

  test('with keys or nesting that two readers may understand in two ways', async () => {
    const made = await makeArchive({ encrypted: false, contents: {} })
    const name = objectNamed(made, 'manifest')
    const deep = `${'['.repeat(70)}${']'.repeat(70)}`
    for (const value of [JSON.parse(deep) as unknown]) {
      made.store.objects.set(
        name,
        withHeader(made.store.objects.get(name)!, (right) => ({ ...right, extra: value })),
      )
      expect(await codeOf(() => restored(made))).toBe('ARCHIVE_CORRUPT')
    }
  })
})

test('zstd is used where Node has it, and refused with a clear fault where not', async () => {
  const has = 'zstdCompress' in zlib
  const contents = { a: rows(3_000_000), b: Buffer.alloc(0) }
  const attempt = async (): Promise<void> => restored(await makeArchive({ encrypted: true, compression: 'zstd', contents }))
  expect(await codeOf(attempt)).toBe(has ? 'nothing' : 'ARCHIVE_COMPRESSION')
  if (has) return
  const made = await makeArchive({ encrypted: false, contents })
  const name = objectNamed(made, 'manifest')
  made.store.objects.set(
    name,
    withHeader(made.store.objects.get(name)!, (right) => ({ ...right, compression: 'zstd' })),
  )
  expect(await codeOf(() => made.open())).toBe('ARCHIVE_COMPRESSION')
})
