import { createHash } from 'node:crypto'

/** The kinds of facts, in the order in which a snapshot tells them. What is in `RIGHTS` is Tenantry's to make, and no part of the shape. */
export const KINDS = [
  'type',
  'domain check',
  'sequence',
  'table',
  'column',
  'constraint',
  'index',
  'statistics',
  'view',
  'rule',
  'function',
  'trigger',
  'foreign keys',
  'other',
  'comment',
  'row security',
  'policy',
  'owner',
  'grant',
  'default grant',
] as const

export type Kind = (typeof KINDS)[number]

const RIGHTS: ReadonlySet<Kind> = new Set<Kind>(['comment', 'row security', 'policy', 'owner', 'grant', 'default grant'])

/**
 * One thing that is true of a home. The names of the home's schema and roles are neutral: the schema's is left out, roles are `$owner`, `$code`, `$tenant`,
 * `$home` and `$login`.
 */
export interface Fact {
  readonly kind: Kind
  /** The table (or view, function, type) that it belongs to, or the object itself. */
  readonly table: string
  /** The part of it: a column, a constraint, a grantee; empty for the object itself. */
  readonly name: string
  readonly def: Definition
}

export interface Definition {
  readonly [key: string]: unknown
}

/** `shape` is what migrations make; `all` is that and what Tenantry makes of it: owners, rights, policies; and comments. */
export type Level = 'shape' | 'all'

export const keyOf = ({ kind, table, name }: Fact): string => JSON.stringify([kind, table, name])

export const onLevel = (facts: readonly Fact[], level: Level): readonly Fact[] =>
  level === 'all' ? facts : facts.filter(({ kind }) => !RIGHTS.has(kind))

/** Equal texts mean equal definitions, whatever the order of the keys. */
export function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${textOf(one)}`).join(',')}}`
}

/** Of canonical facts: the same on every PostgreSQL that Tenantry runs on, and for every home that the same files have made. */
export function fingerprintOfFacts(facts: readonly Fact[], level: Level): string {
  const hash = createHash('sha256')
  const lines = onLevel(facts, level).map((fact) => `${keyOf(fact)}${textOf(fact.def)}\n`)
  for (const line of lines.sort()) hash.update(line)
  return hash.digest('hex')
}
