import { EXTENSION_SCHEMA, PLATFORM_SCHEMA } from '../../isolation/names.js'
import { ident, literal } from '../../kernel/sql.js'
import type { Definition, Fact, Kind } from '../../schema/drift/facts.js'
import { speaksOf } from '../../schema/drift/plan.js'
import { codeOf, inCode } from './deparsed.js'

/** What a plain PostgreSQL without Tenantry can be told of a home. */
export interface PlainFacts {
  readonly facts: readonly Fact[]
  /** By table: columns that cannot be there, since what they are worked out from cannot. */
  readonly leftOut: readonly string[]
}

const KEPT: ReadonlySet<Kind> = new Set<Kind>(['type', 'domain check', 'sequence', 'table', 'column', 'constraint', 'index'])
/** How a table is stored is not what it says. */
const STORAGE = ['persistence', 'method', 'options', 'replica identity', 'storage', 'compression', 'statistics', 'clustered']
/** Where a definition has code. */
const CODE = ['default', 'as', 'def', 'bound', 'partition by', 'type', 'base', 'subtype', 'difference']

/**
 * The facts of a home as those of a schema in a stock PostgreSQL: types, tables, columns, sequences, constraints and indexes. Whose the rows are becomes a
 * constant; what needs the home's functions, or what is beside the home, is left out and told.
 */
export function plainFacts(found: readonly Fact[], tenant: string): PlainFacts {
  const leftOut: string[] = []
  const tables = new Set(found.filter(({ kind, def }) => kind === 'table' && def.kind !== 'foreign table').map(({ table }) => table))
  const routines = found.filter(({ kind }) => kind === 'function').map(({ table }) => table.slice(0, table.indexOf('(')))
  const identities = new Map(
    found.flatMap((fact) =>
      fact.kind === 'sequence' && fact.def.identity === true ? [[columnKey(fact.table, String(fact.def.column)), fact]] : [],
    ),
  )
  const counted = countKinds(found)
  for (const [kind, n] of counted) if (n > 0) leftOut.push(`${n} ${n === 1 ? kind : `${kind}s`} of the application`)
  const unfit = (text: string): boolean => OTHERS.test(codeOf(text)) || routines.some((name) => speaksOf(codeOf(text), name))

  const facts = found.flatMap((fact): readonly Fact[] => {
    if (!KEPT.has(fact.kind) || (fact.kind === 'sequence' && fact.def.identity === true)) return []
    const ofTable =
      fact.kind === 'table' ||
      fact.kind === 'constraint' ||
      fact.kind === 'index' ||
      (fact.kind === 'column' && fact.def.composite !== true)
    if (ofTable && !tables.has(fact.table)) return []
    const def: Record<string, unknown> = Object.fromEntries(
      Object.entries(fact.def)
        .filter(([key]) => !STORAGE.includes(key))
        .map(([key, value]) => [key, CODE.includes(key) && typeof value === 'string' ? plain(value, tenant) : value]),
    )
    const bad = CODE.filter((key) => typeof def[key] === 'string' && unfit(String(def[key])))
    if (bad.length > 0) {
      if (fact.kind === 'column' && bad.every((key) => key === 'default')) {
        leftOut.push(`the default of ${fact.table}.${fact.name}`)
        delete def.default
      } else if (fact.kind === 'column' && bad.includes('type') && def.as === undefined) {
        leftOut.push(`the type of ${fact.table}.${fact.name}, which is text here`)
        def.type = 'text'
        delete def.default
      } else {
        leftOut.push(`the ${fact.kind} ${fact.name === '' ? fact.table : `${fact.table}.${fact.name}`}`)
        return []
      }
    }
    const identity = fact.kind === 'column' ? identities.get(columnKey(fact.table, fact.name)) : undefined
    return [{ ...fact, def: identity === undefined ? def : withIdentity(def, identity) }]
  })
  return { facts, leftOut }
}

const columnKey = (table: string, column: string): string => JSON.stringify([table, column])

const TOLD = ['view', 'function', 'trigger', 'rule', 'other'] as const
const countKinds = (found: readonly Fact[]): readonly (readonly [string, number])[] =>
  TOLD.map((kind) => [kind === 'other' ? 'other object' : kind, found.filter((fact) => fact.kind === kind).length] as const)

const OTHERS = new RegExp(`(?<![\\w$"])"?(?:tenantry|tenantry_[a-z]+|${PLATFORM_SCHEMA})"?\\.`)
const EXTENSION = new RegExp(`(?<![\\w$".])${EXTENSION_SCHEMA}\\.`, 'g')

const plain = (text: string, tenant: string): string =>
  inCode(text, (code) => code.replace(/\btenantry\.tenant\(\)/g, `${literal(tenant).text}::uuid`).replace(EXTENSION, ''))

/** The sequence of an identity goes with its column: its name and its numbers are said there. */
function withIdentity(def: Readonly<Record<string, unknown>>, { name, def: sequence }: Fact): Definition {
  const { identity, ...rest } = def
  const numbers = [
    `increment by ${sequence.increment}`,
    `minvalue ${sequence.minimum}`,
    `maxvalue ${sequence.maximum}`,
    `start with ${sequence.start}`,
    `cache ${sequence.cache}`,
    sequence.cycle === true ? 'cycle' : 'no cycle',
  ]
  if (identity === undefined) return rest
  return { ...rest, type: `${rest.type} generated ${identity} as identity (sequence name ${ident(name).text} ${numbers.join(' ')})` }
}
