import { ident, join, type Scope, type Sql, sql } from 'tenantry'

export type Row = Readonly<Record<string, unknown>>

const BATCH = 500

/** Inserts rows and answers their ids by a unique column: ids are always the database's own, so whoever has children must ask for them. */
export async function insertRows(tx: Scope, table: string, key: string, rows: readonly Row[]): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>()
  const columns = join(Object.keys(rows[0] ?? {}).map((column) => ident(column)))
  for (let from = 0; from < rows.length; from += BATCH) {
    const inserted = await tx.rows(sql<{ key: string; id: string }>`
      insert into ${ident(table)} (${columns})
      select ${columns} from jsonb_populate_recordset(null::${ident(table)}, ${JSON.stringify(rows.slice(from, from + BATCH))}::jsonb)
      returning ${ident(key)}::text as key, id::text as id`)
    for (const row of inserted) ids.set(row.key, row.id)
  }
  return ids
}

/** Loads rows that nobody refers to. */
export async function copyRows(tx: Scope, table: string, rows: readonly Row[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {})
  if (columns.length === 0) return
  await tx.copyFrom(
    table,
    columns,
    rows.map((row) => columns.map((column) => row[column])),
  )
}

/** Runs a statement once for each batch of rows, which it gets as jsonb. */
export async function runBatches(tx: Scope, rows: readonly Row[], statement: (batch: Sql) => Sql): Promise<void> {
  for (let from = 0; from < rows.length; from += BATCH) {
    await tx.run(statement(sql`${JSON.stringify(rows.slice(from, from + BATCH))}::jsonb`))
  }
}
