import { fault } from './faults.js'
import { isSql, type Sql } from './sql.js'
import { afterComment, beginsComment } from './sql-comments.js'

export const ALLOWED_WORDS = new Set(['select', 'insert', 'update', 'delete', 'merge', 'with', 'values', 'table'])

/**
 * Lets through what reads and writes rows. Everything that could end the transaction, change the session or outlive the scope begins with another
 * word, and the extended protocol takes one statement only. Throws STATEMENT_INVALID or STATEMENT_REFUSED.
 */
export function checkStatement(statement: Sql): void {
  if (!isSql(statement)) throw fault('STATEMENT_INVALID')
  const word = firstWord(statement.text)
  if (!ALLOWED_WORDS.has(word)) throw fault('STATEMENT_REFUSED', { statement: word })
}

/** The first word after white space, comments (which nest in PostgreSQL) and opening parentheses, in lower case. */
export function firstWord(text: string): string {
  let at = 0
  for (;;) {
    const found = text.charCodeAt(at)
    if (found === 32 || (found >= 9 && found <= 13) || found === 40) {
      at++
    } else if ((found === 45 || found === 47) && beginsComment(text, at)) {
      at = afterComment(text, at)
    } else break
  }
  const word = /^[a-z]+(?![\w$\u0080-\uffff])/i.exec(text.slice(at, at + 20))
  return word === null ? text.slice(at, at + 20) : word[0].toLowerCase()
}
