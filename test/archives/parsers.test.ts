import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type FaultCode, isFault } from '../../src/kernel/faults.js'
import { HEAD_BYTES, readHead, writeHead } from '../../src/transfer/archive/frame.js'
import { type ArchiveHeader, CHECKSUM_LINE_BYTES, HEADER_LINE_BYTES, readHeader, writeHeader } from '../../src/transfer/archive/header.js'
import { readManifest } from '../../src/transfer/archive/manifest.js'
import { openArchive } from '../../src/transfer/archive/reader.js'
import { changeHead, HEADER, headerLines } from './forged.js'
import { ARCHIVE, codeOf, makeArchive, objectNamed, rows, TENANT } from './made.js'
import { memoryStore } from './stores.js'

const bytes = (length: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((array) => Buffer.from(array))
const hex = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((array) => Buffer.from(array).toString('hex'))
const uint32 = fc.nat({ max: 0xffffffff })
const head = fc.record({
  stream: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  index: uint32,
  before: fc.maxSafeNat(),
  plain: uint32,
  stored: uint32,
  final: fc.boolean(),
  compressed: fc.boolean(),
})

/** What a parser makes of it, or undefined for one of these faults. Anything else is thrown on. */
function parsed<T>(parse: () => T, ...codes: readonly FaultCode[]): T | undefined {
  try {
    return parse()
  } catch (error) {
    if (!isFault(error, ...codes)) throw error
    return undefined
  }
}

describe('frame headers', () => {
  test('are read as they were written, and in one way only', () => {
    fc.assert(
      fc.property(head, (fields) => {
        const written = writeHead(fields)
        expect(readHead(written)).toEqual(fields)
        expect(written.length).toBe(HEAD_BYTES)
      }),
      { numRuns: 3_000 },
    )
  })

  test('of any bytes are a header that is written so again, or an objection', () => {
    const near = fc
      .tuple(head, fc.nat({ max: 31 }), fc.nat({ max: 255 }))
      .map(([fields, at, value]) => changeHead(writeHead(fields), 0, (found) => found.writeUInt8(value, at)))
    fc.assert(
      fc.property(fc.oneof(bytes(HEAD_BYTES), near, fc.uint8Array({ maxLength: 80 }).map(Buffer.from)), (given) => {
        const read = readHead(given)
        if (typeof read === 'string') expect(read).not.toBe('')
        else expect(writeHead(read)).toEqual(given)
      }),
      { numRuns: 5_000 },
    )
  })
})

describe('the two lines of a manifest', () => {
  const name = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,62}$/)
  const header: fc.Arbitrary<ArchiveHeader> = fc
    .record({
      tenant: name,
      archive: name,
      key: fc.option(name),
      compression: fc.constantFrom('gzip', 'zstd', 'none'),
      salt: hex,
      check: hex,
    })
    .map((fields) => ({ ...fields, check: fields.key === null ? null : fields.check }))

  const split = (lines: Buffer): [Buffer, Buffer] => [lines.subarray(0, -CHECKSUM_LINE_BYTES), lines.subarray(-CHECKSUM_LINE_BYTES)]

  test('are read as they were written', () => {
    fc.assert(
      fc.property(header, (fields) => {
        const { lines, context } = writeHeader(fields)
        expect(readHeader(...split(lines), ARCHIVE)).toEqual({ header: fields, context })
      }),
      { numRuns: 1_000 },
    )
  })

  test('of any JSON are a header or a fault, whatever their checksum', () => {
    const near = fc.tuple(fc.constantFrom(...Object.keys(HEADER)), fc.jsonValue()).map(([key, value]) => ({ ...HEADER, [key]: value }))
    fc.assert(
      fc.property(fc.oneof(near, fc.jsonValue(), fc.object()), fc.boolean(), (value, right) => {
        const { lines } = headerLines(value as typeof HEADER)
        if (!right) lines[lines.length - 2]! ^= 1
        const read = parsed(() => readHeader(...split(lines), ARCHIVE), 'ARCHIVE_CORRUPT', 'ARCHIVE_VERSION')
        if (!right) expect(read).toBeUndefined()
        else if (read !== undefined) expect(read.header.salt).toMatch(/^[0-9a-f]{64}$/)
      }),
      { numRuns: 5_000 },
    )
  })
})

test('the body of a manifest of any JSON, or of any bytes, is a manifest or ARCHIVE_CORRUPT', () => {
  const count = fc.oneof(fc.nat({ max: 70 }), fc.integer(), fc.double())
  const run = fc.record({ frames: count, bytes: count, plainBytes: count, digest: fc.oneof(hex, fc.string()) })
  const stream = fc.record({ name: fc.string(), segment: count, offset: count, runs: fc.array(run, { maxLength: 3 }) })
  const near = fc.record({
    segments: fc.array(count, { maxLength: 3 }),
    streams: fc.array(stream, { maxLength: 3 }),
    facts: fc.jsonValue(),
  })
  const json = fc.oneof(near, fc.jsonValue()).map((value) => Buffer.from(JSON.stringify(value)))
  fc.assert(
    fc.property(fc.oneof(json, fc.uint8Array().map(Buffer.from)), (body) => {
      parsed(() => readManifest(body, ARCHIVE, 32), 'ARCHIVE_CORRUPT')
    }),
    { numRuns: 4_000 },
  )
})

test('any bytes in the place of a manifest, and a right one with any part replaced, are refused', async () => {
  const made = await makeArchive({ encrypted: false, contents: { a: rows(400) } })
  const name = objectNamed(made, 'manifest')
  const right = made.store.objects.get(name)!
  const replaced = fc
    .tuple(fc.nat({ max: right.length }), fc.nat({ max: 80 }), fc.uint8Array({ maxLength: 80 }))
    .map(([at, cut, put]) => Buffer.concat([right.subarray(0, at), put, right.subarray(at + cut)]))
    .filter((changed) => !changed.equals(right))
  await fc.assert(
    fc.asyncProperty(fc.oneof(replaced, fc.uint8Array({ maxLength: 300 }).map(Buffer.from)), async (manifest) => {
      const store = memoryStore(new Map([[name, manifest]]))
      const code = await codeOf(() => openArchive({ store, tenant: TENANT, archive: ARCHIVE, keys: null }))
      expect(['ARCHIVE_CORRUPT', 'ARCHIVE_TRUNCATED']).toContain(code)
    }),
    { numRuns: 2_000 },
  )
})

test.each([0, 1, HEADER_LINE_BYTES - 1, HEADER_LINE_BYTES, HEADER_LINE_BYTES + 1, 1 << 20])(
  'a manifest of %i bytes without a line is refused',
  async (size) => {
    const made = await makeArchive({ encrypted: false, contents: {} })
    made.store.objects.set(objectNamed(made, 'manifest'), Buffer.alloc(size, 'x'))
    expect(await codeOf(() => made.open())).toBe(size < HEADER_LINE_BYTES ? 'ARCHIVE_TRUNCATED' : 'ARCHIVE_CORRUPT')
  },
)
