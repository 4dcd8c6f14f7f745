import { controlSchema, countControlRows, type Pattern, type ScratchRows } from '../../isolation/scratch-table.js'
import { newId } from '../../kernel/clock.js'
import { ident, literal, type Sql, sql } from '../../kernel/sql.js'
import type { ConnectionConfig } from '../../postgres/connection.js'
import { type Database, openDatabase, type Session } from '../../postgres/session.js'
import type { LeakTenant, LeakWay } from './way.js'

/** What people do without a library, as it is written down in many places. Behind a pooler of transactions it must be seen to fail. */
export interface Control {
  readonly way: LeakWay
  /** Has a server connection been seen to serve several clients? Then a pooler of transactions stands in front. */
  readonly pooled: () => boolean
  /** Takes back what was set on connections of the server, which others will have. */
  readonly end: () => Promise<void>
}

export interface ControlOptions {
  readonly pattern: Pattern
  readonly mark: string
  readonly tenants: number
  readonly clients: number
  /** The way that applications go, with their login. */
  readonly line: ConnectionConfig
  /** The administrator in the same database. */
  readonly admin: Database
}

interface Place extends LeakTenant {
  readonly schema: string
}

const RESET_ROUNDS = 200

/**
 * Before every statement a setting of the session (`set search_path`, or `set app.current_tenant` under row-level security), and no transaction around the
 * two: as long as a client keeps its connection of the server to itself that works, and nothing tells when it does not.
 */
export function openControl({ pattern, mark, tenants, clients, line, admin }: ControlOptions): Control {
  const shared = controlSchema(mark, 'rows')
  const places: readonly Place[] = Array.from({ length: tenants }, (_, at) => ({
    ...{ id: newId(), isolation: pattern, database: line.database },
    schema: pattern === 'schemas' ? controlSchema(mark, at) : shared,
  }))
  const placeOf = new Map(places.map((place) => [place.id, place]))
  const open = Array.from({ length: clients }, () =>
    openDatabase(line, { applicationName: 'tenantry leak control', max: 1, plain: true, answerTimeoutMs: 30_000 }),
  )
  const servedBy = new Map<number, Set<number>>()

  const one: LeakWay['one'] = async <Row>(client: number, tenant: LeakTenant, statement: Sql<Row>) => {
    const database = open[client]!
    await enter(database, placeOf.get(tenant.id)!)
    const rows = await database.rows(statement)
    const { backend } = (rows[0] ?? {}) as { backend?: number }
    if (backend !== undefined) servedBy.set(backend, (servedBy.get(backend) ?? new Set()).add(client))
    return rows
  }

  const enter = async (database: Database, { id, schema }: Place): Promise<void> => {
    // The flaw that this is here to show: it outlives the statement, and the client.
    await database.run(sql`set search_path to ${ident(schema)}`)
    if (pattern === 'rows') await database.run(sql`set app.current_tenant to ${literal(id)}`)
  }

  const reset = async (): Promise<void> => {
    const dirty = new Set(servedBy.keys())
    for (let round = 0; round < RESET_ROUNDS && dirty.size > 0; round++) {
      await Promise.all(
        open.map(async (database) => {
          const backend = await database.transaction(resetSession).catch(() => undefined)
          if (backend !== undefined) dirty.delete(backend)
        }),
      )
    }
    // Those that did not come by again: the pooler replaces them.
    if (dirty.size > 0)
      await admin.run(sql`
        select pg_catalog.pg_terminate_backend(a.pid)
        from pg_catalog.pg_stat_activity a
        where a.pid = any (${[...dirty]}::int[]) and a.usename = ${line.user} and a.state = 'idle'`)
  }

  return {
    way: {
      name: `control, ${pattern}`,
      tenants: places,
      one,
      several: (client, tenant, body) => body((statement) => one(client, tenant, statement)),
      stored: async () => {
        const sum = { rows: 0, misplaced: 0, doomed: 0 }
        const homes = pattern === 'rows' ? [{ schema: shared, id: undefined }] : places
        for (const { schema, id } of homes) add(sum, await countControlRows(admin, schema, id))
        return sum
      },
    },
    pooled: () => [...servedBy.values()].some((served) => served.size > 1),
    end: async () => {
      try {
        await reset()
      } finally {
        await Promise.all(open.map((database) => database.end()))
      }
    },
  }
}

async function resetSession(session: Session): Promise<number> {
  await session.run(sql`reset search_path`)
  // What a session has never heard of cannot be reset.
  await session.run(sql`set app.current_tenant to ''`)
  await session.run(sql`reset app.current_tenant`)
  return (await session.one(sql<{ backend: number }>`select pg_catalog.pg_backend_pid() as backend`)).backend
}

function add(sum: { rows: number; misplaced: number; doomed: number }, { rows, misplaced, doomed }: ScratchRows): void {
  sum.rows += rows
  sum.misplaced += misplaced
  sum.doomed += doomed
}
