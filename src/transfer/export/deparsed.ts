/**
 * Applies a change to what is code in a piece of SQL that PostgreSQL has put into words: not to its texts and quoted names. There are neither comments nor
 * dollar quotes in such a piece.
 */
export const inCode = (text: string, change: (code: string) => string): string =>
  text.replace(PIECES, (piece) => (QUOTED.test(piece) ? piece : change(piece)))

/** Only what is code, quoted texts left out. */
export const codeOf = (text: string): string =>
  text.replace(PIECES, (piece) => (QUOTED.test(piece) && !piece.startsWith('"') ? "''" : piece))

const PIECES = /\bE'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|(?:(?!\bE')[^'"])+/g
const QUOTED = /^(?:E?'|")/

/**
 * psql puts its own variables in the place of `:name`, `:'name'` and `:"name"`, such as in the slice `a[1:"USER"]`. With a space behind the colon it is no
 * variable, and the same to the server.
 */
export const withoutVariables = (text: string): string => inCode(text, (code) => code.replace(/(?<!:):(?!:)/g, ': '))
