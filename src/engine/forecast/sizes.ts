import type { PendingHome } from '../../catalog/pending.js'
import { sql } from '../../kernel/sql.js'
import { sqlstate } from '../../postgres/errors.js'
import type { Database } from '../../postgres/session.js'
import type { Extent } from '../../schema/effects/estimate.js'

/** A table over the homes that have it. */
export interface Size {
  readonly all: Extent
  readonly largest: Extent
}

export type Sizes = Map<string, Size>

interface Row {
  readonly table: string
  readonly rows: number
  readonly bytes: number
  readonly mostRows: number
  readonly mostBytes: number
}

// A table that was never analyzed says neither; its file has a size, and a row about so much.
const ROW_BYTES = 100
const LOCK_MS = 500

/** Adds the sizes of tables in homes of one database, as the statistics of the server have them. No table is read. */
export async function measure(database: Database, homes: readonly PendingHome[], tables: readonly string[], sizes: Sizes): Promise<void> {
  if (tables.length === 0 || homes.length === 0) return
  const schemas = homes.map(({ schema }) => schema)
  for (const { table, rows, bytes, mostRows, mostBytes } of await measured(database, schemas, tables)) {
    const before = sizes.get(table)
    sizes.set(table, {
      all: { rows: (before?.all.rows ?? 0) + rows, bytes: (before?.all.bytes ?? 0) + bytes },
      largest: { rows: Math.max(before?.largest.rows ?? 0, mostRows), bytes: Math.max(before?.largest.bytes ?? 0, mostBytes) },
    })
  }
}

async function measured(database: Database, schemas: readonly string[], tables: readonly string[]): Promise<readonly Row[]> {
  try {
    return await ask(database, schemas, tables, true)
  } catch (error) {
    // To ask for the size of a file takes a lock that somebody refuses; what the last VACUUM wrote down takes none.
    if (sqlstate(error) !== '55P03') throw error
    return ask(database, schemas, tables, false)
  }
}

const ask = (database: Database, schemas: readonly string[], tables: readonly string[], files: boolean): Promise<readonly Row[]> =>
  database.transaction(
    async (session) => {
      await session.run(sql`select set_config('lock_timeout', ${`${LOCK_MS}ms`}, true)`)
      return session.rows(sql<Row>`
        with one as (
          select c.relname::text as name, c.reltuples as tuples,
                 case when c.reltuples < 0 and ${files} then pg_catalog.pg_relation_size(c.oid) else c.relpages::bigint * 8192 end as bytes
          from pg_catalog.pg_namespace n
          join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = any (${tables}) and c.relkind in ('r', 'm', 'p')
          where n.nspname = any (${schemas})
        ), counted as (select name, bytes, case when tuples < 0 then bytes / ${ROW_BYTES}::int else tuples end as rows from one)
        select name as table, sum(rows)::float8 as rows, sum(bytes)::float8 as bytes, max(rows)::float8 as "mostRows", max(bytes)::float8 as "mostBytes"
        from counted
        group by name`)
    },
    { readOnly: true },
  )
