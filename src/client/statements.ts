import { fault } from '../kernel/faults.js'
import { isSql, type Sql } from '../kernel/sql.js'
import { afterComment, beginsComment } from '../kernel/sql-comments.js'

const ALLOWED = new Set(['select', 'insert', 'update', 'delete', 'merge', 'with', 'values', 'table'])

/**
 * Lets through what reads and writes rows. Everything that could end the transaction, change the session or outlive the scope begins with another
 * word, and the extended protocol takes one statement only. Throws STATEMENT_INVALID or STATEMENT_REFUSED.
 */
export function checkStatement(statement: Sql): void {
  if (!isSql(statement)) throw fault('STATEMENT_INVALID')
  const word = firstWord(statement.text)
  if (!ALLOWED.has(word)) throw fault('STATEMENT_REFUSED', { statement: word })
}

/** As `checkStatement`, and EXPLAIN of what that lets through. */
export function checkPageable(statement: Sql): void {
  if (isSql(statement) && firstWord(statement.text) === 'explain') {
    const explained = /^\s*explain(\s*\([^()']*\)|(\s+(analyze|analyse|verbose)\b)*)/i.exec(statement.text)
    const word = explained === null ? 'explain' : firstWord(statement.text.slice(explained[0].length))
    if (!ALLOWED.has(word)) throw fault('STATEMENT_REFUSED', { statement: word })
  } else checkStatement(statement)
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
