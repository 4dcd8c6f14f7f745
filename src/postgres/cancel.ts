import { connect } from 'node:net'
import { serialize } from 'pg-protocol'
import type { WireConnection } from './flight.js'

/**
 * Asks the server to give up what the connection is running. The request travels on a connection of its own and may arrive late, so the
 * connection counts as broken from now on: it is destroyed instead of being handed to somebody whose statement would be hit.
 */
export function cancelStatement(connection: WireConnection): void {
  connection.broken = true
  const { host, port, processID, secretKey } = connection.client as unknown as {
    host: string
    port: number
    processID: number
    secretKey: number
  }
  const socket = connect({ host, port }, () => socket.end(serialize.cancel(processID, secretKey)))
  // Not heard: the statement then ends by its own time limit, or when the server notices that its client has gone.
  socket.on('error', () => {})
  socket.setTimeout(5_000, () => socket.destroy())
  socket.unref()
}
