import { createHash } from 'node:crypto'
import { compareVersions as compareNumbers } from '../kernel/versions.js'
import type { SectionOptions } from './section-options.js'

/** One migration as its file says it. */
export interface Migration {
  /** Digits that order the files; UTC `yyyymmddhhmmss` by convention. Of a repeatable file: `R__` and its title. */
  readonly version: string
  readonly title: string
  /** The path as messages name it. */
  readonly file: string
  /** `sql`: once, in order. `repeatable`: after those, whenever it has changed. `program`: a data step in TypeScript or JavaScript, in the order of the first. */
  readonly kind: 'sql' | 'repeatable' | 'program'
  /** Of a program: empty. */
  readonly up: string
  /** The line of the file that `up` begins on, counted from 1. */
  readonly upLine: number
  readonly options: SectionOptions
  readonly down: string | undefined
  readonly downLine: number
  readonly downOptions: SectionOptions
  /** Of a program: where it is loaded from. */
  readonly program: string | undefined
  /** SHA-256 over the file with LF line ends and no BOM, so that a checkout on another system is no edit. */
  readonly checksum: string
}

const REPEATABLE = 'R__'

/** How the ledger names a repeatable file. */
export const repeatableVersion = (title: string): string => `${REPEATABLE}${title}`

export const isRepeatable = (version: string): boolean => version.startsWith(REPEATABLE)

/** Versions are numbers of any length: shorter is older. Repeatable files have none, and stand before all of them, by name. */
export function compareVersions(a: string, b: string): number {
  if (isRepeatable(a) !== isRepeatable(b)) return isRepeatable(a) ? -1 : 1
  if (isRepeatable(a)) return a < b ? -1 : a > b ? 1 : 0
  return compareNumbers(a, b)
}

/** The newest version of files, or of a ledger; empty when there is none. */
export const newestVersion = (applied: readonly { readonly version: string }[]): string =>
  applied
    .map(({ version }) => version)
    .filter((version) => !isRepeatable(version))
    .reduce((newest, version) => (newest === '' || compareVersions(version, newest) > 0 ? version : newest), '')

/** The files up to a version, or all; what runs again when it has changed may need what comes later. */
export const upTo = (migrations: readonly Migration[], version: string | undefined): readonly Migration[] =>
  version === undefined ? migrations : migrations.filter((one) => !isRepeatable(one.version) && compareVersions(one.version, version) <= 0)

type Entry = { readonly version: string; readonly checksum: string }

/** A digest over what a home has applied, in any order. Equal digests mean equal ledgers, so one query finds the homes that are behind. */
export function ledgerDigest(applied: readonly Entry[]): string {
  const hash = createHash('sha256')
  for (const { version, checksum } of [...applied].sort((a, b) => compareVersions(a.version, b.version)))
    hash.update(`${version}:${checksum}\n`)
  return applied.length === 0 ? '' : hash.digest('hex')
}

/**
 * The files that a home of this digest has applied: those up to some version, with the repeatable ones, which run after whatever is the newest, or without.
 * Undefined when no beginning of them makes it.
 */
export function beginningOf<T extends Entry>(
  digest: string,
  migrations: readonly T[],
  digestOf: (files: readonly Entry[]) => string = ledgerDigest,
): readonly T[] | undefined {
  return beginningsOf(migrations).find((files) => digestOf(files) === digest)
}

/** All ledgers that a home may have which follows these files, the longest first. */
export function beginningsOf<T extends Entry>(migrations: readonly T[]): readonly (readonly T[])[] {
  const repeatable = migrations.filter(({ version }) => isRepeatable(version))
  const numbered = migrations.filter(({ version }) => !isRepeatable(version))
  return Array.from({ length: numbered.length + 1 }, (_, left) => numbered.slice(0, numbered.length - left)).flatMap((files) =>
    repeatable.length === 0 ? [files] : [[...files, ...repeatable], files],
  )
}

/** As `ledgerDigest`, for platform tables, whose grants also follow from which columns are hidden. */
export function platformDigest(applied: readonly Entry[], hidden: Readonly<Record<string, readonly string[]>>): string {
  const columns = Object.entries(hidden).flatMap(([table, names]) => names.map((name) => `${table}.${name}`))
  return columns.length === 0
    ? ledgerDigest(applied)
    : createHash('sha256')
        .update([ledgerDigest(applied), ...columns.sort()].join('\n'))
        .digest('hex')
}

export const checksumOf = (text: string): string => createHash('sha256').update(text).digest('hex')
