import { fault } from '../kernel/faults.js'
import { afterComment, beginsComment } from '../kernel/sql-comments.js'

// What a semicolon may stand in without ending a statement: comments (which nest), strings, E strings with backslashes, names, dollar quotes.
const DOLLAR = /\$([A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y

/** Cuts a text at the semicolons that end statements. `rest` is what is not ended yet. */
export function splitStatements(text: string): { readonly statements: readonly string[]; readonly rest: string } {
  const statements: string[] = []
  let start = 0
  let at = 0
  while (at < text.length) {
    if (text[at] === ';') {
      statements.push(text.slice(start, at))
      at++
      start = at
    } else at = afterToken(text, at)
  }
  return { statements: statements.filter((statement) => !isBlank(statement)), rest: text.slice(start) }
}

/** The one statement of a text, without what ends it. Throws INPUT_INVALID when there are more, or none. */
export function oneStatement(text: string): string {
  const { statements, rest } = splitStatements(text)
  const all = isBlank(rest) ? statements : [...statements, rest]
  if (all.length === 1) return all[0]!
  throw fault('INPUT_INVALID', {
    issues: [all.length === 0 ? 'the statement is empty' : `these are ${all.length} statements; a scope is opened for one at a time`],
  })
}

/** Nothing but white space and comments? */
export function isBlank(text: string): boolean {
  let at = 0
  while (at < text.length) {
    if (/\s/.test(text[at]!)) at++
    else if (beginsComment(text, at)) at = afterComment(text, at)
    else return false
  }
  return true
}

function afterToken(text: string, at: number): number {
  const character = text[at]!
  if (character === "'") return afterQuote(text, at, "'", /(^|[^A-Za-z0-9_$\u0080-\uffff])[eE]$/.test(text.slice(Math.max(0, at - 2), at)))
  if (character === '"') return afterQuote(text, at, '"', false)
  if (beginsComment(text, at)) return afterComment(text, at)
  // A dollar inside of a name begins nothing.
  if (character === '$' && !/[A-Za-z0-9_$\u0080-\uffff]/.test(text[at - 1] ?? '')) {
    DOLLAR.lastIndex = at
    const tag = DOLLAR.exec(text)?.[0]
    if (tag !== undefined) {
      const end = text.indexOf(tag, at + tag.length)
      return end < 0 ? text.length : end + tag.length
    }
  }
  return at + 1
}

function afterQuote(text: string, start: number, quote: string, escapes: boolean): number {
  let at = start + 1
  while (at < text.length) {
    if (escapes && text[at] === '\\') at += 2
    else if (text[at] !== quote) at++
    else if (text[at + 1] === quote) at += 2
    else return at + 1
  }
  return text.length
}
