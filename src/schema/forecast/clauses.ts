// Comments, quoted words and texts, dollar quotes, words, and any other single character.
const TOKEN =
  /--[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"]|"")*"|\b[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|(\$\w*\$)[\s\S]*?\1|[\p{L}_][\p{L}\p{N}_$]*|[\s\S]/gu

interface Token {
  readonly text: string
  readonly at: number
  readonly end: number
  readonly depth: number
}

function* tokens(text: string): Generator<Token> {
  let depth = 0
  for (const { 0: found, index } of text.matchAll(TOKEN)) {
    if (found === ')' || found === ']') depth--
    yield { text: found, at: index, end: index + found.length, depth }
    if (found === '(' || found === '[') depth++
  }
}

/** The parts of a text between commas that stand in no parentheses. */
export function commaParts(text: string): readonly string[] {
  const parts: string[] = []
  let from = 0
  for (const token of tokens(text)) {
    if (token.depth !== 0 || token.text !== ',') continue
    parts.push(text.slice(from, token.at))
    from = token.end
  }
  return [...parts, text.slice(from)].map((part) => part.trim())
}

/** What stands in the parentheses after a word that itself stands in none. */
export function parenthesesAfter(text: string, word: string): string | undefined {
  let [met, from] = [false, -1]
  for (const token of tokens(text)) {
    if (token.depth !== 0) continue
    if (token.text.toLowerCase() === word) met = true
    else if (met && token.text === '(') from = token.end
    else if (from >= 0 && token.text === ')') return text.slice(from, token.at)
  }
  return undefined
}

/** What stands after a word that itself stands in no parentheses, to the end. */
export function after(text: string, word: string): string | undefined {
  for (const token of tokens(text)) if (token.depth === 0 && token.text.toLowerCase() === word) return text.slice(token.end).trim()
  return undefined
}
