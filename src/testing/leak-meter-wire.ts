import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** When a connection was cut: with a transaction open, with none, or with half of what the client was sending. */
export type CutMoment = 'open' | 'idle' | 'flight'

/** A stretch of network between clients and a server that can be cut: to both sides it looks as if the other had died. */
export interface Wire {
  readonly host: '127.0.0.1'
  readonly port: number
  /** Asked at the end of every answer and at every flight of a client that has logged in: true cuts the connection there. Undefined: never. */
  readonly cutWhen: (decide: ((moment: CutMoment) => boolean) | undefined) => void
  readonly cuts: () => Readonly<Record<CutMoment, number>>
  readonly close: () => Promise<void>
}

/** Opens a wire to a PostgreSQL server or pooler, without TLS. */
export async function openWire(target: { readonly host: string; readonly port: number }): Promise<Wire> {
  const cuts: Record<CutMoment, number> = { open: 0, idle: 0, flight: 0 }
  const sockets = new Set<Socket>()
  let decide: ((moment: CutMoment) => boolean) | undefined

  const server: Server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ ...target, noDelay: true })
    const states = readyStates()
    let loggedIn = false
    const end = (): void => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', end)
      socket.on('close', () => {
        sockets.delete(socket)
        end()
      })
    }
    client.on('data', (chunk) => {
      if (loggedIn && decide?.('flight') === true) {
        upstream.end(chunk.subarray(0, Math.ceil(chunk.length / 2)))
        cuts.flight++
        client.destroy()
        return
      }
      if (!upstream.write(chunk)) {
        client.pause()
        upstream.once('drain', () => client.resume())
      }
    })
    upstream.on('data', (chunk) => {
      for (const state of states(chunk)) {
        const moment = state === 'I' ? 'idle' : 'open'
        if (loggedIn && decide?.(moment) === true) {
          cuts[moment]++
          end()
          return
        }
        loggedIn = true
      }
      if (!client.write(chunk)) {
        upstream.pause()
        client.once('drain', () => upstream.resume())
      }
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    cutWhen: (next) => {
      decide = next
    },
    cuts: () => ({ ...cuts }),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}

/** Follows the server's messages (a letter, four bytes of length, a body) and answers the state that each ReadyForQuery says. */
function readyStates(): (chunk: Buffer) => readonly string[] {
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
