import { ident, join, type Sql, sql } from '../kernel/sql.js'

const ROWS_AT_ONCE = 1_000
// In characters. A row that is larger goes alone.
const SIZE_AT_ONCE = 4_000_000

/** Loads rows in batches, each one statement. Answers how many were written. */
export async function insertInBatches(
  execute: (statement: Sql) => Promise<number>,
  table: string,
  columns: readonly string[],
  source: Iterable<readonly unknown[]> | AsyncIterable<readonly unknown[]>,
): Promise<number> {
  const list = join(columns.map((column) => ident(column)))
  let written = 0
  const records = (async function* () {
    for await (const row of source) yield Object.fromEntries(columns.map((column, i) => [column, row[i]]))
  })()
  for await (const batch of jsonBatches(records)) {
    written += await execute(sql`
      insert into ${ident(table)} (${list})
      select ${list} from jsonb_populate_recordset(null::${ident(table)}, ${batch}::jsonb)`)
  }
  return written
}

/** Records as JSON arrays that fit into one statement each. */
export async function* jsonBatches(
  records: Iterable<Readonly<Record<string, unknown>>> | AsyncIterable<Readonly<Record<string, unknown>>>,
): AsyncGenerator<string> {
  let batch: string[] = []
  let size = 0
  for await (const record of records) {
    const text = JSON.stringify(Object.fromEntries(Object.entries(record).map(([name, value]) => [name, jsonOf(value)])))
    if (batch.length > 0 && (batch.length >= ROWS_AT_ONCE || size + text.length > SIZE_AT_ONCE)) {
      yield `[${batch.join(',')}]`
      batch = []
      size = 0
    }
    batch.push(text)
    size += text.length
  }
  if (batch.length > 0) yield `[${batch.join(',')}]`
}

/** A value as JSON that PostgreSQL reads as the column's type: what JSON has no word for goes as the text that the type itself reads. */
function jsonOf(value: unknown): unknown {
  if (value === undefined) return null
  if (typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))) return String(value)
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`
  return Array.isArray(value) ? value.map(jsonOf) : value
}
