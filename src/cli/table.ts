import { oneLine } from './one-line.js'

export interface TableTexts {
  /** A value as text. */
  readonly cell: (value: unknown) => string
  /** A column as its heading. */
  readonly head: (column: string) => string
}

const FOR_PEOPLE: TableTexts = {
  cell: (value) => cellText(value),
  head: (column) => column.replace(/[A-Z]/g, (letter) => ` ${letter}`).toUpperCase(),
}

/** An aligned table; nothing is cut off. Columns of numbers stand to the right. */
export function renderTable(
  rows: readonly Readonly<Record<string, unknown>>[],
  columns: readonly string[],
  texts: TableTexts = FOR_PEOPLE,
): string {
  const cells = rows.map((row) => columns.map((column) => texts.cell(row[column])))
  const heads = columns.map(texts.head)
  const widths = heads.map((head, index) => Math.max(width(head), ...cells.map((row) => width(row[index]!))))
  const toTheRight = columns.map((column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'))
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, index) => {
        const gap = ' '.repeat(widths[index]! - width(text))
        return toTheRight[index] ? gap + text : text + gap
      })
      .join('  ')
      .trimEnd()
  return `${[heads, ...cells].map(line).join('\n')}\n`
}

/** A value for people. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined || value === '') return '-'
  if (value instanceof Date) return `${value.toISOString().slice(0, 19).replace('T', ' ')}Z`
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value.length === 0 ? '-' : oneLine(value.join(', '))
  return oneLine(typeof value === 'object' ? JSON.stringify(value) : String(value))
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u

/** Columns of a terminal that a text takes. */
function width(text: string): number {
  let columns = 0
  for (const character of text) columns += /\p{M}|\u200d/u.test(character) ? 0 : WIDE.test(character) ? 2 : 1
  return columns
}
