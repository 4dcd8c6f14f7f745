import type { HomePlace } from '../../isolation/model.js'
import { ident, sql } from '../../kernel/sql.js'
import type { Database } from '../../postgres/session.js'
import { setSequences } from '../sequences.js'
import { asOwner, type TransferOptions, whose } from '../tables.js'
import type { Fitted } from './fitting.js'

/** Moves the sequences of columns behind what was imported, never back. What they hand out next would be taken already. */
export async function raiseSequences(
  database: Database,
  home: HomePlace,
  tenant: string,
  fitted: readonly Fitted[],
  options: TransferOptions,
): Promise<void> {
  const tables = fitted.filter(({ table }) => table.of === 'home')
  if (tables.length === 0) return
  await database.transaction(async (session) => {
    const found = await session.rows(sql<{
      table: string
      column: string
      sequence: string
      increment: string
      last: string
      called: boolean
    }>`
      select d.refobjid::text as "table", a.attname::text as "column", c.relname::text as sequence, s.seqincrement::text as increment,
             coalesce(pg_sequence_last_value(c.oid), s.seqstart)::text as last, pg_sequence_last_value(c.oid) is not null as called
      from pg_catalog.pg_depend d
      join pg_catalog.pg_class c on c.oid = d.objid and c.relkind = 'S'
      join pg_catalog.pg_sequence s on s.seqrelid = c.oid
      join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
      where d.classid = 'pg_catalog.pg_class'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass and d.deptype in ('a', 'i')
        and d.refobjid = any (${tables.map(({ table }) => table.oid)}::oid[])`)
    await session.script(asOwner(home, options))
    for (const { table: oid, column, sequence, increment, last, called } of found) {
      const { table, schema } = tables.find((one) => one.table.oid === oid)!
      const down = BigInt(increment) < 0n
      const end = down ? sql`min(${ident(column)})` : sql`max(${ident(column)})`
      const { furthest } = await session.one(sql<{ furthest: string | null }>`
        select ${end}::text as furthest from ${ident(schema, table.name)} where ${whose(table, tenant)}`)
      if (furthest === null) continue
      const ahead = (BigInt(furthest) - BigInt(last)) * (down ? -1n : 1n)
      if (ahead > 0n || (ahead === 0n && !called)) await setSequences(session, home, [{ name: sequence, last: furthest, called: true }])
    }
  })
}
