import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { type CutMoment, type Cutting, readyStates } from '../postgres/cutter.js'

/** A stretch of network between clients and a server that can be cut: to both sides it looks as if the other had died. */
export interface Wire extends Cutting {
  readonly host: '127.0.0.1'
  readonly port: number
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
