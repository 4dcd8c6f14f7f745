import { createHash, type Hash } from 'node:crypto'
import { whole } from './bytes.js'
import type { Codec } from './compression.js'
import { FRAME_BYTES, type OnBytes, RUN_FRAMES } from './format.js'
import { HEAD_BYTES, writeHead } from './frame.js'
import type { Run } from './manifest.js'
import { ordered } from './ordered.js'
import type { Seal } from './seal.js'

export interface FrameTools {
  readonly seal: Seal
  readonly codec: Codec | undefined
  readonly onBytes: OnBytes
}

interface Content {
  readonly pieces: readonly Uint8Array[]
  readonly bytes: number
  readonly final: boolean
}

interface Packed {
  readonly payload: readonly Uint8Array[]
  readonly stored: number
  readonly plain: number
  readonly final: boolean
  readonly compressed: boolean
}

// While one frame is written the next one is packed on another thread.
const PACKED_AHEAD = 2
// Ciphers are asked piece by piece; many small ones cost more than to put them together.
const MOST_PIECES = 64
// A store is asked once for each chunk: up to here that costs more than to copy.
const GATHERED = FRAME_BYTES / 2

/** Writes one stream as frames, and tells its runs. */
export async function* writeStream(
  number: number,
  content: AsyncIterable<Uint8Array>,
  tools: FrameTools,
  runs: Run[],
): AsyncGenerator<Uint8Array> {
  const { seal, codec, onBytes } = tools
  const frames = ordered(cut(content), codec === undefined ? 1 : PACKED_AHEAD, (frame) => pack(frame, codec))
  let index = 0
  let before = 0
  let open = emptyRun()
  for await (const { payload, plain, stored, final, compressed } of frames) {
    const head = writeHead({ stream: number, index, before, plain, stored, final, compressed })
    const closed = seal.close(head, payload)
    const bytes = HEAD_BYTES + stored + seal.tagBytes
    if (stored > GATHERED) yield* [head, ...closed.payload, closed.tag]
    else yield Buffer.concat([head, ...closed.payload, closed.tag], bytes)
    onBytes(plain, bytes)
    open = addFrame(open, bytes, plain, head, closed.tag)
    if (open.frames === RUN_FRAMES || final) {
      runs.push({ frames: open.frames, bytes: open.bytes, plainBytes: open.plainBytes, digest: open.hash.digest('hex') })
      open = emptyRun()
    }
    index++
    before += plain
  }
}

interface OpenRun {
  readonly frames: number
  readonly bytes: number
  readonly plainBytes: number
  readonly hash: Hash
}

const emptyRun = (): OpenRun => ({ frames: 0, bytes: 0, plainBytes: 0, hash: createHash('sha256') })

const addFrame = ({ frames, bytes, plainBytes, hash }: OpenRun, more: number, plain: number, head: Buffer, tag: Buffer): OpenRun => ({
  frames: frames + 1,
  bytes: bytes + more,
  plainBytes: plainBytes + plain,
  hash: hash.update(head).update(tag),
})

/** Full frames and a last one, which alone may be empty. */
async function* cut(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Content> {
  let pieces: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      if (bytes === FRAME_BYTES) {
        yield { pieces, bytes, final: false }
        pieces = []
        bytes = 0
      }
      const piece = chunk.subarray(at, at + FRAME_BYTES - bytes)
      pieces.push(piece)
      bytes += piece.length
      at += piece.length
    }
  }
  yield { pieces, bytes, final: true }
}

/** What does not become smaller is stored as it is. */
async function pack({ pieces, bytes, final }: Content, codec: Codec | undefined): Promise<Packed> {
  const plain = { payload: pieces.length > MOST_PIECES ? [whole(pieces)] : pieces, stored: bytes, plain: bytes, final, compressed: false }
  if (codec === undefined || bytes === 0) return plain
  const packed = await codec.pack(whole(plain.payload))
  return packed.length < bytes ? { payload: [packed], stored: packed.length, plain: bytes, final, compressed: true } : plain
}
