import type { Survey } from '../../isolation/survey.js'
import type { Config } from '../config.js'

/** The number that a home was made with, or one that is free. */
export interface HomeNumber {
  readonly number: number
  readonly known: boolean
}

// As it is read, and far beyond what has ever been made.
const MAX_NUMBER = 2 ** 31 - 1

/** Numbers are in the names of schemas and databases where the patterns say so; the rest is numbered anew, in the order of age. */
export function numberHomes(surveys: readonly Survey[], naming: Config['naming']): ReadonlyMap<string, HomeNumber> {
  const [ofSchema, ofDatabase] = [numberIn(naming.schema), numberIn(naming.database)]
  const numbers = new Map<string, HomeNumber>()
  const taken = new Set<number>()
  const homes = surveys.flatMap(({ database, homes: all }) => all.map((home) => ({ ...home, database })))
  for (const { id, schema, isolation, adopted, database } of homes) {
    // Somebody else has made these names.
    if (adopted) continue
    const number = ofSchema(schema) ?? (isolation === 'database' ? ofDatabase(database) : undefined)
    if (number === undefined || number > MAX_NUMBER || taken.has(number)) continue
    taken.add(number)
    numbers.set(id, { number, known: true })
  }
  let next = 1
  const age = (since: Date | null): number => since?.getTime() ?? Number.POSITIVE_INFINITY
  for (const { id } of [...homes].sort((a, b) => age(a.since) - age(b.since))) {
    if (numbers.has(id)) continue
    while (taken.has(next)) next++
    taken.add(next)
    numbers.set(id, { number: next, known: false })
  }
  return numbers
}

export const lastNumberOf = (numbers: ReadonlyMap<string, HomeNumber>): number =>
  [...numbers.values()].reduce((last, { number }) => Math.max(last, number), 0)

/** Reads the number out of a name that the pattern has made. */
function numberIn(pattern: string): (name: string) => number | undefined {
  // Patterns are lower-case letters, digits, underscores and these two words.
  const shape = pattern
    .replaceAll('{id}', '[a-z2-7]{26}')
    .replace(/\{number(:\d)?\}/, '(\\d+)')
    .replace(/\{number(:\d)?\}/g, '\\d+')
  const expression = new RegExp(`^${shape}$`)
  return (name) => {
    const digits = expression.exec(name)?.[1]
    return digits === undefined ? undefined : Number(digits)
  }
}
