import { fileText, ident, type Sql, sql } from '../../kernel/sql.js'
import type { Fact } from './facts.js'

/** One statement of what mends a home. */
export interface Mend {
  readonly sql: string
  /** What it may lose, in words; undefined for one that loses nothing. */
  readonly loses: string | undefined
  /** As the owner of the tables, or as the administrator, whom alone the server lets do it. */
  readonly as: 'owner' | 'administrator'
}

/** What brings one home to another's shape. */
export interface Difference {
  readonly mends: readonly Mend[]
  /** What SQL that is written by a program cannot mend, in words. */
  readonly told: readonly string[]
}

/** Statements are gathered in any order and run in that of their phases. */
const PHASES = [
  'own',
  'drop',
  'types',
  'sequences',
  'functions',
  'tables',
  'columns',
  'late functions',
  'storage',
  'keys',
  'views',
  'indexes',
  'foreign keys',
  'statistics',
  'triggers',
  'policies',
  'owners',
  'grants',
  'comments',
  'last drops',
] as const
export type Phase = (typeof PHASES)[number]

export interface Gathering {
  readonly add: (phase: Phase, statement: Sql, loses?: string) => void
  readonly tell: (words: string) => void
  readonly difference: () => Difference
}

// Routines and views are the second owner's, whom the owner of the tables cannot always speak for. None of this runs anybody's code.
const BY_ADMINISTRATOR: ReadonlySet<Phase> = new Set<Phase>([
  'own',
  'drop',
  'functions',
  'late functions',
  'owners',
  'grants',
  'comments',
  'last drops',
])

export function gathering(): Gathering {
  const phases = new Map<Phase, Mend[]>(PHASES.map((phase) => [phase, []]))
  const told: string[] = []
  return {
    add: (phase, statement, loses) => {
      phases.get(phase)!.push({ sql: statement.text, loses, as: BY_ADMINISTRATOR.has(phase) ? 'administrator' : 'owner' })
    },
    tell: (words) => {
      told.push(words)
    },
    difference: () => ({ mends: [...phases.values()].flat(), told }),
  }
}

export const text = (fact: Fact | undefined, key: string): string | undefined => {
  const value = fact?.def[key]
  return value === undefined || value === null ? undefined : String(value)
}

/** What PostgreSQL has put into words: of what the files make, or the name of a routine with its arguments. */
export const words = (value: unknown): Sql => fileText(String(value))

export const list = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : [])

/** Does an expression, or a query, speak of this name? Rather too often than too seldom: what speaks of it is made anew. */
export const speaksOf = (said: string | undefined, name: string): boolean =>
  said !== undefined && new RegExp(`(?<![\\w$])${name.replace(/[^\w]/g, '\\$&')}(?![\\w$])`).test(said)

/** A routine is named with its arguments, as the server writes them. */
export const named = (what: string, name: string): Sql =>
  ['function', 'procedure', 'aggregate'].includes(what) ? sql`${fileText(what)} ${fileText(name)}` : sql`${fileText(what)} ${ident(name)}`
