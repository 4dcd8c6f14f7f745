import pg from 'pg'
import { fault } from '../kernel/faults.js'
import { isSql, type Sql } from '../kernel/sql.js'
import { addressOf, type ConnectionConfig, driverOptions } from './connection.js'
import { connectionFault } from './errors.js'

/** Everything that came back for one message. */
export interface Heard {
  /** SQLSTATE of the error, `ok`, or `lost` when the connection broke. */
  readonly code: string
  /** Values of all rows, lines of COPY, notices, notifications, and every text of an error. */
  readonly texts: readonly string[]
  /** How many rows were returned or touched, in all. */
  readonly count: number
}

/**
 * One connection with nothing of ours in between: no transaction of ours, no rollback, no refusal, and the simple protocol, in which one text may hold
 * several statements. For whoever plays the attacker; nothing else may want this.
 */
export interface RawLine {
  readonly pid: number
  /** Sends a text as it is. `feeds` is what COPY FROM STDIN gets. */
  readonly say: (text: Sql, feeds?: string) => Promise<Heard>
  /** One statement with its values bound. */
  readonly ask: (text: string, values: readonly unknown[]) => Promise<Heard>
  readonly broken: () => boolean
  readonly end: () => Promise<void>
}

const FIELDS = ['message', 'detail', 'hint', 'where', 'internalQuery', 'constraint', 'column', 'table', 'dataType'] as const

/** Opens one. Throws SERVER_UNREACHABLE, or the server's own error where it does not let the login in. */
export async function openRawLine(config: ConnectionConfig, applicationName: string): Promise<RawLine> {
  const client = new pg.Client(driverOptions(config, applicationName))
  let broken = false
  let overheard: string[] = []
  client.on('error', () => {
    broken = true
  })
  client.on('end', () => {
    broken = true
  })
  client.on('notice', (notice) => {
    overheard.push(...fieldsOf(notice))
  })
  client.on('notification', ({ channel, payload }) => {
    overheard.push(channel, payload ?? '')
  })
  try {
    await client.connect()
  } catch (error) {
    throw error instanceof pg.DatabaseError ? error : connectionFault(error, addressOf(config))
  }

  const send = (query: pg.Query & CopyHandlers, feeds: string): Promise<Heard> =>
    new Promise((resolve) => {
      overheard = []
      const texts: string[] = []
      let rows = 0
      const end = (code: string, count: number): void => resolve({ code, texts: [...texts, ...overheard], count })
      query.handleCopyData = ({ chunk }) => void texts.push(chunk.toString())
      query.handleCopyInResponse = (wire) => {
        wire.sendCopyFromChunk(Buffer.from(feeds))
        wire.endCopyFrom()
      }
      query.on('row', (row) => {
        rows++
        for (const value of row as readonly (string | null)[]) if (value !== null) texts.push(value)
      })
      query.on('error', (error) => {
        if (!(error instanceof pg.DatabaseError)) broken = true
        texts.push(...fieldsOf(error))
        end(error instanceof pg.DatabaseError ? (error.code ?? '') : 'lost', rows)
      })
      query.on('end', (result) => {
        const results = (Array.isArray(result) ? result : [result]) as readonly { readonly rowCount: number | null }[]
        end(
          'ok',
          results.reduce((sum, { rowCount }) => sum + (rowCount ?? 0), 0),
        )
      })
      client.query(query)
    })

  return {
    pid: (client as unknown as { readonly processID: number }).processID,
    say: async (text, feeds = '') => {
      if (!isSql(text) || text.values.length > 0) throw fault('STATEMENT_INVALID')
      return broken ? LOST : send(queryOf({ text: text.text }), feeds)
    },
    ask: async (text, values) => (broken ? LOST : send(queryOf({ text, values: [...values], queryMode: 'extended' }), '')),
    broken: () => broken,
    end: () => client.end().catch(() => {}),
  }
}

const LOST: Heard = { code: 'lost', texts: [], count: 0 }

// Rows as the server writes them, with all their columns: whoever looks for a text must not have it turned into something else, or left out.
const queryOf = (query: object): pg.Query & CopyHandlers =>
  new pg.Query({ ...query, types: { getTypeParser: () => (text: string) => text }, rowMode: 'array' } as unknown as pg.QueryConfig) as never

// What `pg` calls on a query and its types do not declare.
interface CopyHandlers {
  handleCopyData: (message: { readonly chunk: Buffer }) => void
  handleCopyInResponse: (wire: { readonly sendCopyFromChunk: (chunk: Buffer) => void; readonly endCopyFrom: () => void }) => void
}

const fieldsOf = (error: object): readonly string[] =>
  FIELDS.flatMap((name) => {
    const value = (error as Readonly<Record<string, unknown>>)[name]
    return typeof value === 'string' ? [value] : []
  })
