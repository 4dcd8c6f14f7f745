import { fault } from '../../kernel/faults.js'
import { MOST_CHARACTERS } from './model.js'

/** A value as it stands in the file: JSON. */
export interface JsonLine {
  readonly line: number
  readonly values: ReadonlyMap<string, string>
}

/** The objects of a file with one in each line, with the text of each value, so that no number is rounded. Throws IMPORT_MALFORMED, IMPORT_TOO_LARGE. */
export async function* jsonLines(chunks: AsyncIterable<string>, file: string): AsyncGenerator<JsonLine, void> {
  let [line, begun] = [0, '']
  const read = (text: string): JsonLine | undefined => {
    line++
    const values = text.trim() === '' ? undefined : membersOf(text, (reason) => fault('IMPORT_MALFORMED', { file, line, reason }))
    return values === undefined ? undefined : { line, values }
  }
  for await (const chunk of chunks) {
    const lines = (begun + chunk).split('\n')
    begun = lines.pop()!
    if (begun.length > MOST_CHARACTERS)
      throw fault('IMPORT_TOO_LARGE', { file, reason: `line ${line + lines.length + 1} has more than ${MOST_CHARACTERS} characters` })
    for (const text of lines) {
      const row = read(text)
      if (row !== undefined) yield row
    }
  }
  const last = read(begun)
  if (last !== undefined) yield last
}

/** The members of an object, each as it is written. */
function membersOf(text: string, malformed: (reason: string) => Error): ReadonlyMap<string, string> {
  let whole: unknown
  try {
    whole = JSON.parse(text)
  } catch {
    throw malformed('it is not JSON')
  }
  if (typeof whole !== 'object' || whole === null || Array.isArray(whole)) throw malformed('it is not an object')
  // From here on it is known to be JSON, so that only borders are to be found.
  const members = new Map<string, string>()
  let at = after(text, text.indexOf('{') + 1)
  while (text[at] !== '}') {
    const keyEnds = endOfValue(text, at)
    const key = JSON.parse(text.slice(at, keyEnds)) as string
    if (members.has(key)) throw malformed('a key stands in it twice')
    const begins = after(text, after(text, keyEnds) + 1)
    const ends = endOfValue(text, begins)
    members.set(key, text.slice(begins, ends))
    at = after(text, ends)
    if (text[at] === ',') at = after(text, at + 1)
  }
  return members
}

const SPACE = /[ \t\r\n]*/y
const after = (text: string, at: number): number => {
  SPACE.lastIndex = at
  return at + SPACE.exec(text)![0].length
}

const STRING = /"(?:[^"\\]|\\[\s\S])*"/y
const SCALAR = /[^,}\] \t\r\n]+/y
const STRUCTURE = /["{}[\]]/g

function endOfValue(text: string, at: number): number {
  const first = text[at]
  if (first === '"') return endOf(STRING, text, at)
  if (first !== '{' && first !== '[') return endOf(SCALAR, text, at)
  let depth = 0
  for (let next = at; ; ) {
    STRUCTURE.lastIndex = next
    const { index, 0: sign } = STRUCTURE.exec(text)!
    if (sign === '"') next = endOf(STRING, text, index)
    else {
      depth += sign === '{' || sign === '[' ? 1 : -1
      next = index + 1
      if (depth === 0) return next
    }
  }
}

function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return at + pattern.exec(text)![0].length
}

/** A value as the text that a column's type reads. JSON has no other null than its own, which a `jsonb` may hold. */
export function textOfJson(json: string | undefined, isJsonb: boolean): string | null {
  if (json === undefined) return null
  if (isJsonb) return json
  if (json === 'null') return null
  return json.startsWith('"') ? (JSON.parse(json) as string) : json
}
