import pg from 'pg'
import type { RawRows } from './flight.js'

/** What others take for the driver's own is derived from it. */
export const DriverPool = pg.Pool
export type DriverPool = pg.Pool
export const { escapeIdentifier, escapeLiteral } = pg

/** Which type parsers are asked; as `pg` has it, everybody may bring their own. */
export interface Types {
  readonly getTypeParser: (oid: number, format?: 'text' | 'binary') => (text: string) => unknown
}

// What `pg` has and its types do not declare.
type Fillable = pg.QueryResult & {
  addFields(fields: readonly unknown[]): void
  addCommandComplete(message: { text: string }): void
  parseRow(line: readonly (string | null)[]): never
}
const { Result, TypeOverrides } = pg as unknown as {
  Result: new (rowMode: 'array' | undefined, types: Types) => Fillable
  TypeOverrides: new (types?: Types) => ParserTable
}

export type ParserTable = Types & { setTypeParser(oid: number, format: unknown, parse?: unknown): void }

/** The parsers of one client over those of the program. */
export const parserTable = (types?: Types): ParserTable => new TypeOverrides(types)

/** An answer as `pg` gives it. */
export function resultOf(
  { fields, lines, tag }: RawRows & { readonly tag: string },
  rowMode: 'array' | undefined,
  types: Types,
): pg.QueryResult {
  const result = new Result(rowMode, types)
  // Copies: these are kept for every later answer to the statement, of whichever tenant.
  if (fields.length > 0) result.addFields(fields.map((field) => ({ ...(field as object) })))
  for (const line of lines) result.rows.push(result.parseRow(line))
  result.addCommandComplete({ text: tag })
  return result
}
