import { parse, SqlError } from 'libpg-query'
import { fault } from '../kernel/faults.js'

/** A part of a migration's file: what its up or its down section says. */
export interface Section {
  /** The path as messages name it. */
  readonly file: string
  readonly text: string
  /** The line of the file that the text begins on, counted from 1. */
  readonly line: number
}

/** One statement as PostgreSQL's own grammar reads it. */
export interface Statement {
  /** The name of its node, such as `AlterTableStmt`. */
  readonly kind: string
  readonly node: Node
  /** As written, without the blanks and comments before it, and without the semicolon. */
  readonly text: string
  /** The line of the file that it begins on. */
  readonly line: number
}

export interface Node {
  readonly [key: string]: unknown
}

/** The statements of a section in order. Throws MIGRATION_INVALID, with the line, when it does not parse or holds none. */
export async function statementsOf({ file, text, line }: Section): Promise<readonly Statement[]> {
  const refuse = (before: string, reason: string): never => {
    throw fault('MIGRATION_INVALID', { file: `${file}:${line + newLines(before)}`, reason })
  }
  const meta = /^\\\w+/m.exec(text)
  if (meta !== null) refuse(text.slice(0, meta.index), `"${meta[0]}" is a command of psql, not SQL`)
  const nothing = fault('MIGRATION_INVALID', { file, reason: 'holds no statement' })
  // The parser calls it an error to be given nothing.
  if (text.trim() === '') throw nothing
  const tree = await parse(text).catch((error: unknown) => {
    if (!(error instanceof SqlError)) throw error
    return refuse([...text].slice(0, error.sqlDetails?.cursorPosition ?? 0).join(''), error.message)
  })
  const found = tree.stmts ?? []
  if (found.length === 0) throw nothing
  const bytes = Buffer.from(text)
  // Counted on from one statement to the next: from the beginning for each, 100,000 of them would take minutes.
  let [at, reached] = [0, line]
  return found.map(({ stmt, stmt_location: start = 0, stmt_len: length }) => {
    const written = bytes.subarray(start, length === undefined || length === 0 ? undefined : start + length).toString()
    const blank = written.slice(0, leadingBlank(written))
    reached += newLines(bytes.subarray(at, start).toString()) + newLines(blank)
    at = start + Buffer.byteLength(blank)
    const [kind, node] = Object.entries(stmt ?? {})[0] as [string, Node]
    return { kind, node, text: written.slice(blank.length).trimEnd(), line: reached }
  })
}

// White space and comments between the end of one statement and the beginning of the next count as part of the latter.
function leadingBlank(text: string): number {
  const blank = /\s+|--[^\n]*\n?|\/\*[\s\S]*?\*\//y
  let end = 0
  while (blank.test(text)) end = blank.lastIndex
  return end
}

const newLines = (text: string): number => text.split('\n').length - 1

/** Every object of a syntax tree, itself first. */
export function* walk(node: unknown): Generator<Node> {
  if (Array.isArray(node)) {
    for (const child of node) yield* walk(child)
  } else if (typeof node === 'object' && node !== null) {
    yield node as Node
    for (const child of Object.values(node)) yield* walk(child)
  }
}
