import { fault } from '../kernel/faults.js'
import { ALLOWED_WORDS, checkStatement, firstWord } from '../kernel/row-statements.js'
import { isSql, type Sql } from '../kernel/sql.js'

/** As `checkStatement`, and EXPLAIN of what that lets through. */
export function checkPageable(statement: Sql): void {
  if (isSql(statement) && firstWord(statement.text) === 'explain') checkExplain(statement.text)
  else checkStatement(statement)
}

function checkExplain(text: string): void {
  const explained = /^\s*explain(\s*\([^()']*\)|(\s+(analyze|analyse|verbose)\b)*)/i.exec(text)
  const word = explained === null ? 'explain' : firstWord(text.slice(explained[0].length))
  if (!ALLOWED_WORDS.has(word)) throw fault('STATEMENT_REFUSED', { statement: word })
}

/** As `checkPageable`, of a text that a driver sends. Throws STATEMENT_REFUSED. */
export function checkText(text: string): void {
  const word = firstWord(text)
  if (ALLOWED_WORDS.has(word)) return
  if (word === 'explain') checkExplain(text)
  else throw fault('STATEMENT_REFUSED', { statement: word })
}

/** Lets through COPY of what a query answers, which can go out only: COPY FROM knows no row-level security. Throws STATEMENT_REFUSED. */
export function checkCopyOut(text: string): void {
  const copied = /^\s*copy\s*\(/i.exec(text)
  if (copied === null) throw fault('STATEMENT_REFUSED', { statement: 'copy' })
  const word = firstWord(text.slice(copied[0].length))
  if (!ALLOWED_WORDS.has(word)) throw fault('STATEMENT_REFUSED', { statement: `copy (${word}` })
}
