/** Ends a row in COPY's text format, and a line of a file; it is nothing else there. */
export const NEWLINE = 10

/** How many rows, or lines, end in a chunk. */
export function newlinesIn(chunk: Uint8Array): number {
  let found = 0
  for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) found++
  return found
}
