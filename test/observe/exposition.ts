import { expect } from 'vitest'

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"/y
const PARTS: Readonly<Record<string, readonly string[]>> = {
  gauge: [''],
  counter: [''],
  summary: ['_sum', '_count'],
  histogram: ['_bucket', '_sum', '_count'],
}

/** Reads the text format of Prometheus as its specification has it, and nothing that is only like it. */
export function parseExposition(text: string): { readonly samples: readonly Sample[]; readonly types: ReadonlyMap<string, string> } {
  expect(text.endsWith('\n')).toBe(true)
  const [samples, types, helped, seen]: [Sample[], Map<string, string>, Set<string>, Set<string>] = [[], new Map(), new Set(), new Set()]
  let family = ''
  for (const line of text.slice(0, -1).split('\n')) {
    const help = new RegExp(`^# HELP (${NAME}) (.+)$`).exec(line)
    const type = new RegExp(`^# TYPE (${NAME}) (gauge|counter|histogram|summary)$`).exec(line)
    if (help !== null) {
      expect(helped.has(help[1]!), line).toBe(false)
      helped.add(help[1]!)
    } else if (type !== null) {
      expect(types.has(type[1]!), line).toBe(false)
      family = type[1]!
      types.set(family, type[2]!)
    } else {
      const found = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (-?[0-9.e+-]+)$`).exec(line)
      expect(found, line).not.toBeNull()
      const [, name = '', inside = '', value = ''] = found!
      expect(
        PARTS[types.get(family)!]!.map((part) => family + part),
        line,
      ).toContain(name)
      expect(Number.isFinite(Number(value)), line).toBe(true)
      const identity = `${name}{${inside}}`
      expect(seen.has(identity), line).toBe(false)
      seen.add(identity)
      samples.push({ name, labels: labelsOf(inside, line), value: Number(value) })
    }
  }
  return { samples, types }
}

function labelsOf(inside: string, line: string): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {}
  for (let at = 0; at < inside.length; ) {
    LABEL.lastIndex = at
    const found = LABEL.exec(inside)
    expect(found, line).not.toBeNull()
    labels[found![1]!] = found![2]!.replaceAll(/\\(["\\n])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))
    at = LABEL.lastIndex
    if (at < inside.length) expect(inside[at++], line).toBe(',')
  }
  return labels
}
