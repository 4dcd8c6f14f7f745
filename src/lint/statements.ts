import { afterComment, beginsComment } from '../kernel/sql-comments.js'

// What stands for a value that is known at run time only.
export const UNKNOWN = '\u0001'

// A string constant (one of E'…' has escapes), a quoted name, a dollar-quoted string. What is not closed goes on to the end.
const QUOTED = /(?<=\b[eE])'(?:[^'\\]|''|\\[\s\S])*(?:'|$)|'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|\$(\w*)\$[\s\S]*?(?:\$\1\$|$)/y

/**
 * The statements of a text, in lower case and with single spaces, without comments. String constants keep what could be a name and lose all else, so that
 * nothing in them is taken for SQL.
 */
export function statementsIn(text: string): readonly string[] {
  let plain = ''
  for (let at = 0; at < text.length; ) {
    if (beginsComment(text, at)) {
      at = afterComment(text, at)
      plain += ' '
      continue
    }
    QUOTED.lastIndex = at
    const quoted = QUOTED.exec(text)?.[0]
    plain += quoted === undefined ? text[at]!.toLowerCase() : quoted.startsWith('"') ? quoted : stringOf(quoted)
    at += quoted?.length ?? 1
  }
  return plain
    .split(';')
    .map((statement) => statement.replace(/\s+/g, ' ').trim())
    .filter((statement) => statement !== '')
}

const stringOf = (quoted: string): string => (/^'[\w.]*'$/.test(quoted) ? quoted.toLowerCase() : "''")

/** The arguments of each call of a function in a statement, as text. */
export function callsOf(statement: string, name: string): readonly (readonly string[])[] {
  return [...statement.matchAll(new RegExp(`(?<![\\w$])${name} ?\\(`, 'g'))].map((match) => {
    const parts: string[] = ['']
    let depth = 1
    for (let at = match.index + match[0].length; at < statement.length && depth > 0; at++) {
      const found = statement[at]!
      if (found === '(') depth++
      if (found === ')' && --depth === 0) break
      if (found === ',' && depth === 1) parts.push('')
      else parts[parts.length - 1] += found
    }
    return parts.map((part) => part.trim())
  })
}
