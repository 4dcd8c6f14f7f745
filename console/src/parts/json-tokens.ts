export interface Token {
  readonly kind: 'name' | 'text' | 'number' | 'word' | 'mark'
  readonly text: string
}

/** A value as indented JSON, in tokens: put together they are `JSON.stringify(value, undefined, 2)`. */
export function jsonTokens(value: unknown): readonly Token[] {
  const text = JSON.stringify(value, undefined, 2) ?? 'null'
  const tokens: Token[] = []
  // A string with what follows it (a name has a colon), a number, a word, or whatever stands between these.
  for (const [whole, string, colon, number, word] of text.matchAll(
    /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null)|[^"\dtfn-]+/g,
  )) {
    if (string !== undefined) {
      tokens.push({ kind: colon === undefined ? 'text' : 'name', text: string })
      if (colon !== undefined) tokens.push({ kind: 'mark', text: colon })
    } else if (number !== undefined) tokens.push({ kind: 'number', text: number })
    else tokens.push({ kind: word === undefined ? 'mark' : 'word', text: whole })
  }
  return tokens
}
