import * as zlib from 'node:zlib'
import { fault } from '../../kernel/faults.js'
import type { Compression } from './format.js'

/** Packs and unpacks the content of one frame, on Node's threads. */
export interface Codec {
  readonly pack: (plain: Uint8Array) => Promise<Buffer>
  /** Never makes more than `bytes`, and a little; rejects with ERR_BUFFER_TOO_LARGE where there would be more. */
  readonly unpack: (stored: Uint8Array, bytes: number) => Promise<Buffer>
}

type Done = (error: Error | null, result: Buffer) => void
type Run = (input: Uint8Array, options: object, done: Done) => void

// The lowest level: backups are bound by it, and the next ones win a few percent at half the speed.
const GZIP_LEVEL = 1

const run = (method: Run, input: Uint8Array, options: object): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    method(input, options, (error, result) => (error === null ? resolve(result) : reject(error)))
  })

const packing = (bytes: number): object => ({ level: GZIP_LEVEL, chunkSize: Math.max(1 << 14, bytes >> 1) })
// One buffer is enough where all is right: what is declared, and some room in which the end is seen.
const unpacking = (bytes: number): object => ({ chunkSize: bytes + 64, maxOutputLength: bytes })

/** Newer versions of Node have it; their declarations are not those that this is compiled with. */
const zstd = zlib as unknown as { readonly zstdCompress?: Run; readonly zstdDecompress?: Run }

/** Undefined for `none`. Throws ARCHIVE_COMPRESSION where this Node cannot do it. */
export function codecOf(compression: Compression): Codec | undefined {
  if (compression === 'none') return undefined
  if (compression === 'gzip') {
    return {
      pack: (plain) => run(zlib.gzip, plain, packing(plain.length)),
      unpack: (stored, bytes) => run(zlib.gunzip, stored, unpacking(bytes)),
    }
  }
  const { zstdCompress, zstdDecompress } = zstd
  if (zstdCompress === undefined || zstdDecompress === undefined) throw fault('ARCHIVE_COMPRESSION', { compression, node: process.version })
  return {
    pack: (plain) => run(zstdCompress, plain, { chunkSize: Math.max(1 << 14, plain.length >> 1) }),
    unpack: (stored, bytes) => run(zstdDecompress, stored, unpacking(bytes)),
  }
}
