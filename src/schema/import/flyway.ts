import { basename } from 'node:path'
import { byName, type Foreign, type ForeignFolder, invalid, isProgram, type LeftOut, textOf } from './foreign.js'
import type { Listing } from './listing.js'

export const FLYWAY_NAME = /^(?:([VUB])(\d+(?:[._]\d+)*)|(R))__(.*?)\.(sql|java|kt|groovy|py|class)$/s
const CALLBACK = /^(before|after|create)[A-Z]\w*(__.*)?\.[a-z]+$/s

interface Found {
  readonly file: string
  readonly version: string
  readonly title: string
}

/** `V1.2__title.sql` in folders of any depth, ordered by the parts of the version; `U…` takes back, `R__…` is repeatable. */
export async function readFlyway(listing: Listing): Promise<ForeignFolder> {
  const leftOut: LeftOut[] = []
  const kinds = { V: new Map<string, Found>(), U: new Map<string, Found>(), R: new Map<string, Found>() }
  for (const file of listing.files) {
    const parts = FLYWAY_NAME.exec(basename(file))
    if (parts === null || parts[1] === 'B') {
      leftOut.push({ file, reason: whyNot(basename(file), parts !== null) })
      continue
    }
    const [kind, version, title] = [(parts[1] ?? 'R') as 'V' | 'U' | 'R', parts[2] ?? '', parts[4]!]
    const key = kind === 'R' ? title : partsOf(version).join('.')
    const twin = kinds[kind].get(key)
    if (twin !== undefined) throw invalid(file, `has the same ${kind === 'R' ? 'name' : 'version'} as ${twin.file}`)
    kinds[kind].set(key, { file, version, title })
  }
  for (const [key, { file }] of kinds.U) if (!kinds.V.has(key)) leftOut.push({ file, reason: 'takes back what no file makes' })
  const read = (file: string): Promise<string> | undefined => (isProgram(file) ? undefined : textOf(listing, file))
  const migrations: Foreign[] = []
  for (const [key, { file, version, title }] of [...kinds.V].sort(([, a], [, b]) => compare(a.version, b.version))) {
    const undo = kinds.U.get(key)
    const digits = /^\d+$/.test(version) ? version : undefined
    migrations.push({ from: file, digits, title, up: await read(file), down: undo === undefined ? undefined : await read(undo.file) })
  }
  for (const [, { file, title }] of [...kinds.R].sort(([a], [b]) => byName(a, b)))
    migrations.push({ from: file, digits: undefined, title, up: await read(file), down: undefined, repeatable: true })
  return { migrations, leftOut }
}

function whyNot(name: string, baseline: boolean): string {
  if (baseline) return 'is a baseline of Flyway: what it makes, the files before it make as well'
  if (CALLBACK.test(name))
    return 'is a callback of Flyway, for which there is nothing alike: make it a repeatable file, or a step of your deployment'
  if (name.endsWith('.conf')) return 'holds settings of Flyway for one file'
  return 'is not named V<version>__<title>.sql, U<version>__<title>.sql or R__<title>.sql'
}

/** Trailing zeros do not count: 1 and 1.0 are one version. */
function partsOf(version: string): readonly bigint[] {
  const parts = version.split(/[._]/).map((part) => BigInt(part))
  while (parts.length > 1 && parts.at(-1) === 0n) parts.pop()
  return parts
}

function compare(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)]
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const [one, other] = [left[i] ?? 0n, right[i] ?? 0n]
    if (one !== other) return one < other ? -1 : 1
  }
  return 0
}
