import { crc32 } from 'node:zlib'

/** The fixed header in front of each frame's payload; its layout is told in docs/archive-format.md. */
export interface FrameHead {
  readonly stream: number
  readonly index: number
  /** Bytes of the stream's content in front of this frame. In the final one, with its own, they are the total. */
  readonly before: number
  readonly plain: number
  readonly stored: number
  readonly final: boolean
  readonly compressed: boolean
}

export const HEAD_BYTES = 36

const MAGIC = 0x544e5946
const FINAL = 1
const COMPRESSED = 2
const CHECKED = 32

export function writeHead({ stream, index, before, plain, stored, final, compressed }: FrameHead): Buffer {
  const bytes = Buffer.alloc(HEAD_BYTES)
  bytes.writeUInt32BE(MAGIC, 0)
  bytes.writeUInt8((final ? FINAL : 0) | (compressed ? COMPRESSED : 0), 4)
  bytes.writeInt32BE(stream, 8)
  bytes.writeUInt32BE(index, 12)
  bytes.writeBigUInt64BE(BigInt(before), 16)
  bytes.writeUInt32BE(plain, 24)
  bytes.writeUInt32BE(stored, 28)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, CHECKED)), CHECKED)
  return bytes
}

/**
 * Reads a header, or answers what is wrong with it. The checksum is there to tell an accident in a length from a file that was cut off; what
 * protects from forgers is the frame's tag, which covers all of it.
 */
export function readHead(bytes: Buffer): FrameHead | string {
  if (bytes.length !== HEAD_BYTES) return 'a frame header is incomplete'
  if (bytes.readUInt32BE(CHECKED) !== crc32(bytes.subarray(0, CHECKED))) return 'the checksum of a frame header is wrong'
  if (bytes.readUInt32BE(0) !== MAGIC) return 'there is no frame where one should begin'
  const flags = bytes.readUInt32BE(4)
  const before = bytes.readBigUInt64BE(16)
  if ((flags & 0x00ffffff) !== 0 || flags >>> 24 > (FINAL | COMPRESSED)) return 'a frame header has flags that are not known'
  if (before > BigInt(Number.MAX_SAFE_INTEGER)) return 'a frame header tells of more than a stream can hold'
  return {
    stream: bytes.readInt32BE(8),
    index: bytes.readUInt32BE(12),
    before: Number(before),
    plain: bytes.readUInt32BE(24),
    stored: bytes.readUInt32BE(28),
    final: ((flags >>> 24) & FINAL) !== 0,
    compressed: ((flags >>> 24) & COMPRESSED) !== 0,
  }
}
