import { once } from 'node:events'
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import pgCopyStreams from 'pg-copy-streams'
import type { Sql } from '../kernel/sql.js'
import type { WireConnection } from './flight.js'

/** Sends lines of COPY's text format; answers how many rows the server took. */
export async function copyIn(connection: WireConnection, statement: Sql, lines: AsyncIterable<string>): Promise<number> {
  const stream = connection.client.query(pgCopyStreams.from(statement.text))
  await pipeline(Readable.from(lines), stream)
  return stream.rowCount ?? 0
}

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

/** One value in COPY's text format. */
export function copyText(value: unknown): string {
  if (value === null || value === undefined) return '\\N'
  const text =
    value instanceof Date
      ? value.toISOString()
      : Buffer.isBuffer(value)
        ? `\\x${value.toString('hex')}`
        : typeof value === 'object'
          ? JSON.stringify(value)
          : String(value)
  return text.replace(/[\\\n\r\t]/g, (found) => ESCAPES[found]!)
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }
