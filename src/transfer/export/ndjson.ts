import type { TransferTable } from '../model.js'
import { asBytes, bytesOf, rowsOf, valuesOf } from './copy-text.js'

/**
 * A line of JSON for each row, an object with a key for each column. What JSON has exactly is JSON: nulls, booleans, `smallint`, `integer` and `jsonb`, of
 * which a null of JSON is `null`, and a column without a value has no key. All else is a text as PostgreSQL writes it, since readers would round a `numeric`
 * or a `bigint`, and JSON has no `NaN`.
 */
export async function* ndjsonOf(
  source: AsyncIterable<Buffer>,
  { name, columns }: TransferTable,
  onRows: (rows: number) => void,
): AsyncGenerator<Buffer, void> {
  const keys = columns.map((column) => `${quoted(asBytes(column.name))}:`)
  const nulls = columns.map(({ type }, i) => (type === 'jsonb' ? '' : `${keys[i]}null`))
  const writers = columns.map(({ type }) => WRITERS[type] ?? quoted)
  for await (const rows of rowsOf(source, name)) {
    let text = ''
    for (const row of rows) {
      const values = valuesOf(row, columns.length)
      const parts = values.map((value, i) => (value === null ? nulls[i]! : keys[i] + writers[i]!(value)))
      text += `{${parts.filter((part) => part !== '').join(',')}}\n`
    }
    onRows(rows.length)
    yield bytesOf(text)
  }
}

// All but what JSON takes as it is: control characters, quotes, backslashes.
const SPECIAL = /[^ !#-[\]-\u00ff]/g
const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}
const escaped = (letter: string): string => SHORT[letter] ?? `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`
const quoted = (value: string): string => `"${value.replace(SPECIAL, escaped)}"`
const asIs = (value: string): string => value

/** The types of which the text is JSON already. */
const WRITERS: Readonly<Record<string, (value: string) => string>> = {
  boolean: (value) => (value === 't' ? 'true' : 'false'),
  smallint: asIs,
  integer: asIs,
  jsonb: asIs,
}
