import { afterComment, beginsComment } from '../kernel/sql-comments.js'

/** The schema that Prisma is told to put before every name; no scope ever sees it. */
export const HOME_SCHEMA = '__home_of_the_tenant__'

// One lexeme of SQL at a time, as PostgreSQL reads them. Whatever may hold a quotation mark that begins no identifier is taken as a whole.
const LEXEME = new RegExp(
  [
    `("${HOME_SCHEMA}"\\.)`,
    `"(?:[^"]|"")*"`,
    `[eE]'(?:[^'\\\\]|''|\\\\[^])*'`,
    `'(?:[^']|'')*'`,
    `[A-Za-z_\\u0080-\\uffff][\\w$\\u0080-\\uffff]*`,
    `(\\$(?:[A-Za-z_\\u0080-\\uffff][\\w\\u0080-\\uffff]*)?\\$)[^]*?\\2`,
    `[^]`,
  ].join('|'),
  'y',
)

const KEPT = 1_000

/** Takes the schema away from the names in a statement, so that they mean the tables of the scope's home. Literals and comments stay as they are. */
export function createUnqualified(): (text: string) => string {
  const known = new Map<string, string>()
  return (text) => {
    if (!text.includes(HOME_SCHEMA)) return text
    let bare = known.get(text)
    if (bare === undefined) {
      bare = unqualified(text)
      if (known.size >= KEPT) known.delete(known.keys().next().value!)
      known.set(text, bare)
    }
    return bare
  }
}

function unqualified(text: string): string {
  let bare = ''
  for (let at = 0, next = 0; at < text.length; at = next) {
    let ours = false
    if (beginsComment(text, at)) next = afterComment(text, at)
    else {
      LEXEME.lastIndex = at
      ours = LEXEME.exec(text)?.[1] !== undefined
      next = LEXEME.lastIndex
    }
    if (!ours) bare += text.slice(at, next)
  }
  return bare
}
