// Deliberately narrow: a body that mentions a statement, or calls anything but these, may reach other rows.
const HARMLESS_CALLS = new Set(
  'now clock_timestamp statement_timestamp transaction_timestamp lower upper btrim coalesce nullif greatest least round length if elsif and or not in when'.split(
    ' ',
  ),
)
const STATEMENTS = new Set(
  'select insert update delete merge truncate perform execute call copy from table with values open for foreach set reset do raise'.split(
    ' ',
  ),
)
const TOKEN = /(?<space>\s+|--[^\n]*)|(?<text>'(?:[^'\\]|'')*')|(?<word>[a-z_][a-z0-9_]*)|(?<rest>\d+|:=|[-+*/%<>=|:.,;()])/giy

/** Of a body that is not plain enough to be read here, nothing is believed. */
export function isHarmless(body: string): boolean {
  const words: string[] = []
  let at = 0
  for (const match of body.matchAll(TOKEN)) {
    if (match.index !== at) return false
    at += match[0].length
    const { space, text } = match.groups!
    if (space === undefined) words.push(text === undefined ? match[0].toLowerCase() : "''")
  }
  return (
    at === body.length &&
    words.every((word, i) => {
      if (STATEMENTS.has(word) || (word === '/' && words[i + 1] === '*')) return false
      return word !== '(' || !/^\w+$/.test(words[i - 1] ?? '') || (HARMLESS_CALLS.has(words[i - 1]!) && words[i - 2] !== '.')
    })
  )
}
