import { sqlTenant } from '../operations/tenant/sql.js'
import { renderCsv } from './csv.js'
import type { Io } from './io.js'
import { harmless, oneLine } from './one-line.js'
import type { Format } from './print-output.js'
import type { Redactor } from './redact.js'
import { renderTable } from './table.js'
import { renderYaml } from './yaml.js'

export interface SqlAnswer {
  readonly tenant: string
  readonly command: string
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly data: readonly Readonly<Record<string, unknown>>[]
  readonly count: number | null
  readonly more: boolean
  readonly milliseconds: number
}

export interface PrintRowsOptions {
  readonly format: Format
  readonly io: Io
  readonly redactor: Redactor
  /** One line for each column. */
  readonly expanded?: boolean
}

/** Prints the rows of a statement: rows on stdout, how many there are on stderr. NULL differs from an empty text in every format. */
export function printRows(answer: SqlAnswer, { format, io, expanded = false }: PrintRowsOptions): void {
  // Not redacted, in contrast to all other output: these are the tenant's own data, which must arrive as they are.
  io.stdout.write(rendered(answer, format, expanded))
  if (format === 'table' || format === 'csv')
    io.stderr.write(`${sqlTenant.words.says(answer as never)}${answer.more ? ' (--limit)' : ''}\n`)
}

function rendered(answer: SqlAnswer, format: Format, expanded: boolean): string {
  if (format === 'json') return `${JSON.stringify(answer, null, 2)}\n`
  if (format === 'yaml') return renderYaml(answer)
  const names = answer.columns.map(({ name }) => name)
  if (names.length === 0) return ''
  if (format === 'csv') return csv(answer.data, names)
  if (expanded) return expandedRows(answer.data, names)
  return answer.data.length === 0 ? '' : renderTable(answer.data, names, { cell: sqlCell, head: oneLine })
}

/** As COPY writes it: nothing at all is NULL, and a pair of quotes is the empty text. */
function csv(rows: SqlAnswer['data'], names: readonly string[]): string {
  return renderCsv(rows, names, { empty: '""' })
}

function expandedRows(rows: SqlAnswer['data'], names: readonly string[]): string {
  const width = Math.max(...names.map((name) => name.length))
  return rows
    .map((row, i) => `-[ ${i + 1} ]-\n${names.map((name) => `${oneLine(name).padEnd(width)}  ${sqlCell(row[name])}\n`).join('')}`)
    .join('')
}

/** NULL is a bare word; a text that happens to read so stands in quotes. */
export function sqlCell(value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  if (value === 'NULL') return "'NULL'"
  return harmless(typeof value === 'string' ? value : JSON.stringify(value))
}
