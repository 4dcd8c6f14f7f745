import type { AnyOperation } from '../engine/operation.js'
import { renderCsv } from './csv.js'
import type { Io } from './io.js'
import type { Redactor } from './redact.js'
import { renderTable } from './table.js'
import { renderYaml } from './yaml.js'

export const FORMATS = ['table', 'json', 'yaml', 'csv'] as const
export type Format = (typeof FORMATS)[number]

type Row = Readonly<Record<string, unknown>>

export interface OutputOptions {
  readonly format: Format
  readonly io: Io
  readonly redactor: Redactor
}

/** Prints what an operation has answered: data on stdout; the sentence that goes with a table on stderr. */
export function printOutput(definition: AnyOperation, output: unknown, { format, io, redactor }: OutputOptions): void {
  const { data, note } = render(definition, output, format)
  if (data !== '') io.stdout.write(redactor.data(data))
  if (note !== '') io.stderr.write(`${redactor.data(note)}\n`)
}

function render(definition: AnyOperation, output: unknown, format: Format): { readonly data: string; readonly note: string } {
  const { words } = definition
  const listed = rowsOf(output)
  if (format === 'table') {
    const says: string = words.says(output)
    if (listed === undefined || words.columns === undefined) return { data: `${says}\n`, note: '' }
    return { data: listed.length === 0 ? '' : renderTable(listed, words.columns), note: says }
  }
  if (format === 'json') return { data: `${JSON.stringify(output, null, 2)}\n`, note: '' }
  // Through JSON, so that dates are texts here as they are there.
  const plain = JSON.parse(JSON.stringify(output)) as unknown
  if (format === 'yaml') return { data: renderYaml(plain), note: '' }
  const rows = rowsOf(plain) ?? [plain as Row]
  return { data: renderCsv(rows, columnsOf(definition, rows, listed !== undefined)), note: '' }
}

const rowsOf = (output: unknown): readonly Row[] | undefined => {
  const { data } = (output ?? {}) as { data?: unknown }
  return Array.isArray(data) ? data : undefined
}

/** All fields, as the operation declares them: an empty list has a header, too. */
function columnsOf(definition: AnyOperation, rows: readonly Row[], isList: boolean): readonly string[] {
  const row = isList ? definition.output?.shape?.data?.element : definition.output
  return Object.keys((row?.shape as object | undefined) ?? rows[0] ?? {})
}
