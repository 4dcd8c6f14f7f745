import type { Found, LintRule, Step } from '../finding.js'
import { columnFrom } from '../learn-table.js'
import { clauseAt, statements } from '../source.js'
import { list, quoted, typeModifiers, typeName, words } from '../tree.js'
import { newColumns } from './about.js'

interface Typed {
  readonly table: string
  readonly name: string
  readonly type: string
  readonly size: number | undefined
  /** The type as it is written. */
  readonly written: string
  /** The statement with another type in its place, and with a check behind the column. */
  readonly instead: (type: string, check?: string) => string
}

/** Columns that a statement makes, with their types. Types that change are another rule's. */
function typed(step: Step): readonly Typed[] {
  const sql = step.statement.text
  return newColumns(step).map(({ table, node, name }) => {
    const clause = Buffer.from(clauseAt(sql, node.location))
    const from = Number((node.typeName as { location?: number }).location) - Number(node.location)
    const first = list(node.constraints)[0]?.node.location
    const to = first === undefined ? clause.length : Number(first) - Number(node.location)
    const written = clause.subarray(from, to).toString().trim()
    const [head, tail] = [clause.subarray(0, from).toString(), clause.subarray(to).toString()]
    const instead = (type: string, check = ''): string =>
      statements(sql.replace(clause.toString(), () => [`${head}${type}`, tail.trim(), check].filter((part) => part !== '').join(' ')))
    return { table, name, type: typeName(node.typeName), size: typeModifiers(node.typeName)[0], written, instead }
  })
}

/** A rule about columns of one type. */
const typeRule = (
  about: Pick<LintRule, 'name' | 'severity' | 'title' | 'why' | 'instead'>,
  finds: (column: Typed) => boolean,
  rewrite: (column: Typed) => string,
): LintRule => ({
  ...about,
  statement: (step) =>
    typed(step)
      .filter(finds)
      .map((column): Found => ({ what: `${column.table}.${column.name} is ${column.written}`, rewrite: rewrite(column) })),
})

const atMost = ({ name, size }: Typed): string => (size === undefined ? '' : `check (length(${quoted(name)}) <= ${size})`)

export const jsonColumn = typeRule(
  {
    name: 'json-column',
    severity: 'warning',
    title: 'Columns are jsonb and not json.',
    why: 'json knows no equality: select distinct, group by and union over the table fail, no index serves it, and it is parsed anew at every reading.',
    instead: 'jsonb',
  },
  ({ type }) => type === 'json' || type === 'json[]',
  (column) => column.instead(column.written.replace(/\bjson\b/i, 'jsonb')),
)

export const charType = typeRule(
  {
    name: 'char-type',
    severity: 'warning',
    title: 'Columns are text and not char(n).',
    why: 'It is filled up with blanks that comparisons ignore and length and like do not; it is neither smaller nor faster.',
    instead: 'text check (length(code) <= 3)',
  },
  ({ type }) => type === 'bpchar',
  (column) => column.instead('text', atMost(column)),
)

export const varcharLimit = typeRule(
  {
    name: 'varchar-limit',
    severity: 'advice',
    title: 'Lengths are limited by a check and not by varchar(n).',
    why: 'A narrower limit of a type reads all rows while nobody can use the table; a check can be added and validated while everybody works.',
    instead: 'text check (length(name) <= 80)',
  },
  ({ type, size }) => type === 'varchar' && size !== undefined,
  (column) => column.instead('text', atMost(column)),
)

export const timestampWithoutZone = typeRule(
  {
    name: 'timestamp-without-zone',
    severity: 'warning',
    title: 'Moments are timestamptz.',
    why: 'A timestamp without a zone is another moment for every session: tenants of one shared table live in many zones, and boundaries of partitions shift.',
    instead: 'timestamptz',
  },
  ({ type }) => type === 'timestamp',
  (column) => column.instead(column.written.replace(/^timestamp(\s*\(\d+\))?(\s+without\s+time\s+zone)?/i, 'timestamptz$1')),
)

export const narrowKey: LintRule = {
  name: 'narrow-key',
  severity: 'warning',
  title: 'Numbers of a primary key are bigint.',
  why: 'A shared home numbers the rows of all its tenants: 2,147,483,647 is reached by them together, and widening a key writes the table and all that point to it anew.',
  instead: 'bigint generated always as identity',
  statement(step) {
    const { kind, node } = step.statement
    if (kind !== 'CreateStmt') return []
    const keys = new Set(list(node.tableElts).flatMap((one) => (one.node.contype === 'CONSTR_PRIMARY' ? words(one.node.keys) : [])))
    const definitions = new Map(newColumns(step).map((column) => [column.name, column.node]))
    return typed(step).flatMap((column): readonly Found[] => {
      const definition = definitions.get(column.name)!
      const inKey = keys.has(column.name) || list(definition.constraints).some((one) => one.node.contype === 'CONSTR_PRIMARY')
      // Numbers that somebody else gives, such as those of a standard, do not grow.
      if (
        (column.type !== 'int4' && column.type !== 'int2') ||
        !inKey ||
        !(columnFrom(definition).identity || /(^|_)id$/.test(column.name))
      )
        return []
      return [{ what: `${column.table}.${column.name} is ${column.written} in the primary key`, rewrite: column.instead('bigint') }]
    })
  },
}
