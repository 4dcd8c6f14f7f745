import type { Foreign } from './foreign.js'

export interface Named {
  readonly foreign: Foreign
  /** The name that our file gets. */
  readonly name: string
}

export interface Names {
  readonly named: readonly Named[]
  /** How the versions came about, for people. */
  readonly rule: string
}

const LONGEST_TITLE = 60

/**
 * Gives each migration its name, in the order of the tool. The numbers of the old names are kept, with zeros before them, where they grow from file to
 * file and every file that is written from `now` on (`yyyymmddhhmmss`) is newer. Elsewhere the files are counted.
 */
export function nameAll(migrations: readonly Foreign[], now: string): Names {
  const versioned = migrations.filter((one) => one.repeatable === undefined)
  const numbers = versioned.map(({ digits }) => (digits === undefined ? undefined : BigInt(digits)))
  const grow = numbers.every((number, i) => number !== undefined && number < BigInt(now) && (i === 0 || numbers[i - 1]! < number))
  const said = grow ? versioned.map(({ digits }) => digits!) : versioned.map((_, i) => String(i + 1))
  const width = Math.min(now.length, Math.max(4, ...said.map((digits) => digits.length)))
  const used = new Set<string>()
  const repeatable = (title: string): string => {
    let name = `R__${slug(title)}.sql`
    for (let i = 2; used.has(name); i++) name = `R__${slug(title)}_${i}.sql`
    used.add(name)
    return name
  }
  let at = 0
  return {
    named: migrations.map((foreign) => ({
      foreign,
      name: foreign.repeatable
        ? repeatable(foreign.title)
        : `${String(BigInt(said[at++]!)).padStart(width, '0')}_${slug(foreign.title)}.sql`,
    })),
    rule: grow
      ? `versions are the numbers of the old names, ${width} digits wide`
      : `versions are counted in the old order, ${width} digits wide: the old numbers do not grow from file to file, or are not older than what is written from now on`,
  }
}

/** Lower-case words joined by `_`. */
export function slug(title: string): string {
  const words = title
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .slice(0, LONGEST_TITLE)
    .replace(/^_+|_+$/g, '')
  return words === '' ? 'migration' : words
}
