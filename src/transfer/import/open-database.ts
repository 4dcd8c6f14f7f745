import { fault } from '../../kernel/faults.js'
import { ident, join, sql } from '../../kernel/sql.js'
import type { ConnectionConfig } from '../../postgres/connection.js'
import { openLane } from '../../postgres/lane.js'
import { rowsOf, valuesOf } from '../export/copy-text.js'
import type { ImportTable } from './model.js'

export interface ForeignDatabase {
  readonly tables: readonly ImportTable[]
  /** Repeatable. */
  readonly close: () => Promise<void>
}

/**
 * Tables of a schema in somebody else's database, as of one moment; `only` names the ones that are wanted, and empty means all. Nothing is written there, and
 * where policies would hide rows, reading fails. Throws IMPORT_UNREADABLE, SERVER_UNREACHABLE, LOGIN_REFUSED.
 */
export async function openForeign(config: ConnectionConfig, schema: string, only: ReadonlySet<string>): Promise<ForeignDatabase> {
  const lane = await openLane(config, 'tenantry import')
  try {
    await lane.session.script(sql`begin isolation level repeatable read read only`)
    const found = await lane.session.rows(sql<{ name: string; columns: readonly string[]; partitioned: boolean }>`
      select c.relname::text as name, c.relkind = 'p' as partitioned,
             coalesce((
               select array_agg(a.attname::text order by a.attnum)
               from pg_catalog.pg_attribute a
               where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
             ), '{}') as columns
      from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname = ${schema} and c.relkind in ('r', 'p') and not c.relispartition
      order by c.relname collate "C"`)
    const place = `${config.database}/${schema}`
    const wanted = only.size === 0 ? found : found.filter(({ name }) => only.has(name))
    const missing = [...only].filter((name) => !found.some((one) => one.name === name))
    if (missing.length > 0) throw fault('IMPORT_UNREADABLE', { path: place, reason: `it has no table ${missing.join(', ')}` })
    if (wanted.length === 0) throw fault('IMPORT_UNREADABLE', { path: place, reason: 'it has no table' })
    const tables = wanted.map(
      ({ name, columns, partitioned }): ImportTable => ({
        table: name,
        file: `${place}/${name}`,
        columns,
        rows: async function* () {
          const list = join(columns.map((column) => ident(column)))
          const table = partitioned ? ident(schema, name) : sql`only ${ident(schema, name)}`
          let line = 0
          for await (const rows of rowsOf(lane.copyOut(sql`copy (select ${list} from ${table}) to stdout (format text)`), name))
            for (const row of rows) yield { line: ++line, values: valuesOf(row, columns.length).map(asText) }
        },
      }),
    )
    return { tables, close: lane.close }
  } catch (error) {
    await lane.close()
    throw error
  }
}

const asText = (value: string | null): string | null => (value === null ? null : Buffer.from(value, 'latin1').toString())
