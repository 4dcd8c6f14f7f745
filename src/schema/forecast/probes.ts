import { fileText, ident, join, literal, type Sql, sql, whole } from '../../kernel/sql.js'
import type { Part, RowCheck } from './check.js'

/** One home as a check asks it. */
export interface Asking {
  readonly schema: string
  /** The primary key of the table in this home; empty when it has none. */
  readonly key: readonly string[]
  readonly targetKey: readonly string[]
  /** The type of the column that is asked about, as `format_type` writes it. */
  readonly type: string | undefined
  /** PostgreSQL's major version. */
  readonly major: number
}

export interface Answer {
  readonly schema: string
  readonly rows: number
  /** Primary keys of the first rows. */
  readonly keys: readonly string[]
}

const SHOWN = 5

/**
 * Asks one home for the rows that a check is about; several are put together with UNION ALL. A check of kind `fails` finds nothing: it raises what the
 * statement would raise.
 */
export function probe(check: RowCheck, home: Asking): Sql<Answer> {
  const table = ident(home.schema, check.table)
  const condition = conditionOf(check, home)
  if (condition === undefined) {
    const { expression } = check as { expression: string }
    return sql<Answer>`select ${literal(home.schema)} as schema, 0 as rows, array[]::text[] as keys from (select count(${written(expression)}) from ${table} t) tried`
  }
  const key = home.key.length === 0 ? sql`null::text` : sql`concat_ws(', ', ${join(home.key.map((name) => sql`t.${ident(name)}`))})`
  const order = home.key.length === 0 ? sql`` : sql`order by ${join(home.key.map((name) => sql`t.${ident(name)}`))}`
  return sql<Answer>`
    select ${literal(home.schema)} as schema, n.rows,
           case when n.rows > 0 then array_remove(array(select ${key} from ${table} t where ${condition} ${order} limit ${whole(SHOWN)}), null)
                else array[]::text[] end as keys
    from (select count(*)::int as rows from ${table} t where ${condition}) n`
}

/** A column of the row asked about. */
const mine = (name: string): Sql => sql`t.${ident(name)}`

// Expressions are the migration's own text, which will run in the home as its owner anyway; here they only read.
function conditionOf(check: RowCheck, home: Asking): Sql | undefined {
  switch (check.kind) {
    case 'any':
      return sql`true`
    case 'null':
      return sql`${mine(check.column)} is null`
    case 'false':
      return sql`(${written(check.expression)}) is false`
    case 'longer':
      return sql`pg_catalog.char_length(rtrim(${mine(check.column)}::text)) > ${whole(check.size)}`
    case 'unlike':
      // A value that is no text has a cast of its own, and rounds where its text would be refused.
      return home.major >= 16 && isText(home.type)
        ? sql`not pg_catalog.pg_input_is_valid(${mine(check.column)}::text, ${literal(check.type)})`
        : undefined
    case 'fails':
      return undefined
    case 'overlap':
      return sql`exists (select from ${ident(home.schema, check.table)} o where o.ctid <> t.ctid and ${join(
        check.pairs.map(({ column, operator }) => sql`${mine(column)} ${fileText(operator)} o.${ident(column)}`),
        ' and ',
      )})`
    case 'orphan': {
      const keys = check.targetKeys.length === 0 ? home.targetKey : check.targetKeys
      if (keys.length !== check.keys.length) return sql`false`
      const there = join(
        keys.map((name, at) => sql`f.${ident(name)} = ${mine(check.keys[at]!)}`),
        ' and ',
      )
      const full = join(
        check.keys.map((name) => sql`${mine(name)} is not null`),
        ' and ',
      )
      return sql`${full} and not exists (select from ${ident(home.schema, check.target)} f where ${there})`
    }
    case 'twice':
      return twice(check, home)
  }
}

function twice({ table, expressions, where, nulls }: Extract<RowCheck, { kind: 'twice' }>, { schema }: Asking): Sql {
  const parts = expressions.map(partText)
  const conditions = [
    ...(where === undefined ? [] : [sql`(${written(where)})`]),
    ...(nulls ? [] : parts.map((part) => sql`(${part}) is not null`)),
  ]
  const narrowed = conditions.length === 0 ? sql`` : sql`where ${join(conditions, ' and ')}`
  const also = where === undefined ? sql`` : sql` and (${written(where)})`
  // As one text where nulls are alike too: IN knows no null.
  const compared = nulls ? sql`row(${join(parts)})::text` : sql`(${join(parts)})`
  return sql`${compared} in (select ${nulls ? compared : join(parts)} from ${ident(schema, table)} ${narrowed} group by ${join(parts)} having count(*) > 1)${also}`
}

// It may end in a comment.
const written = (expression: string): Sql => fileText(`${expression}\n`)

const partText = (part: Part): Sql => ('column' in part ? ident(part.column) : written(part.expression))

const isText = (type: string | undefined): boolean => /^(text|character varying|character|"char"|ext\.citext|citext)/.test(type ?? '')

/** Fills what an expression of kind `unlike` needs where it can only be tried. */
export const trial = (check: RowCheck, home: Asking): RowCheck =>
  check.kind === 'unlike' && (home.major < 16 || !isText(home.type))
    ? { ...check, kind: 'fails', expression: `${ident(check.column).text}::${check.type}` }
    : check
