import { NEWLINE, newlinesIn } from './newlines.js'

/**
 * Rows in COPY's text format with the tenant in front of each. A newline ends a row and is nothing else there: in a value it is written as `\n`. Done here
 * and not by the column's default, which would be worked out for each row, and asks for a tenant that has been entered.
 */
export async function* withTenant(source: AsyncIterable<Buffer>, tenant: string, columns: number): AsyncGenerator<Buffer, void> {
  const prefix = Buffer.from(columns === 0 ? tenant : `${tenant}\t`)
  let fresh = true
  for await (const chunk of source) {
    if (chunk.length === 0) continue
    const begins: number[] = fresh ? [0] : []
    for (let at = chunk.indexOf(NEWLINE); at !== -1 && at + 1 < chunk.length; at = chunk.indexOf(NEWLINE, at + 1)) begins.push(at + 1)
    fresh = chunk[chunk.length - 1] === NEWLINE
    yield spread(chunk, begins, prefix)
  }
}

function spread(chunk: Buffer, begins: readonly number[], prefix: Buffer): Buffer {
  const out = Buffer.allocUnsafe(chunk.length + begins.length * prefix.length)
  const first = begins[0] ?? chunk.length
  let written = chunk.copy(out, 0, 0, first)
  for (let i = 0; i < begins.length; i++) {
    out.set(prefix, written)
    written += prefix.length
    written += chunk.copy(out, written, begins[i]!, begins[i + 1] ?? chunk.length)
  }
  return out
}

/** How many rows there are in COPY's text format. */
export async function countRows(source: AsyncIterable<Buffer>): Promise<number> {
  let rows = 0
  for await (const chunk of source) rows += newlinesIn(chunk)
  return rows
}
