import type { TransferTable } from '../model.js'
import { asBytes, bytesOf, rowsOf, valuesOf } from './copy-text.js'

/**
 * CSV as PostgreSQL writes and reads it: a line with the names first; a null is nothing at all, and an empty text is `""`. Values are as PostgreSQL has
 * them, also where a spreadsheet would take one for a formula. `onRows` is told of each batch.
 */
export async function* csvOf(
  source: AsyncIterable<Buffer>,
  { name, columns }: TransferTable,
  onRows: (rows: number) => void,
): AsyncGenerator<Buffer, void> {
  yield bytesOf(`${columns.map((column) => field(asBytes(column.name))).join(',')}\n`)
  for await (const rows of rowsOf(source, name)) {
    let text = ''
    for (const row of rows) text += `${valuesOf(row, columns.length).map(field).join(',')}\n`
    onRows(rows.length)
    yield bytesOf(text)
  }
}

// Spaces at the ends, which some readers take away; and a lone `\.`, which ended the rows for PostgreSQL before 18.
const NEEDS_QUOTES = /[",\r\n]|^[ \t]|[ \t]$|^\\\.$|^$/

const field = (value: string | null): string => {
  if (value === null) return ''
  return NEEDS_QUOTES.test(value) ? `"${value.replaceAll('"', '""')}"` : value
}
