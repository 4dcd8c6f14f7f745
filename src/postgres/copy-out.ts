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
const LEAST_LENGTH = 4
const COPY_DATA = 0x64
// CopyOutResponse, NoticeResponse, ParameterStatus, NotificationResponse: what comes before the rows and between them. All else is for pg.
const PASSED_OVER: ReadonlySet<number> = new Set(Buffer.from('HNSA'))

/** What `pg` asks of a query, which it is handed as it is. */
export interface CopyOut extends AsyncIterable<Buffer> {
  readonly submit: (connection: Connection) => void
  readonly handleCommandComplete: () => void
  readonly handleReadyForQuery: () => void
  readonly handleError: (error: unknown) => void
}

/**
 * `COPY … TO STDOUT` as a query of `pg`: yields what the server sends in pieces as large as they arrive, of which no more wait to be taken than `most` bytes and
 * one piece. There is a message for each row, and to make an object of each takes longer than all else; so what is between their heads is moved together where
 * it lies.
 */
export function copyOut(text: string, most: number): CopyOut {
  let socket: Socket | undefined
  let readers: readonly ((bytes: Buffer) => void)[] = []
  const arrived: { readonly piece: Buffer; readonly bytes: number }[] = []
  let bytesArrived = 0
  let ending: { readonly error?: unknown } | undefined
  let wake = (): void => undefined
  /** A head of which not all has arrived. */
  let begun: Buffer = Buffer.alloc(0)
  /** Bytes of the message that is being read which are still to come. */
  let left = 0
  let isRow = false

  const read = (chunk: Buffer): void => {
    const bytes = begun.length === 0 ? chunk : Buffer.concat([begun, chunk])
    begun = bytes.subarray(0, 0)
    let [at, kept] = [0, 0]
    while (at < bytes.length) {
      if (left === 0) {
        if (bytes.length - at < HEAD_BYTES) {
          begun = bytes.subarray(at)
          break
        }
        const kind = bytes[at]!
        const length = bytes.readUInt32BE(at + 1)
        isRow = kind === COPY_DATA
        if ((!isRow && !PASSED_OVER.has(kind)) || length < LEAST_LENGTH) {
          deliver(bytes.subarray(0, kept), bytes.length)
          giveBack(bytes.subarray(at))
          return
        }
        left = length - LEAST_LENGTH
        at += HEAD_BYTES
      }
      const end = Math.min(at + left, bytes.length)
      if (isRow) {
        bytes.copyWithin(kept, at, end)
        kept += end - at
      }
      left -= end - at
      at = end
    }
    deliver(bytes.subarray(0, kept), bytes.length)
  }

  /** A piece keeps all of the bytes that it came with. */
  const deliver = (piece: Buffer, bytes: number): void => {
    if (piece.length === 0) return
    arrived.push({ piece, bytes })
    bytesArrived += bytes
    if (bytesArrived > most) socket?.pause()
    wake()
  }

  const giveBack = (bytes: Buffer): void => {
    socket?.removeListener('data', read)
    for (const reader of readers) {
      socket?.on('data', reader)
      reader(bytes)
    }
    socket?.resume()
  }

  const end = (how: { readonly error?: unknown }): void => {
    ending ??= how
    wake()
  }

  return {
    submit: (connection) => {
      socket = connection.stream as unknown as Socket
      readers = socket.listeners('data')
      for (const reader of readers) socket.removeListener('data', reader)
      socket.on('data', read)
      ;(connection as unknown as { query(text: string): void }).query(text)
    },
    handleCommandComplete: () => undefined,
    handleReadyForQuery: () => end({}),
    handleError: (error) => end({ error }),
    async *[Symbol.asyncIterator]() {
      for (;;) {
        for (let next = arrived.shift(); next !== undefined; next = arrived.shift()) {
          bytesArrived -= next.bytes
          yield next.piece
        }
        if (ending !== undefined) {
          if ('error' in ending) throw ending.error
          return
        }
        await new Promise<void>((resolve) => {
          wake = resolve
          socket?.resume()
        })
      }
    },
  }
}
