import type { Connection } from 'pg'

/** As much of a socket as is needed here. */
interface Socket {
  listeners(event: 'data'): ((bytes: Buffer) => void)[]
  on(event: 'data', listener: (bytes: Buffer) => void): unknown
  removeListener(event: 'data', listener: (bytes: Buffer) => void): unknown
  pause(): unknown
  resume(): unknown
}

const HEAD_BYTES = 5
const COPY_DATA = 0x64
const COPY_DONE = 0x63
const ERROR_RESPONSE = 0x45

/**
 * `COPY … TO STDOUT` as a query of `pg`: yields what the server sends in pieces as large as they arrive. There is a message for each row, and to make an object
 * of each takes longer than all else; so what is between their heads is moved together where it lies.
 */
export class CopyOut implements AsyncIterable<Buffer> {
  private socket: Socket | undefined
  private readByPg: ((bytes: Buffer) => void) | undefined
  private arrived: Buffer[] = []
  private bytesArrived = 0
  /** A head of which not all has arrived. */
  private begun: Buffer = Buffer.alloc(0)
  /** Bytes of the message that is being read which are still to come. */
  private left = 0
  private isRow = false
  private ending: { readonly error?: unknown } | undefined
  private wake: () => void = () => undefined

  /** `most` is how many bytes may wait to be taken, and one piece more. */
  constructor(
    private readonly text: string,
    private readonly most: number,
  ) {}

  submit(connection: Connection): void {
    this.socket = connection.stream as unknown as Socket
    ;[this.readByPg] = this.socket.listeners('data')
    if (this.readByPg === undefined) throw new Error('this version of pg reads its connections in another way')
    this.socket.removeListener('data', this.readByPg)
    this.socket.on('data', this.read)
    ;(connection as unknown as { query(text: string): void }).query(this.text)
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.end({})
  }

  handleError(error: unknown): void {
    this.end({ error })
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void> {
    for (;;) {
      while (this.arrived.length > 0) {
        const pieces = this.arrived
        this.arrived = []
        this.bytesArrived = 0
        yield* pieces
      }
      if (this.ending !== undefined) {
        if ('error' in this.ending) throw this.ending.error
        return
      }
      await new Promise<void>((resolve) => {
        this.wake = resolve
        this.socket?.resume()
      })
    }
  }

  private readonly read = (chunk: Buffer): void => {
    const bytes = this.begun.length === 0 ? chunk : Buffer.concat([this.begun, chunk])
    this.begun = bytes.subarray(0, 0)
    let [at, kept] = [0, 0]
    while (at < bytes.length) {
      if (this.left === 0) {
        if (bytes.length - at < HEAD_BYTES) {
          this.begun = bytes.subarray(at)
          break
        }
        const kind = bytes[at]
        if (kind === COPY_DONE || kind === ERROR_RESPONSE) {
          this.deliver(bytes.subarray(0, kept))
          return this.giveBack(bytes.subarray(at))
        }
        this.isRow = kind === COPY_DATA
        this.left = bytes.readInt32BE(at + 1) + 1 - HEAD_BYTES
        at += HEAD_BYTES
      }
      const end = Math.min(at + this.left, bytes.length)
      if (this.isRow) {
        bytes.copyWithin(kept, at, end)
        kept += end - at
      }
      this.left -= end - at
      at = end
    }
    this.deliver(bytes.subarray(0, kept))
  }

  private deliver(piece: Buffer): void {
    if (piece.length === 0) return
    this.arrived.push(piece)
    this.bytesArrived += piece.length
    if (this.bytesArrived > this.most) this.socket?.pause()
    this.wake()
  }

  private giveBack(bytes: Buffer): void {
    this.socket?.removeListener('data', this.read)
    this.socket?.on('data', this.readByPg!)
    this.readByPg?.(bytes)
    this.socket?.resume()
  }

  private end(ending: { readonly error?: unknown }): void {
    this.ending ??= ending
    this.wake()
  }
}
