import { relationsIn } from '../isolation/in-schema.js'
import { ident, join, literal, type Sql, sql } from '../kernel/sql.js'
import type { Session } from '../postgres/session.js'

/** A foreign key that the rows must hold to. */
export interface Reference {
  readonly name: string
  readonly schema: string
  readonly table: string
  readonly columns: readonly string[]
  readonly toSchema: string
  readonly to: string
  readonly toColumns: readonly string[]
  /** The column that says whose the referring rows are. */
  readonly tenantColumn: string | null
}

/**
 * The foreign keys of schemas, as far as the server vouches for them: one that is not valid, or not enforced, may have been broken before. Those over
 * periods are asked for nowhere: they hold by ranges that cover each other.
 */
export async function referencesOf(
  session: Session,
  places: readonly { readonly schema: string; readonly column: string | null; readonly all: boolean }[],
): Promise<readonly Reference[]> {
  const found: Reference[] = []
  for (const { schema, column, all } of places) {
    const names = (of: Sql, keys: Sql): Sql => sql`
      (select array_agg(a.attname::text order by u.n) from unnest(${keys}) with ordinality as u (attnum, n)
       join pg_catalog.pg_attribute a on a.attrelid = ${of} and a.attnum = u.attnum)`
    const rows = await session.rows(sql<Reference & { tenanted: boolean }>`
      select k.conname::text as name, ${schema}::text as schema, c.relname::text as "table", ${names(sql`k.conrelid`, sql`k.conkey`)} as columns,
             n.nspname::text as "toSchema", t.relname::text as "to", ${names(sql`k.confrelid`, sql`k.confkey`)} as "toColumns",
             exists (select from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attname = ${column} and not a.attisdropped) as tenanted
      from pg_catalog.pg_class c
      join pg_catalog.pg_constraint k on k.conrelid = c.oid
      join pg_catalog.pg_class t on t.oid = k.confrelid
      join pg_catalog.pg_namespace n on n.oid = t.relnamespace
      where c.oid in ${relationsIn(schema)} and k.contype = 'f' and k.conparentid = 0 and k.convalidated
        and coalesce((to_jsonb(k) ->> 'conperiod')::boolean, false) is false
      order by c.relname collate "C", k.conname collate "C"`)
    for (const { tenanted, ...row } of rows) if (tenanted || all) found.push({ ...row, tenantColumn: tenanted ? column : null })
  }
  return found
}

/** Is there a row of the tenant that refers to none? One of which a column is null refers to nothing. */
export async function isBroken(session: Session, reference: Reference, tenant: string): Promise<boolean> {
  const child = (column: string): Sql => sql`child.${ident(column)}`
  const conditions = [
    ...(reference.tenantColumn === null ? [] : [sql`${child(reference.tenantColumn)} = ${literal(tenant)}::uuid`]),
    ...reference.columns.map((column) => sql`${child(column)} is not null`),
  ]
  const same = reference.columns.map((column, i) => sql`parent.${ident(reference.toColumns[i]!)} = ${child(column)}`)
  const { broken } = await session.one(sql<{ broken: boolean }>`
    select exists (
      select from ${ident(reference.schema, reference.table)} child
      where ${join(conditions, ' and ')}
        and not exists (select from ${ident(reference.toSchema, reference.to)} parent where ${join(same, ' and ')})
    ) as broken`)
  return broken
}
