export type Side = 'client' | 'server'

/** One message of the protocol. */
export interface WireMessage {
  readonly from: Side
  /** Its letter; `startup` and `cancel` have none. */
  readonly type: string
  /** The SQL of Parse and Query, the tag of CommandComplete, the state of ReadyForQuery; otherwise empty. */
  readonly text: string
  /** Connections are numbered from 1. */
  readonly connection: number
  readonly database: string
  /** Since the watch began, from 1: among all messages, and among those of its connection. */
  readonly number: number
  readonly onConnection: number
}

export interface Frame extends Omit<WireMessage, 'number' | 'onConnection'> {
  readonly bytes: Buffer
}

// What the first message of a client says in the place of a protocol version.
const CANCEL = 80877102
const ENCRYPTION: ReadonlySet<number> = new Set([80877103, 80877104])

/** Cuts what one side sends into messages. The database that the client's startup names is noted in `details`, which both sides share. */
export function frames(from: Side, connection: number, details: { database: string }): (chunk: Buffer) => readonly Frame[] {
  let rest: Buffer = Buffer.alloc(0)
  let started = from === 'server'
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const found: Frame[] = []
    for (;;) {
      // The first messages of a client have a length and no letter.
      const header = started ? 5 : 4
      if (rest.length < header) return found
      const size = header - 4 + rest.readInt32BE(header - 4)
      if (rest.length < size || (!started && size < 8)) return found
      const bytes = rest.subarray(0, size)
      rest = rest.subarray(size)
      if (started) {
        const type = String.fromCharCode(bytes[0]!)
        found.push({ from, type, text: textOf(from, type, bytes.subarray(5)), connection, database: details.database, bytes })
        continue
      }
      const type = firstType(bytes.readInt32BE(4))
      if (type === 'startup') {
        started = true
        details.database = databaseOf(bytes)
      }
      found.push({ from, type, text: '', connection, database: details.database, bytes })
    }
  }
}

const firstType = (code: number): string => (ENCRYPTION.has(code) ? 'encryption' : code === CANCEL ? 'cancel' : 'startup')

function databaseOf(startup: Buffer): string {
  const words = startup.toString('utf8', 8).split('\0')
  for (let i = 0; i + 1 < words.length; i += 2) if (words[i] === 'database') return words[i + 1]!
  return ''
}

function textOf(from: Side, type: string, body: Buffer): string {
  if (from === 'client' && type === 'Q') return until0(body, 0).text
  if (from === 'client' && type === 'P') return until0(body, until0(body, 0).next).text
  if (from === 'server' && type === 'C') return until0(body, 0).text
  return from === 'server' && type === 'Z' ? body.toString('latin1') : ''
}

function until0(body: Buffer, start: number): { readonly text: string; readonly next: number } {
  const end = body.indexOf(0, start)
  return { text: body.toString('utf8', start, end), next: end + 1 }
}
