import { scanSync } from 'libpg-query'

interface Token {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** Where words and signs of a statement are, in bytes. Comments are left out. The parser has been loaded by then. */
export const tokensOf = (sql: string): readonly Token[] =>
  scanSync(sql).tokens.filter(({ tokenName }) => tokenName !== 'SQL_COMMENT' && tokenName !== 'C_COMMENT')

/** What is written from a place in a statement to the comma, or the end of the parentheses, that ends it. */
export function clauseAt(sql: string, location: unknown): string {
  const from = typeof location === 'number' ? location : 0
  let depth = 0
  let end = from
  for (const token of tokensOf(sql)) {
    if (token.start < from) continue
    if (token.text === '(' || token.text === '[') depth++
    if (token.text === ')' || token.text === ']') depth--
    if (depth < 0 || (depth === 0 && token.text === ',') || token.text === ';') break
    end = token.end
  }
  return Buffer.from(sql).subarray(from, end).toString()
}

/** The statement without the words at its beginning that the pattern finds. */
export const after = (sql: string, pattern: RegExp): string => sql.replace(pattern, '').trim()

const HEAD = '-- migrate:up'

/** A rewrite that is one file: its statements, each with its semicolon. */
export const statements = (...parts: readonly string[]): string => parts.map((part) => `${part.replace(/;\s*$/, '')};`).join('\n')

/** A rewrite that takes several files, one after the other. */
export const inFiles = (...files: readonly string[]): string =>
  files.map((file) => (file.startsWith(HEAD) ? file : `${HEAD}\n${file}`)).join('\n\n')

/** A file that runs outside of a transaction, one statement after the other. */
export const outside = (...parts: readonly string[]): string => `${HEAD} transaction:false\n${statements(...parts)}`

/** The statement as it is, once somebody has made sure of what cannot be seen here. */
export const ignoring = (rule: string, reason: string, sql: string): string => `-- lint:ignore ${rule} ${reason}\n${statements(sql)}`
