import type { Fault } from './faults.js'

/** Nothing that the API takes is anywhere near as deep. */
const DEEPEST = 64

/**
 * Parses one JSON object. Refused is also what JSON.parse lets pass although two readers may understand two things by it: repeated
 * keys, `__proto__`, any amount of nesting. The reason never repeats the text, which may hold a secret.
 */
export function parseStrictJson(text: string, refuse: (reason: string) => Fault): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw refuse('it cannot be parsed')
  }
  checkKeys(text, refuse)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse('it is not an object')
  return value as Record<string, unknown>
}

/** Walks over text that is known to be JSON; there, a string before a colon is a key. */
function checkKeys(text: string, refuse: (reason: string) => Fault): void {
  const open: Set<string>[] = []
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '{' || character === '[') {
      open.push(new Set())
      if (open.length > DEEPEST) throw refuse(`it is nested deeper than ${DEEPEST}`)
    } else if (character === '}' || character === ']') {
      open.pop()
    } else if (character === '"') {
      const end = endOfString(text, at)
      if (isBeforeColon(text, end)) addKey(open.at(-1)!, JSON.parse(text.slice(at, end)) as string, refuse)
      at = end - 1
    }
  }
}

function addKey(keys: Set<string>, key: string, refuse: (reason: string) => Fault): void {
  if (key === '__proto__') throw refuse('it has a key "__proto__"')
  if (keys.has(key)) throw refuse('it has a key twice in one object')
  keys.add(key)
}

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function isBeforeColon(text: string, at: number): boolean {
  let next = at
  while (' \t\r\n'.includes(text[next] ?? '-')) next++
  return text[next] === ':'
}
