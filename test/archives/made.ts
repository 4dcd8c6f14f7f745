import { expect } from 'vitest'
import { type FaultCode, isFault } from '../../src/kernel/faults.js'
import type { DataKey } from '../../src/stores/key-store.js'
import type { Compression, Json, OnBytes } from '../../src/transfer/archive/format.js'
import { type Archive, openArchive } from '../../src/transfer/archive/reader.js'
import { type WrittenArchive, writeArchive } from '../../src/transfer/archive/writer.js'
import { keysOf, type MemoryStore, memoryStore, newKey } from './stores.js'

export const TENANT = '7d9f2c1e-0000-4000-8000-00000000000a'
export const OTHER_TENANT = '7d9f2c1e-0000-4000-8000-00000000000b'
export const ARCHIVE = '019aa000-0000-7000-8000-000000000001'
export const OTHER_ARCHIVE = '019aa000-0000-7000-8000-000000000002'

export interface Made {
  readonly store: MemoryStore
  readonly tenant: string
  readonly archive: string
  readonly key: DataKey | null
  readonly written: WrittenArchive
  readonly contents: Readonly<Record<string, Buffer>>
  readonly open: (expected?: { manifestDigest?: string; encrypted?: boolean }) => Promise<Archive>
}

export interface Making {
  readonly encrypted: boolean
  readonly contents: Readonly<Record<string, Buffer>>
  readonly store?: MemoryStore
  readonly tenant?: string
  readonly archive?: string
  readonly key?: DataKey
  readonly compression?: Compression
  readonly lanes?: number
  readonly chunkBytes?: number
  readonly facts?: Json
  readonly onBytes?: OnBytes
}

export async function makeArchive(making: Making): Promise<Made> {
  const { encrypted, contents, store = memoryStore(), tenant = TENANT, archive = ARCHIVE, compression = 'gzip', lanes = 2 } = making
  const key = encrypted ? (making.key ?? newKey(tenant)) : null
  const written = await writeArchive(
    { store, tenant, archive, key, compression },
    {
      lanes,
      streams: Object.entries(contents).map(([name, bytes]) => ({ name, read: () => chunksOf(bytes, making.chunkBytes) })),
      facts: async () => making.facts ?? { rows: '12' },
      ...(making.onBytes === undefined ? {} : { onBytes: making.onBytes }),
    },
  )
  const open: Made['open'] = (expected) =>
    openArchive({ store, tenant, archive, keys: key === null ? null : keysOf(key), ...(expected === undefined ? {} : { expected }) })
  return { store, tenant, archive, key, written, contents, open }
}

export async function* chunksOf(bytes: Buffer, chunkBytes = 50_000): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
}

export async function drained(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const chunk of chunks) pieces.push(chunk)
  return Buffer.concat(pieces)
}

/** Lines that compress about as well as rows do, and differ from each other. */
export function rows(bytes: number, seed = 1): Buffer {
  const lines: string[] = []
  for (let length = 0, n = seed; length < bytes; n = (Math.imul(n, 1_664_525) + 1_013_904_223) >>> 0) {
    lines.push(`${n}\t${n.toString(36)}\tcustomer ${n % 977}\t${n % 7 === 0 ? '\\N' : 't'}\n`)
    length += lines.at(-1)!.length
  }
  return Buffer.from(lines.join('')).subarray(0, bytes)
}

export async function codeOf(attempt: () => Promise<unknown>): Promise<FaultCode | 'nothing'> {
  try {
    await attempt()
  } catch (error) {
    if (!isFault(error)) throw error
    return error.code
  }
  return 'nothing'
}

/** What a restore does: open, verify all, and only then read. */
export async function restored(made: Pick<Made, 'open' | 'contents'>, expected?: Parameters<Made['open']>[0]): Promise<void> {
  const archive = await made.open(expected)
  await archive.verify()
  for (const [name, bytes] of Object.entries(made.contents)) expect((await drained(archive.read(name))).equals(bytes)).toBe(true)
}

export const objectNamed = ({ store }: Pick<Made, 'store'>, part: string): string =>
  [...store.objects.keys()].find((key) => key.includes(part))!
