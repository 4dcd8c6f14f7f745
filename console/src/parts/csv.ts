/**
 * Rows as CSV (RFC 4180, with LF), by the rules of the command line: a text that a spreadsheet would run as a formula is led by an apostrophe. With a tab
 * between cells it is what spreadsheets take from the clipboard.
 */
export const csvOf = (head: readonly string[], rows: readonly (readonly unknown[])[], between: ',' | '\t' = ','): string =>
  [head, ...rows].map((cells) => `${cells.map((value) => cell(value, between)).join(between)}\n`).join('')

function cell(value: unknown, between: string): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const harmless = /^[=+\-@\t\r]/.test(text) && !/^-\d+(\.\d+)?$/.test(text) ? `'${text}` : text
  return /["\r\n]/.test(harmless) || harmless.includes(between) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
