import type { Duplex } from 'node:stream'
import type pg from 'pg'

/** When a connection was cut: with a transaction open, with none, or with half of what the client was sending. */
export type CutMoment = 'open' | 'idle' | 'flight'

/** Cuts connections on purpose, at moments that are told apart. */
export interface Cutting {
  /** Asked at the end of every answer and at every flight of a client that has logged in: true cuts the connection there. Undefined: never. */
  readonly cutWhen: (decide: ((moment: CutMoment) => boolean) | undefined) => void
  readonly cuts: () => Readonly<Record<CutMoment, number>>
}

/** The same from within the client's own process, whatever stands in between and whether or not it is encrypted: to the server the client has died. */
export interface Cutter extends Cutting {
  /** Takes hold of a connection that has logged in. */
  readonly attach: (client: pg.Client) => void
}

// Terminate: who says goodbye is not interrupted.
const GOODBYE = 88

export function createCutter(): Cutter {
  const cuts: Record<CutMoment, number> = { open: 0, idle: 0, flight: 0 }
  let decide: ((moment: CutMoment) => boolean) | undefined
  const falls = (moment: CutMoment): boolean => {
    if (decide?.(moment) !== true) return false
    cuts[moment]++
    return true
  }
  return {
    cutWhen: (next) => {
      decide = next
    },
    cuts: () => ({ ...cuts }),
    attach: (client) => {
      const { stream } = (client as unknown as { connection: { stream: Duplex } }).connection
      const states = readyStates()
      const emit = stream.emit.bind(stream) as (event: string | symbol, ...values: unknown[]) => boolean
      const write = stream.write.bind(stream) as (chunk: unknown, ...rest: unknown[]) => boolean
      // Before the driver has read the answer, so that it never knows how its statement ended.
      stream.emit = (event: string | symbol, ...values: unknown[]): boolean => {
        if (event === 'data' && !stream.destroyed) {
          for (const state of states(values[0] as Buffer)) {
            if (!falls(state === 'I' ? 'idle' : 'open')) continue
            stream.destroy()
            return true
          }
        }
        return emit(event, ...values)
      }
      stream.write = (chunk: unknown, ...rest: unknown[]): boolean => {
        const bytes = Buffer.isBuffer(chunk) ? chunk : undefined
        if (bytes === undefined || bytes[0] === GOODBYE || stream.destroyed || !falls('flight')) return write(chunk, ...rest)
        write(bytes.subarray(0, Math.ceil(bytes.length / 2)))
        setImmediate(() => stream.destroy())
        return true
      }
    },
  }
}

/** Follows the server's messages (a letter, four bytes of length, a body) and answers the state that each ReadyForQuery says. */
export function readyStates(): (chunk: Buffer) => readonly string[] {
  let rest = Buffer.alloc(0)
  return (chunk) => {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const found: string[] = []
    while (bytes.length >= 5) {
      const size = 1 + bytes.readInt32BE(1)
      if (bytes.length < size) break
      if (bytes[0] === 90) found.push(String.fromCharCode(bytes[5]!))
      bytes = bytes.subarray(size)
    }
    rest = Buffer.from(bytes)
    return found
  }
}
