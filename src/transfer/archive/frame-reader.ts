import { type Fault, fault } from '../../kernel/faults.js'
import { type Bytes, whole } from './bytes.js'
import type { Codec } from './compression.js'
import { FRAME_BYTES } from './format.js'
import { type FrameHead, HEAD_BYTES, readHead } from './frame.js'
import type { Seal } from './seal.js'

/** The faults of one object of an archive. */
export interface Refusals {
  readonly truncated: (reason: string) => Fault
  readonly corrupt: (reason: string) => Fault
  readonly tooLarge: (reason: string) => Fault
}

export const refusals = (archive: string, object: string): Refusals => ({
  truncated: (reason) => fault('ARCHIVE_TRUNCATED', { archive, object, reason }),
  corrupt: (reason) => fault('ARCHIVE_CORRUPT', { archive, object, reason }),
  tooLarge: (reason) => fault('ARCHIVE_TOO_LARGE', { archive, object, reason }),
})

/** An authenticated frame: nobody has changed it, and it stands where it was written. */
export interface Frame {
  readonly head: FrameHead
  readonly headBytes: Buffer
  readonly payload: readonly Buffer[]
  readonly tag: Buffer
  readonly bytes: number
}

/** Reads the next frame, which must be this one. Throws ARCHIVE_TRUNCATED, ARCHIVE_CORRUPT, ARCHIVE_TOO_LARGE. */
export async function readFrame(
  source: Bytes,
  seal: Seal,
  expected: { readonly stream: number; readonly index: number; readonly before: number },
  refuse: Refusals,
): Promise<Frame> {
  const told = `frame ${expected.index} of stream ${expected.stream}`
  const take = async (count: number, what: string): Promise<readonly Buffer[]> => {
    const { pieces, bytes } = await source.take(count)
    if (bytes < count) throw refuse.truncated(`${what} of ${told} has ${bytes} of its ${count} bytes`)
    return pieces
  }
  const headBytes = whole(await take(HEAD_BYTES, 'the header'))
  const head = readHead(headBytes)
  if (typeof head === 'string') throw refuse.corrupt(`${head} (${told})`)
  checkSizes(head, told, refuse)
  const { stream, index, before } = head
  if (stream !== expected.stream || index !== expected.index || before !== expected.before) {
    throw refuse.corrupt(`frame ${index} of stream ${stream} stands in the place of ${told}`)
  }
  const payload = await take(head.stored, 'the content')
  const tag = whole(await take(seal.tagBytes, 'the tag'))
  const opened = seal.open(headBytes, payload, tag)
  if (opened === undefined) throw refuse.corrupt(`the tag of ${told} is wrong`)
  return { head, headBytes, payload: opened, tag, bytes: HEAD_BYTES + head.stored + seal.tagBytes }
}

/** Before anything is fetched or unpacked. */
function checkSizes({ plain, stored, compressed }: FrameHead, told: string, refuse: Refusals): void {
  if (plain > FRAME_BYTES || stored > FRAME_BYTES) {
    throw refuse.tooLarge(`${told} declares ${plain} bytes in ${stored}, and no frame may have more than ${FRAME_BYTES}`)
  }
  if (compressed ? stored >= plain : stored !== plain) throw refuse.corrupt(`${told} declares ${plain} bytes in ${stored}, which cannot be`)
}

/** The content of a frame, exactly as long as it declares. Throws ARCHIVE_CORRUPT, ARCHIVE_TOO_LARGE. */
export async function unpackFrame({ head, payload }: Frame, codec: Codec | undefined, refuse: Refusals): Promise<readonly Buffer[]> {
  if (!head.compressed) return payload
  const told = `frame ${head.index} of stream ${head.stream}`
  if (codec === undefined) throw refuse.corrupt(`${told} is compressed, in an archive that is not`)
  const plain = await codec.unpack(whole(payload), head.plain).catch((error: { code?: unknown }): never => {
    if (error.code === 'ERR_BUFFER_TOO_LARGE')
      throw refuse.tooLarge(`${told} unpacks to more than the ${head.plain} bytes that it declares`)
    throw refuse.corrupt(`${told} cannot be unpacked`)
  })
  if (plain.length !== head.plain) throw refuse.corrupt(`${told} unpacks to ${plain.length} bytes and declares ${head.plain}`)
  return [plain]
}
