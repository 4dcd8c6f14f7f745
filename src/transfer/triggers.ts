import { ident, type Sql, sql } from '../kernel/sql.js'
import type { Session } from '../postgres/session.js'
import type { FoundTable, TransferOptions } from './tables.js'
import { type Arrival, titleOf } from './target.js'

// Only a superuser may have all triggers be silent in a transaction of his. Others turn them off, which locks the table: that is for a home that is nobody's yet.

const triggersOf = (tables: readonly FoundTable[]): Sql<{ schema: string; rel: string; name: string; oid: string }> => sql<{
  schema: string
  rel: string
  name: string
  oid: string
}>`
  select n.nspname::text as schema, c.relname::text as rel, t.tgname::text as name, w.oid::text as oid
  from unnest(${tables.map(({ oid }) => oid)}::oid[]) as w (oid)
  cross join lateral (select w.oid union select p.relid::oid from pg_partition_tree(w.oid) p) as part (oid)
  join pg_catalog.pg_class c on c.oid = part.oid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_trigger t on t.tgrelid = c.oid and not t.tgisinternal and t.tgenabled = 'O'
  -- Those that a partition has of its parent follow it.
  where t.tgparentid = 0
  order by 1, 2, 3`

/** Turns the triggers of a table off for the rest of a transaction. Answers what turns them on again. */
export async function silence(session: Session, table: FoundTable): Promise<readonly Sql[]> {
  const triggers = await session.rows(triggersOf([table]))
  for (const { schema, rel, name } of triggers) await session.script(sql`alter table ${ident(schema, rel)} disable trigger ${ident(name)}`)
  return triggers.map(({ schema, rel, name }) => sql`alter table ${ident(schema, rel)} enable trigger ${ident(name)}`)
}

/** The tables that others use meanwhile and that have triggers which would run. */
export async function loud(
  session: Session,
  arrivals: readonly Arrival[],
  { admin }: TransferOptions & { readonly admin: { readonly superuser: boolean } },
): Promise<readonly string[]> {
  if (admin.superuser) return []
  const tables = arrivals.map(({ table }) => table).filter(({ of }) => of === 'platform')
  const found = new Set((await session.rows(triggersOf(tables))).map(({ oid }) => oid))
  return tables
    .filter(({ oid }) => found.has(oid))
    .map((table) => `its table ${titleOf(table)} has triggers, which only a superuser may have be silent for one load`)
}
