import type { Scope } from '../../client/scope.js'
import { type Sql, sql } from '../../kernel/sql.js'

/** A table that a plan reads, with what is looked at row by row. */
export interface Filtered {
  readonly table: string
  readonly filter: string
}

interface Node {
  readonly 'Relation Name'?: string
  readonly Filter?: string
  readonly Plans?: readonly Node[]
}

/** What EXPLAIN (FORMAT JSON) answers. */
export function readPlan(answer: unknown): readonly Filtered[] {
  const [{ Plan: root } = {}] = (Array.isArray(answer) ? answer : []) as readonly { readonly Plan?: Node }[]
  return root === undefined ? [] : filteredIn(root)
}

const filteredIn = (node: Node): readonly Filtered[] => [
  ...(node['Relation Name'] !== undefined && node.Filter !== undefined ? [{ table: node['Relation Name'], filter: node.Filter }] : []),
  ...(node.Plans ?? []).flatMap(filteredIn),
]

interface Kept {
  readonly table: string
  readonly index: string
  readonly column: string
  readonly operator: string
}

// Only leakproof operators come before the policy of a table, and only what comes before it finds rows in an index.
const keptOut = (tables: readonly string[]): Sql<Kept> => sql<Kept>`
  select distinct t.relname::text as "table", x.relname::text as "index", a.attname::text as "column", o.oprname::text as operator
  from pg_catalog.pg_class t
    join pg_catalog.pg_index i on i.indrelid = t.oid and i.indisvalid
    join pg_catalog.pg_class x on x.oid = i.indexrelid
    cross join lateral unnest(i.indkey::int2[], i.indclass::oid[]) as k (attnum, opclass)
    join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum = k.attnum
    join pg_catalog.pg_opclass c on c.oid = k.opclass
    join pg_catalog.pg_amop m on m.amopfamily = c.opcfamily and m.amoppurpose = 's'
    join pg_catalog.pg_operator o on o.oid = m.amopopr
    join pg_catalog.pg_proc p on p.oid = o.oprcode
  where t.oid = any (select to_regclass(quote_ident(name)) from unnest(${tables}::text[]) as name)
    and row_security_active(t.oid) and not p.proleakproof
  order by 1, 2, 3, 4`

/** Indexes that would serve a condition of the plan, were it not for row-level security. */
export async function indexesLeftOut(scope: Pick<Scope, 'rows'>, filtered: readonly Filtered[]): Promise<readonly string[]> {
  if (filtered.length === 0) return []
  const known = await scope.rows(keptOut([...new Set(filtered.map(({ table }) => table))]))
  const notes = filtered.flatMap(({ table, filter }) =>
    known
      .filter((one) => one.table === table && uses(filter, one))
      .map(
        ({ index, column, operator }) =>
          `row-level security keeps "${operator}" on ${table}.${column} from the index ${index}, since the operator is not leakproof: ` +
          'the rows that the other conditions leave are looked at one by one',
      ),
  )
  return [...new Set(notes)]
}

/** As PostgreSQL writes conditions: `(name ~~* '%x%'::text)`, `((name)::text % 'x'::text)`. */
function uses(filter: string, { column, operator }: Kept): boolean {
  const plain = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`(^|[^\\w"])"?${plain(column)}"?(\\)?::[\\w ]+)?\\)? ${plain(operator)} `).test(filter)
}
