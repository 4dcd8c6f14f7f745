import { once } from 'node:events'
import pgCopyStreams from 'pg-copy-streams'
import type { Sql } from '../kernel/sql.js'
import type { WireConnection } from './flight.js'

/** Streams what the server sends, as it comes. The connection is free again when the stream has ended or was destroyed and drained. */
export async function* copyOut(connection: WireConnection, statement: Sql): AsyncGenerator<Buffer, void> {
  const stream = connection.client.query(pgCopyStreams.to(statement.text))
  try {
    for await (const chunk of stream) yield chunk as Buffer
  } finally {
    if (!stream.readableEnded) {
      // A reader that stops early leaves the rest of the data on the wire.
      stream.resume()
      await once(stream, 'end').catch(() => {})
    }
  }
}
