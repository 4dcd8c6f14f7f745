import { fault } from '../kernel/faults.js'

/** Where objects are kept: names with bytes behind them, written whole or not at all. */
export interface ObjectStore {
  /** As messages name it; never with a secret. */
  readonly name: string
  /** An object is there whole, with what it needs to survive a loss of power, or it is not there. One that was there before is replaced. */
  readonly write: (key: string, chunks: AsyncIterable<Uint8Array>) => Promise<{ readonly bytes: number }>
  /**
   * The bytes of an object, or those of the range that there are: nothing from its end on. They are those of one version of it, however long the
   * reader takes; OBJECT_CHANGED where they cannot be. Throws OBJECT_MISSING.
   */
  readonly read: (key: string, range?: ByteRange) => AsyncIterable<Buffer>
  readonly size: (key: string) => Promise<number | undefined>
  /** All whose keys begin so, in the order of the bytes of their keys. */
  readonly list: (prefix: string) => AsyncIterable<StoredObject>
  /** Repeatable. */
  readonly remove: (key: string) => Promise<void>
  /** Removes it with every older version that the store has kept of it; there where stores keep such. Repeatable. */
  readonly erase?: (key: string) => Promise<void>
  /** The keys of which there is anything left, older versions too; there where stores keep such. */
  readonly remains?: (prefix: string) => AsyncIterable<string>
  /** Removes what writers have begun and not ended, and not touched for so long. Answers the names of what it has removed. */
  readonly clearLeftovers: (idleMs: number) => Promise<readonly string[]>
}

/** Removes an object with whatever the store keeps of it besides. */
export const eraseFrom = (store: ObjectStore, key: string): Promise<void> => (store.erase ?? store.remove)(key)

export interface ByteRange {
  readonly from: number
  readonly bytes: number
}

export interface StoredObject {
  readonly key: string
  readonly bytes: number
}

const LONGEST_KEY = 900
// File systems take names of 255 bytes.
const LONGEST_PART = 200

/** Throws OBJECT_KEY_INVALID. What it lets through is the same object in a folder and in S3, and never leaves its store. */
export function checkObjectKey(key: string): void {
  const reason = objection(key)
  if (reason !== undefined) throw fault('OBJECT_KEY_INVALID', { key: key.slice(0, 80), reason })
}

function objection(key: string): string | undefined {
  if (key === '') return 'it is empty'
  if (key.length > LONGEST_KEY) return `it is longer than ${LONGEST_KEY} characters`
  if (!/^[A-Za-z0-9._/=-]+$/.test(key)) return 'it has other characters than A-Z a-z 0-9 . _ / = -'
  const parts = key.split('/')
  if (parts.includes('')) return 'a part between its slashes is empty'
  if (parts.some((part) => part.startsWith('.'))) return 'a part of it begins with a dot'
  return parts.some((part) => part.length > LONGEST_PART) ? `a part of it is longer than ${LONGEST_PART} characters` : undefined
}

/** A prefix is a key that may end anywhere, and everything when it is empty. Throws OBJECT_KEY_INVALID. */
export function checkPrefix(prefix: string): void {
  if (prefix !== '') checkObjectKey(prefix.endsWith('/') ? `${prefix}x` : prefix)
}

/** Throws INPUT_INVALID. */
export function checkRange(range: ByteRange | undefined): void {
  if (range === undefined) return
  const right = (count: number): boolean => Number.isSafeInteger(count) && count >= 0
  if (!right(range.from) || !right(range.bytes)) {
    throw fault('INPUT_INVALID', { issues: [`a range is a place and a count of bytes, not ${range.from} and ${range.bytes}`] })
  }
}

/** All of an object. Throws OBJECT_MISSING, and OBJECT_TOO_LARGE beyond `limit`. */
export async function readWhole(store: ObjectStore, key: string, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of store.read(key)) {
    bytes += chunk.length
    if (bytes > limit) throw fault('OBJECT_TOO_LARGE', { store: store.name, key, limit })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

export async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
