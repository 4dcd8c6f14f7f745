/** Rows as CSV (RFC 4180, with LF). A text that a spreadsheet would run as a formula is led by an apostrophe. */
export function renderCsv(
  rows: readonly Readonly<Record<string, unknown>>[],
  columns: readonly string[],
  /** How an empty text is written, where it must differ from no value. */
  { empty = '' }: { readonly empty?: string } = {},
): string {
  return [columns, ...rows.map((row) => columns.map((column) => row[column]))]
    .map((cells) => `${cells.map((value) => cell(value, empty)).join(',')}\n`)
    .join('')
}

function cell(value: unknown, empty: string): string {
  if (value === null || value === undefined) return ''
  if (value === '') return empty
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const harmless = /^[=+\-@\t\r]/.test(text) && !/^-\d+(\.\d+)?$/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
