import { type HomeTable, sizeOfTable, tablesOfHome } from '../isolation/collect/home-tables.js'
import { fault } from '../kernel/faults.js'
import { addressOf } from '../postgres/connection.js'
import { sqlstate } from '../postgres/errors.js'
import { type Database, lockTimeout, type Session } from '../postgres/session.js'
import { type TakeTurn, turns } from '../postgres/turns.js'
import { type Platform, serverOf } from './platform.js'
import type { Placed } from './repointing.js'
import { visit } from './visit.js'

const ASKING_MS = 5_000
// Whoever waits for a lock on a table has everybody wait behind it.
const LOCK_MS = 50
const isLocked = (error: unknown): boolean => sqlstate(error) === '55P03'

// While a server is away each look takes as long as it may; whoever comes then is told so, and does not wait behind all others.
const PATIENCE_MS = 30_000
const MOST_WAITING = 50

const looking = new WeakMap<Platform, Map<string, TakeTurn>>()

/** One look at a server after the other: each has a connection of its own, and however many ask, the server keeps its room. */
async function inTurn<T>(platform: Platform, adminRef: string, signal: AbortSignal | undefined, look: () => Promise<T>): Promise<T> {
  const servers = looking.get(platform) ?? new Map<string, TakeTurn>()
  looking.set(platform, servers)
  const takeTurn = servers.get(adminRef) ?? turns(1, PATIENCE_MS, MOST_WAITING)
  servers.set(adminRef, takeTurn)
  const giveBack = await takeTurn(signal)
  if (giveBack === undefined) {
    const server = addressOf(serverOf(platform.config, platform.secrets, adminRef))
    throw fault('SERVER_UNREACHABLE', { server, reason: 'too many look at tables there at this moment' })
  }
  try {
    return await look()
  } finally {
    giveBack()
  }
}

/** The tables of a home. One that somebody holds locked has no size, and is not waited for. Throws SERVER_UNREACHABLE. */
export function lookAtTables(
  platform: Platform,
  { adminRef, database, home }: Placed,
  signal?: AbortSignal,
): Promise<readonly HomeTable[]> {
  const bounds = { connectTimeoutMs: ASKING_MS, answerTimeoutMs: ASKING_MS }
  const look = () => visit(platform, { adminRef, name: database.name }, (session) => tablesIn(session, home.schema), bounds)
  return inTurn(platform, adminRef, signal, look)
}

async function tablesIn(database: Database, schema: string): Promise<readonly HomeTable[]> {
  try {
    return await asked(database, (session) => session.rows(tablesOfHome(schema, { sized: true })))
  } catch (error) {
    if (!isLocked(error)) throw error
  }
  // Locked between the look and the sizes, or only an index of it: one by one, so that it costs no other its size.
  const tables: HomeTable[] = []
  for (const table of await database.rows(tablesOfHome(schema, { sized: false }))) {
    const { bytes } = await asked(database, (session) => session.one(sizeOfTable(table.oid))).catch((error: unknown) => {
      if (isLocked(error)) return { bytes: null }
      throw error
    })
    tables.push({ ...table, bytes })
  }
  return tables
}

const asked = <T>(database: Database, body: (session: Session) => Promise<T>): Promise<T> =>
  database.transaction(
    async (session) => {
      await session.run(lockTimeout(LOCK_MS))
      return body(session)
    },
    { readOnly: true },
  )
