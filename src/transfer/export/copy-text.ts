import { fault } from '../../kernel/faults.js'

/**
 * Rows of COPY's text format, a batch for each chunk. Each byte is one character: all that means something there is ASCII, and whatever else a value has
 * comes out as the bytes that went in, when the text is written as `latin1` again. Throws EXPORT_ROW_TOO_LARGE.
 */
export async function* rowsOf(source: AsyncIterable<Buffer>, table: string): AsyncGenerator<readonly string[], void> {
  let begun = ''
  for await (const chunk of source) {
    const lines = (begun + chunk.toString('latin1')).split('\n')
    begun = lines.pop()!
    // A text in memory is never longer than half a gigabyte.
    if (begun.length > MOST_BYTES) throw fault('EXPORT_ROW_TOO_LARGE', { table, bytes: MOST_BYTES })
    if (lines.length > 0) yield lines
  }
}

const MOST_BYTES = 256 * 1024 * 1024

/** The values of a row, nulls as null. A table without columns has none. */
export function valuesOf(row: string, columns: number): readonly (string | null)[] {
  if (columns === 0) return []
  const fields: (string | null)[] = row.split('\t')
  if (!row.includes('\\')) return fields
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i]!
    if (field === '\\N') fields[i] = null
    else if (field.includes('\\')) fields[i] = field.replace(ESCAPED, unescaped)
  }
  return fields
}

const ESCAPED = /\\([\s\S])/g
const MEANING: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }
const unescaped = (_: string, letter: string): string => MEANING[letter] ?? letter

export const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1')
/** A name, which is a text like any other, in the same way. */
export const asBytes = (text: string): string => Buffer.from(text).toString('latin1')
