import { fault } from '../kernel/faults.js'
import { ident, type Sql, sql } from '../kernel/sql.js'
import type { Database } from '../postgres/session.js'

// What everybody may do on a database that nobody has touched, and what is taken from PUBLIC on the other databases of a server.
const takenFrom = (database: string): Sql => sql`revoke connect, temporary on database ${ident(database)} from public`
const givenBack = (database: string): Sql => sql`grant connect, temporary on database ${ident(database)} to public`

/** The statement that takes a revocation back, as the catalog keeps it. */
export const undoOf = (database: string): string => givenBack(database).text

export async function revokeFromPublic(server: Database, database: string): Promise<void> {
  await server.run(takenFrom(database))
}

/**
 * Takes a recorded revocation back; a database that is gone needs nothing. What is run is written anew from the name and only compared with the record:
 * text that was stored somewhere is never run. Throws OPERATION_FAILED when the two differ.
 */
export async function takeBackRevocation(server: Database, operation: string, recorded: { database: string; undo: string }): Promise<void> {
  const { database, undo } = recorded
  if (undo !== undoOf(database)) {
    throw fault('OPERATION_FAILED', {
      operation,
      reason: `the catalog's record of what to give back on the database "${database}" is not as \`cluster add\` writes it`,
    })
  }
  const there = await server.maybe(sql`select 1 as found from pg_catalog.pg_database where datname = ${database}`)
  if (there !== undefined) await server.run(givenBack(database))
}
