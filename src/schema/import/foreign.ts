import { type Fault, fault } from '../../kernel/faults.js'
import { readText } from '../read-text.js'
import type { Listing } from './listing.js'

/** The tools whose folders can be read. */
export const FORMATS = ['golang-migrate', 'node-pg-migrate', 'flyway', 'drizzle', 'prisma'] as const
export type Format = (typeof FORMATS)[number]

/** One migration of another tool, as its files say it. */
export interface Foreign {
  /** Its file below the folder, as messages name it. */
  readonly from: string
  /** The number that its name begins with, as written. Undefined where the tool orders by something else. */
  readonly digits: string | undefined
  readonly title: string
  /** Undefined for a program, which can only be written anew by hand: its place among the versions is kept free. */
  readonly up: string | undefined
  readonly down: string | undefined
  /** Runs again whenever it changes, and has no version. */
  readonly repeatable?: true
}

export interface LeftOut {
  readonly file: string
  readonly reason: string
}

/** What a folder holds, in the order in which its tool runs it. */
export interface ForeignFolder {
  readonly migrations: readonly Foreign[]
  readonly leftOut: readonly LeftOut[]
}

export const invalid = (file: string, reason: string, cause?: unknown): Fault =>
  fault('IMPORT_INVALID', { file: shown(file), reason }, { cause })

/** The text of a file that the listing names. Throws IMPORT_INVALID. */
export const textOf = (listing: Listing, file: string): Promise<string> =>
  readText(
    listing.pathOf(file),
    (reason, cause) => invalid(file, reason, cause),
    'data is loaded by a program, not by a migration: take it out of the folder',
  )

/** A name may hold line ends, which would end a comment or a message. */
export const shown = (name: string): string => (/^[\x20-\x7e\u00a1-\uffff]*$/.test(name) ? name : JSON.stringify(name))

export const isProgram = (name: string): boolean => /\.([cm]?[jt]s|java|kt|groovy|py|go|class)$/.test(name) && !name.endsWith('.d.ts')

/** `0001_some_name` into its number and the rest. */
export function numbered(name: string): { readonly digits: string | undefined; readonly title: string } {
  const found = /^(\d+)[_-]?(.*)$/s.exec(name)
  return found === null ? { digits: undefined, title: name } : { digits: found[1]!, title: found[2]! }
}

/** By code points, as the tools that order by name do. */
export const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
