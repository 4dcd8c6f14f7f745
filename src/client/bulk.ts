import { ident, join, type Sql, sql } from '../kernel/sql.js'

const ROWS_AT_ONCE = 1_000

/** Loads rows in batches, each one statement. Answers how many were written. */
export async function insertInBatches(
  execute: (statement: Sql) => Promise<number>,
  table: string,
  columns: readonly string[],
  source: Iterable<readonly unknown[]> | AsyncIterable<readonly unknown[]>,
): Promise<number> {
  const list = join(columns.map((column) => ident(column)))
  let written = 0
  for await (const batch of batches(source, ROWS_AT_ONCE)) {
    const records = batch.map((row) => Object.fromEntries(columns.map((column, i) => [column, jsonOf(row[i])])))
    written += await execute(sql`
      insert into ${ident(table)} (${list})
      select ${list} from jsonb_populate_recordset(null::${ident(table)}, ${JSON.stringify(records)}::jsonb)`)
  }
  return written
}

async function* batches<T>(rows: Iterable<T> | AsyncIterable<T>, size: number): AsyncGenerator<readonly T[]> {
  let batch: T[] = []
  for await (const row of rows) {
    batch.push(row)
    if (batch.length < size) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

/** A value as JSON that PostgreSQL reads as the column's type: what JSON has no word for goes as the text that the type itself reads. */
function jsonOf(value: unknown): unknown {
  if (value === undefined) return null
  if (typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))) return String(value)
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`
  return Array.isArray(value) ? value.map(jsonOf) : value
}
