import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import pgCopyStreams from 'pg-copy-streams'
import { type Sql, sql } from '../kernel/sql.js'
import { addressOf, type ConnectionConfig, driverOptions } from './connection.js'
import { copyOut } from './copy-out.js'
import { connectionFault } from './errors.js'
import { onceOver, type Session } from './session.js'

/** A connection of its own, direct, through which rows travel: it may keep a transaction open for as long as that takes. */
export interface Lane {
  readonly session: Session
  /** Streams what the server sends. Whoever stops early, or meets an error, has broken the lane. */
  readonly copyOut: (statement: Sql) => AsyncGenerator<Buffer, void>
  /** Answers how many rows the server has taken. What the source throws is thrown, and the server has taken none. */
  readonly copyIn: (statement: Sql, source: AsyncIterable<Buffer>) => Promise<number>
  /** Is it of no more use? */
  readonly broken: () => boolean
  /** Repeatable; ends what it is doing. */
  readonly close: () => Promise<void>
}

// All that decides how a value is written and read, so that no setting of a server, a database or a role is found in an archive or a fingerprint; all
// that could end a session which waits for its other side; and no row may be left out in silence because a policy does.
const SETTINGS = Object.entries({
  search_path: '',
  row_security: 'off',
  datestyle: 'ISO,MDY',
  intervalstyle: 'postgres',
  timezone: 'UTC',
  extra_float_digits: '1',
  bytea_output: 'hex',
  xmloption: 'content',
  lc_monetary: 'C',
  array_nulls: 'on',
  quote_all_identifiers: 'off',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
  statement_timeout: '0',
  // To compile an expression over a thousand columns takes longer than to run it.
  jit: 'off',
  lock_timeout: '0',
  client_connection_check_interval: '1s',
  // A machine that is gone without a word must not hold a snapshot, and with it the dead rows of everybody, for hours.
  tcp_keepalives_idle: '30',
  tcp_keepalives_interval: '10',
  tcp_keepalives_count: '3',
})
  .map(([name, value]) => `-c ${name}=${value}`)
  .join(' ')

// How much waits for whoever takes it, or is handed to the driver at once: with less, the rows of a stream cost a turn of the event loop more often than they must.
const AT_ONCE = 256 * 1024

/** Throws SERVER_UNREACHABLE, LOGIN_REFUSED. */
export async function openLane(config: ConnectionConfig, applicationName: string): Promise<Lane> {
  const client = new pg.Client({ ...driverOptions(config, applicationName), options: SETTINGS })
  let broken = false
  client.on('error', () => {
    broken = true
  })
  const told = (error: unknown): unknown => connectionFault(error, addressOf(config))
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => {
    broken = true
    closing ??= client.end().catch(() => {})
    return closing
  }
  try {
    await client.connect()
    // From PostgreSQL 17 on; before, a connection that names it is refused.
    await onceOver(client).run(sql`select set_config(name, '0', false) from pg_catalog.pg_settings where name = 'transaction_timeout'`)
  } catch (error) {
    await close()
    throw told(error)
  }
  return {
    session: onceOver(client),
    async *copyOut(statement) {
      const rows = client.query(copyOut(statement.text, AT_ONCE))
      let whole = false
      try {
        yield* rows
        whole = true
      } catch (error) {
        throw told(error)
      } finally {
        // What is left of the rows is on the wire, and may be more than anybody wants to wait for.
        if (!whole) await close()
      }
    },
    async copyIn(statement, source) {
      const stream = client.query(pgCopyStreams.from(statement.text, { highWaterMark: AT_ONCE }))
      try {
        await pipeline(source, stream)
      } catch (error) {
        throw told(error)
      }
      return stream.rowCount
    },
    broken: () => broken,
    close,
  }
}
