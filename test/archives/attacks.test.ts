import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { fault } from '../../src/kernel/faults.js'
import { FRAME_BYTES } from '../../src/transfer/archive/format.js'
import { HEAD_BYTES } from '../../src/transfer/archive/frame.js'
import { openArchive } from '../../src/transfer/archive/reader.js'
import { borders, changeHead } from './forged.js'
import {
  ARCHIVE,
  codeOf,
  drained,
  type Made,
  makeArchive,
  OTHER_ARCHIVE,
  OTHER_TENANT,
  objectNamed,
  restored,
  rows,
  TENANT,
} from './made.js'
import { keysOf, memoryStore, newKey } from './stores.js'

// Two frames that compress to little, so that every flip is worth its time, and several streams in two segments.
const CONTENTS = {
  big: Buffer.alloc(FRAME_BYTES + 70_000, 'a line that comes again and again\n'),
  random: randomBytes(9_000),
  rows: rows(20_000),
  empty: Buffer.alloc(0),
}
const EQUAL = { a: randomBytes(3 * FRAME_BYTES), b: randomBytes(3 * FRAME_BYTES) }

/** The code with which a restore is refused once the object is this. The object is put back. */
async function codeWith(made: Made, name: string, spoiled: Buffer | undefined): Promise<string> {
  const right = made.store.objects.get(name)!
  if (spoiled === undefined) made.store.objects.delete(name)
  else made.store.objects.set(name, spoiled)
  try {
    return await codeOf(() => restored(made))
  } finally {
    made.store.objects.set(name, right)
  }
}

function flipped(bytes: Buffer, at: number, bit: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at]! ^= 1 << bit
  return copy
}

describe.each([
  ['encrypted', true, 16],
  ['not encrypted', false, 32],
] as const)('an archive that is %s', (_, encrypted, tagBytes) => {
  test('with one bit flipped is refused, 1,000 times of 1,000', async () => {
    const made = await makeArchive({ encrypted, contents: CONTENTS })
    const places = [...made.store.objects].flatMap(([name, bytes]) => Array.from(bytes, (_, at) => ({ name, bytes, at })))
    const codes = new Map<string, number>()
    for (let n = 0; n < 1_000; n++) {
      const { name, bytes, at } = places[Math.floor(((n + Math.random()) * places.length) / 1_000)]!
      const code = await codeWith(made, name, flipped(bytes, at, n % 8))
      codes.set(code, (codes.get(code) ?? 0) + 1)
    }
    expect([...codes]).toEqual([['ARCHIVE_CORRUPT', 1_000]])
    await restored(made)
  })

  test('with one bit flipped anywhere in the manifest, or in a header or tag of a frame, is refused', async () => {
    const made = await makeArchive({ encrypted, contents: { rows: rows(300), empty: Buffer.alloc(0) }, lanes: 1 })
    for (const [name, bytes] of made.store.objects) {
      for (let at = 0; at < bytes.length; at++) {
        expect([name, at, await codeWith(made, name, flipped(bytes, at, at % 8))]).toEqual([name, at, 'ARCHIVE_CORRUPT'])
      }
    }
  })

  test('that is cut off anywhere is told as that', async () => {
    const made = await makeArchive({ encrypted, contents: CONTENTS })
    for (const [name, bytes] of [...made.store.objects]) {
      const isManifest = name.endsWith('manifest')
      const start = isManifest ? bytes.indexOf(0x0a) + 66 : 0
      const ends = new Set([0, 1, bytes.length - 1, ...borders(bytes, tagBytes, start), ...(isManifest ? [start - 66, start - 65] : [])])
      for (let at = 0; at < bytes.length; at += 4_096) ends.add(at)
      for (const border of borders(bytes, tagBytes, start)) for (const off of [1, HEAD_BYTES - 1, HEAD_BYTES]) ends.add(border + off)
      for (const end of [...ends].filter((one) => one < bytes.length)) {
        expect([name, end, await codeWith(made, name, bytes.subarray(0, end))]).toEqual([name, end, 'ARCHIVE_TRUNCATED'])
      }
      expect(await codeWith(made, name, Buffer.concat([bytes, Buffer.from('\n')]))).toBe('ARCHIVE_CORRUPT')
    }
  })

  test('that loses bytes while it is read is told as cut off, and one that loses a segment as well', async () => {
    const made = await makeArchive({ encrypted, contents: CONTENTS })
    const archive = await made.open()
    const name = objectNamed(made, 'segment-0')
    const bytes = made.store.objects.get(name)!
    await drained(archive.read('big'))
    made.store.objects.set(name, bytes.subarray(0, bytes.length - 1))
    expect(await codeOf(() => archive.verify())).toBe('ARCHIVE_TRUNCATED')
    made.store.objects.delete(name)
    expect(await codeOf(() => archive.verify())).toBe('ARCHIVE_TRUNCATED')
    expect(await codeOf(() => restored(made))).toBe('ARCHIVE_TRUNCATED')
  })

  test('with frames reordered, doubled, dropped, or of another stream is refused', async () => {
    const made = await makeArchive({ encrypted, contents: EQUAL, compression: 'none', lanes: 1 })
    const name = objectNamed(made, 'segment-0')
    const bytes = made.store.objects.get(name)!
    const ends = borders(bytes, tagBytes)
    const frames = ends.slice(0, -1).map((from, n) => bytes.subarray(from, ends[n + 1]))
    const put = (...order: readonly number[]): Promise<string> => codeWith(made, name, Buffer.concat(order.map((n) => frames[n]!)))
    expect(frames.length).toBe(6)
    expect(await put(0, 1, 2, 3, 4, 5)).toBe('nothing')
    expect(await put(1, 0, 2, 3, 4, 5)).toBe('ARCHIVE_CORRUPT')
    expect(await put(0, 0, 2, 3, 4, 5)).toBe('ARCHIVE_CORRUPT')
    expect(await put(3, 4, 5, 0, 1, 2)).toBe('ARCHIVE_CORRUPT')
    expect(await put(0, 1, 5, 3, 4, 2)).toBe('ARCHIVE_CORRUPT')
    expect(await put(0, 2, 3, 4, 5, 5)).toBe('ARCHIVE_CORRUPT')
    expect(await put(0, 1, 2, 3, 4, 4)).toBe('ARCHIVE_CORRUPT')
    expect(await put(0, 1, 2, 3, 4, 5, 5)).toBe('ARCHIVE_CORRUPT')
    expect(await put(0, 2, 3, 4, 5)).toBe('ARCHIVE_TRUNCATED')
    expect(await put(0, 1, 3, 4, 5)).toBe('ARCHIVE_TRUNCATED')
    expect(await put(0, 1, 2, 3, 4)).toBe('ARCHIVE_TRUNCATED')
  })

  test('with a header changed, its checksum made right again, is refused: each field counts', async () => {
    const made = await makeArchive({ encrypted, contents: CONTENTS, lanes: 1 })
    const name = objectNamed(made, 'segment-0')
    const bytes = made.store.objects.get(name)!
    const code = (change: (head: Buffer) => void, at = 0): Promise<string> => codeWith(made, name, changeHead(bytes, at, change))
    expect(await code(() => undefined)).toBe('nothing')
    expect(await code((head) => head.writeUInt32BE(1, 0))).toBe('ARCHIVE_CORRUPT')
    for (const flags of [0, 1, 3, 4, 0x80]) expect(await code((head) => head.writeUInt8(flags, 4))).toBe('ARCHIVE_CORRUPT')
    for (const reserved of [5, 6, 7]) expect(await code((head) => head.writeUInt8(1, reserved))).toBe('ARCHIVE_CORRUPT')
    for (const field of [8, 12, 16, 20]) expect(await code((head) => head.writeUInt32BE(7, field))).toBe('ARCHIVE_CORRUPT')
    expect(await code((head) => head.writeUInt32BE(FRAME_BYTES - 1, 24))).toBe('ARCHIVE_CORRUPT')
    expect(await code((head) => head.writeUInt32BE(head.readUInt32BE(28) - 1, 28))).toBe('ARCHIVE_CORRUPT')
    for (const field of [24, 28]) {
      expect(await code((head) => head.writeUInt32BE(FRAME_BYTES + 1, field))).toBe('ARCHIVE_TOO_LARGE')
      expect(await code((head) => head.writeUInt32BE(0xffffffff, field))).toBe('ARCHIVE_TOO_LARGE')
    }
    const last = borders(bytes, tagBytes).at(-2)!
    expect(await code((head) => head.writeUInt8(0, 4), last)).toBe('ARCHIVE_CORRUPT')
  })

  test('with a segment, or frames, of another archive of the same tenant, key and content is refused', async () => {
    const key = newKey(TENANT)
    const one = await makeArchive({ encrypted, contents: EQUAL, compression: 'none', key, lanes: 1 })
    const other = await makeArchive({ encrypted, contents: EQUAL, compression: 'none', key, lanes: 1, archive: OTHER_ARCHIVE })
    const name = objectNamed(one, 'segment-0')
    const [mine, theirs] = [one.store.objects.get(name)!, other.store.objects.get(objectNamed(other, 'segment-0'))!]
    expect(await codeWith(one, name, theirs)).toBe('ARCHIVE_CORRUPT')
    const ends = borders(mine, tagBytes)
    for (const n of [0, 2, 5]) {
      const [from, to] = [ends[n]!, ends[n + 1]!]
      expect(await codeWith(one, name, Buffer.concat([mine.subarray(0, from), theirs.subarray(from, to), mine.subarray(to)]))).toBe(
        'ARCHIVE_CORRUPT',
      )
    }
    const manifest = objectNamed(one, 'manifest')
    const [own, foreign] = [one.store.objects.get(manifest)!, other.store.objects.get(objectNamed(other, 'manifest'))!]
    const [head, tail] = [own.subarray(0, own.indexOf(0x0a) + 66), foreign.subarray(foreign.indexOf(0x0a) + 66)]
    expect(await codeWith(one, manifest, Buffer.concat([head, tail]))).toBe('ARCHIVE_CORRUPT')
  })

  test('at whose place the manifest of another tenant or archive lies is refused', async () => {
    const contents = { a: rows(99) }
    const made = await makeArchive({ encrypted, contents })
    const manifest = objectNamed(made, 'manifest')
    const stranger = await makeArchive({ encrypted, contents, tenant: OTHER_TENANT })
    expect(await codeWith(made, manifest, stranger.store.objects.get(objectNamed(stranger, 'manifest')))).toBe('ARCHIVE_TENANT_MISMATCH')
    const older = await makeArchive({ encrypted, contents, archive: OTHER_ARCHIVE })
    expect(await codeWith(made, manifest, older.store.objects.get(objectNamed(older, 'manifest')))).toBe('ARCHIVE_STALE')
    expect(await codeWith(made, manifest, undefined)).toBe('ARCHIVE_MISSING')
  })

  test('at whose place an older one of the same id lies is refused by whoever knows the digest', async () => {
    const key = newKey(TENANT)
    const older = await makeArchive({ encrypted, contents: { a: rows(99) }, key })
    const newer = await makeArchive({ encrypted, contents: { a: rows(99, 2) }, key })
    await restored(newer, newer.written)
    // The manifest alone names segments that are not there; with its segments it is an archive, and not the one that is known.
    const [right, manifest] = [newer.store.objects.get(objectNamed(newer, 'manifest'))!, objectNamed(newer, 'manifest')]
    newer.store.objects.set(manifest, older.store.objects.get(manifest)!)
    expect(await codeOf(() => restored(newer))).toBe('ARCHIVE_TRUNCATED')
    expect(await codeOf(() => restored(newer, newer.written))).toBe('ARCHIVE_STALE')
    for (const [name, bytes] of older.store.objects) newer.store.objects.set(name, bytes)
    expect(await codeOf(() => restored({ ...newer, contents: older.contents }))).toBe('nothing')
    expect(await codeOf(() => restored(newer, newer.written))).toBe('ARCHIVE_STALE')
    newer.store.objects.set(manifest, right)
    await restored(newer, newer.written)
  })
})

describe('keys', () => {
  const contents = { a: rows(5_000) }

  test('a wrong key, none and one that is not there are each refused as a key that cannot be had', async () => {
    const made = await makeArchive({ encrypted: true, contents })
    const open = (keys: Parameters<typeof openArchive>[0]['keys']): Promise<string> =>
      codeOf(() => openArchive({ store: made.store, tenant: TENANT, archive: ARCHIVE, keys }))
    expect(await open(keysOf(made.key!))).toBe('nothing')
    expect(await open(keysOf(newKey(TENANT)))).toBe('KEY_UNAVAILABLE')
    expect(await open(keysOf({ ...made.key!, id: 'k2' }))).toBe('KEY_UNAVAILABLE')
    expect(await open(null)).toBe('KEY_UNAVAILABLE')
    const destroyed = fault('KEY_DESTROYED', { tenant: TENANT, destroyedAt: '2026-01-01' })
    expect(await open({ find: () => Promise.reject(destroyed) })).toBe('KEY_DESTROYED')
  })

  test('after a rotation archives of the old key and of the new one are read', async () => {
    const [old, current] = [newKey(TENANT, 'old'), newKey(TENANT, 'current')]
    const store = memoryStore()
    await makeArchive({ encrypted: true, contents, store, key: old })
    await makeArchive({ encrypted: true, contents, store, key: current, archive: OTHER_ARCHIVE })
    for (const archive of [ARCHIVE, OTHER_ARCHIVE]) {
      await (await openArchive({ store, tenant: TENANT, archive, keys: keysOf(current, old) })).verify()
    }
  })

  test('an archive that is not encrypted is not taken for an encrypted one', async () => {
    const forged = await makeArchive({ encrypted: false, contents })
    const open = (expected?: { manifestDigest?: string; encrypted?: boolean }): Promise<string> =>
      codeOf(() =>
        openArchive({
          store: forged.store,
          tenant: TENANT,
          archive: ARCHIVE,
          keys: keysOf(newKey(TENANT)),
          ...(expected === undefined ? {} : { expected }),
        }),
      )
    expect(await open()).toBe('ARCHIVE_UNENCRYPTED')
    expect(await open({ encrypted: true, manifestDigest: forged.written.manifestDigest })).toBe('ARCHIVE_UNENCRYPTED')
    expect(await open({ encrypted: false })).toBe('nothing')
    expect(await open({ manifestDigest: forged.written.manifestDigest })).toBe('nothing')
    expect(await open({ manifestDigest: '0'.repeat(64) })).toBe('ARCHIVE_STALE')
  })

  test('nothing of the content, and nothing of its names and facts, is in the store', async () => {
    const secret = 'a secret that nobody may read'
    const made = await makeArchive({ encrypted: true, compression: 'none', contents: { [secret]: Buffer.from(secret) }, facts: { secret } })
    for (const bytes of made.store.objects.values()) {
      expect(bytes.includes(secret)).toBe(false)
      expect(bytes.includes(made.key!.key)).toBe(false)
      expect(bytes.includes(made.key!.key.toString('hex'))).toBe(false)
    }
  })
})
