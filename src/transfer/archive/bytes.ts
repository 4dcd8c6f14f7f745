/** Takes exact numbers of bytes from chunks of any size, without copying them. */
export interface Bytes {
  /** Pieces of together `count` bytes; fewer only where the source has ended. */
  readonly take: (count: number) => Promise<{ readonly pieces: readonly Buffer[]; readonly bytes: number }>
  /** Up to and with the first `end`, at most `most` bytes: then, and where the source ends before, without one. */
  readonly takeUntil: (end: number, most: number) => Promise<Buffer>
  readonly isAtEnd: () => Promise<boolean>
  readonly close: () => Promise<void>
}

export function bytesOf(chunks: AsyncIterable<Uint8Array>): Bytes {
  const source = chunks[Symbol.asyncIterator]()
  let held: Buffer = Buffer.alloc(0)

  const fill = async (): Promise<boolean> => {
    while (held.length === 0) {
      const next = await source.next()
      if (next.done === true) return false
      held = Buffer.isBuffer(next.value) ? next.value : Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength)
    }
    return true
  }
  const cut = (count: number): Buffer => {
    const piece = held.subarray(0, count)
    held = held.subarray(piece.length)
    return piece
  }
  return {
    take: async (count) => {
      const pieces: Buffer[] = []
      let bytes = 0
      while (bytes < count && (await fill())) {
        const piece = cut(count - bytes)
        pieces.push(piece)
        bytes += piece.length
      }
      return { pieces, bytes }
    },
    takeUntil: async (end, most) => {
      const pieces: Buffer[] = []
      let left = most
      while (left > 0 && (await fill())) {
        const at = held.subarray(0, left).indexOf(end)
        const piece = cut(at < 0 ? left : at + 1)
        pieces.push(piece)
        left -= piece.length
        if (at >= 0) break
      }
      return Buffer.concat(pieces)
    },
    isAtEnd: async () => !(await fill()),
    close: async () => {
      await source.return?.()
    },
  }
}

/** One buffer of several pieces; the piece itself where there is one. */
export const whole = <Piece extends Uint8Array>(pieces: readonly Piece[]): Piece | Buffer =>
  pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
