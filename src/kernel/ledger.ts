import { createHash } from 'node:crypto'
import { fault } from './faults.js'

/** A numbered file of `sql/catalog` or `sql/home`, read by the door that opens the platform. */
export interface SqlFile {
  readonly number: number
  readonly name: string
  readonly text: string
}

/** What a ledger says about a file that was applied. */
export interface AppliedFile {
  readonly number: number
  readonly name: string
  /** Null where it was applied by a release that kept none. */
  readonly checksum: string | null
  readonly at: Date
}

export interface LedgerStanding {
  /** In the order in which they are to be applied. Numbers may have gaps, and a late file may fill one. */
  readonly missing: readonly SqlFile[]
  /** Applied with another text than that of ours. */
  readonly changed: readonly AppliedFile[]
  /** Applied, and unknown here: a newer release was at work. */
  readonly newer: readonly AppliedFile[]
}

/** Line ends do not count: some ways of unpacking change them. */
export const checksumOf = (file: SqlFile): string => createHash('sha256').update(file.text.replaceAll('\r\n', '\n')).digest('hex')

export const labelOf = ({ number, name }: { readonly number: number; readonly name: string }): string =>
  `${String(number).padStart(4, '0')}_${name}`

export const newestOf = (files: readonly { readonly number: number }[]): number => Math.max(0, ...files.map((file) => file.number))

export function compareLedger(files: readonly SqlFile[], applied: readonly AppliedFile[]): LedgerStanding {
  const known = new Map(files.map((file) => [file.number, file]))
  const done = new Set(applied.map((entry) => entry.number))
  return {
    missing: files.filter((file) => !done.has(file.number)).sort((a, b) => a.number - b.number),
    changed: applied.filter(({ number, checksum }) => {
      const file = known.get(number)
      return file !== undefined && checksum !== null && checksum !== checksumOf(file)
    }),
    newer: applied.filter(({ number }) => !known.has(number)),
  }
}

/** What is still to be applied to `where`. Throws VERSION_SKEW and INSTALLATION_CHANGED. */
export function filesToApply(
  folder: 'sql/catalog' | 'sql/home',
  where: string,
  files: readonly SqlFile[],
  applied: readonly AppliedFile[],
): readonly SqlFile[] {
  const { missing, changed, newer } = compareLedger(files, applied)
  if (newer.length > 0) throw fault('VERSION_SKEW', { where, found: newestOf(newer), known: newestOf(files) })
  if (changed[0] !== undefined) throw fault('INSTALLATION_CHANGED', { file: `${folder}/${labelOf(changed[0])}.sql`, where })
  return missing
}
