import { fault } from '../../kernel/faults.js'
import { type ImportRow, MOST_CHARACTERS } from './model.js'

const PLAIN = /[^",\r\n]+/y

/** The lines of a CSV file as PostgreSQL writes it, its first one as well. Throws IMPORT_MALFORMED, IMPORT_TOO_LARGE. */
export async function* csvRows(chunks: AsyncIterable<string>, file: string): AsyncGenerator<ImportRow, void> {
  let [line, began] = [1, 1]
  let values: (string | null)[] = []
  let [field, size] = ['', 0]
  // A value in quotes; inside of them; behind the second one; behind a carriage return.
  let [quoted, inside, closed, returned] = [false, false, false, false]
  let begun = false
  const malformed = (reason: string) => fault('IMPORT_MALFORMED', { file, line, reason })
  const add = (text: string): void => {
    field += text
    size += text.length
    if (size > MOST_CHARACTERS)
      throw fault('IMPORT_TOO_LARGE', { file, reason: `the row at line ${began} has more than ${MOST_CHARACTERS} characters` })
  }
  const endField = (): void => {
    values.push(field === '' && !quoted ? null : field)
    ;[field, quoted, closed] = ['', false, false]
  }
  const endRow = (): ImportRow => {
    endField()
    const row = { line: began, values }
    line++
    ;[values, began, size, begun, returned] = [[], line, 0, false, false]
    return row
  }
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      if (inside) {
        const quote = chunk.indexOf('"', at)
        const text = chunk.slice(at, quote === -1 ? chunk.length : quote)
        add(text)
        for (let newline = text.indexOf('\n'); newline !== -1; newline = text.indexOf('\n', newline + 1)) line++
        at += text.length + 1
        if (quote !== -1) [inside, closed] = [false, true]
        continue
      }
      const letter = chunk[at]!
      if (returned && letter !== '\n') throw malformed('there is a carriage return outside of quotes that ends no line')
      begun = true
      if (letter === '\n') {
        yield endRow()
        at++
      } else if (letter === '"') {
        // Two of them inside of quotes are one.
        if (closed) add('"')
        else if (field !== '') throw malformed('there is a quote in the middle of a value')
        ;[inside, quoted, closed] = [true, true, false]
        at++
      } else if (letter === ',') {
        endField()
        at++
      } else if (letter === '\r') {
        returned = true
        at++
      } else {
        if (closed) throw malformed('there is something between a closing quote and the next value')
        PLAIN.lastIndex = at
        const [text] = PLAIN.exec(chunk)!
        add(text)
        at += text.length
      }
    }
  }
  if (inside) throw fault('IMPORT_MALFORMED', { file, line: began, reason: 'a quote that opens in this row is never closed' })
  if (begun) yield endRow()
}
