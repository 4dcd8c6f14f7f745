import { connect, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { serialize } from 'pg-protocol'
import type { WireConnection } from './flight.js'

interface Address {
  readonly host: string
  readonly port: number
  readonly processID: number
  readonly secretKey: number
  readonly ssl: false | (ConnectionOptions & { readonly key?: string })
}

/**
 * Asks the server to give up what the connection is running. The request travels on a connection of its own and may arrive late, so the
 * connection counts as broken from now on: it is destroyed instead of being handed to somebody whose statement would be hit.
 */
export function cancelStatement(connection: Pick<WireConnection, 'client' | 'broken'>): void {
  connection.broken = true
  const client = connection.client as unknown as Address
  const request = serialize.cancel(client.processID, client.secretKey)
  const socket = connect({ host: client.host, port: client.port }, () => {
    // Whoever gets it closes: a pooler first has to connect to the server, and forgets the request of somebody who has gone meanwhile.
    if (client.ssl === false) socket.resume().write(request)
    else socket.write(serialize.requestSsl())
  })
  // As the connection itself went: who reads the request could cancel every later statement of this backend.
  if (client.ssl !== false) socket.once('data', (answer) => (answer[0] === 0x53 ? sendSecurely(socket, client, request) : socket.destroy()))
  // Not heard: the statement then ends by its own time limit, or when the server notices that its client has gone.
  socket.on('error', () => {})
  socket.setTimeout(5_000, () => socket.destroy())
  socket.unref()
}

function sendSecurely(socket: Socket, { host, ssl }: Address, request: Buffer): void {
  if (ssl === false) return
  // The driver hides the key from whoever lists the options.
  const key = ssl.key === undefined ? {} : { key: ssl.key }
  const secure = connectTls({ socket, host, ...(isIP(host) === 0 ? { servername: host } : {}), ...ssl, ...key }, () =>
    secure.resume().write(request),
  )
  secure.on('error', () => {})
}
