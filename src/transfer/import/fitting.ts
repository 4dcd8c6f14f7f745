import type { HomePlace } from '../../isolation/model.js'
import { PLATFORM_SCHEMA } from '../../isolation/names.js'
import { fault } from '../../kernel/faults.js'
import { sql } from '../../kernel/sql.js'
import type { Database } from '../../postgres/session.js'
import { type FoundTable, inOrder, type TransferOptions, tablesOf } from '../tables.js'
import { titleOf } from '../target.js'
import type { ImportTable } from './model.js'

/** A table of a tenant, with what comes for it. */
export interface Fitted {
  readonly source: ImportTable
  readonly table: FoundTable
  readonly schema: string
  /** In the order of the source's. `as` is a type that takes any text of the column's, and leaves it to the column to refuse what is too long. */
  readonly columns: readonly { readonly name: string; readonly as: string }[]
  readonly jsonb: ReadonlySet<string>
}

export interface FittingOptions extends TransferOptions {
  readonly slug: string
  /** Names of theirs that are called otherwise here. */
  readonly renamed: ReadonlyMap<string, string>
}

/** What goes where, referred tables first. Throws IMPORT_UNFIT, which names all that does not fit. */
export async function fitImport(
  database: Database,
  home: HomePlace,
  sources: readonly ImportTable[],
  options: FittingOptions,
): Promise<readonly Fitted[]> {
  return database.transaction(async (session) => {
    const tables = await inOrder(session, await tablesOf(session, home, options))
    // A domain checks what comes in by itself; a cast to it, or to a type with a length, would cut off what is too long in silence.
    const types = await session.rows(sql<{ table: string; name: string; type: string; needed: boolean }>`
      select a.attrelid::text as "table", a.attname::text as name, format_type(b.oid, -1) as type,
             a.attnotnull and not a.atthasdef and a.attidentity = '' and a.attgenerated = '' as needed
      from unnest(${tables.map(({ oid }) => oid)}::oid[]) as t (oid)
      join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
      cross join lateral (
        with recursive base as (
          select a.atttypid as oid
          union all
          select y.typbasetype from base join pg_catalog.pg_type y on y.oid = base.oid where y.typtype = 'd'
        )
        select base.oid from base join pg_catalog.pg_type y on y.oid = base.oid where y.typtype <> 'd'
      ) b`)
    const differences: string[] = []
    const fitted: Fitted[] = []
    for (const source of sources) {
      const name = options.renamed.get(source.table) ?? source.table
      const table = tables.find((one) => titleOf(one) === name)
      if (table === undefined) {
        differences.push(`it has no table ${name} (${source.file})`)
        continue
      }
      const known = new Map(types.filter((type) => type.table === table.oid).map((type) => [type.name, type]))
      for (const column of source.columns)
        if (!table.columns.some((one) => one.name === column))
          differences.push(
            known.has(column)
              ? `${name}.${column} is filled by itself (${source.file})`
              : `${name} has no column "${column}" (${source.file})`,
          )
      const doubled = source.columns.filter((column, i) => source.columns.indexOf(column) !== i)
      if (doubled.length > 0) differences.push(`${source.file} has two columns "${doubled[0]}"`)
      for (const { name: column, needed } of known.values())
        if (needed && column !== table.tenantColumn && !source.columns.includes(column))
          differences.push(`${name}.${column} needs a value, and ${source.file} has no such column`)
      fitted.push({
        source,
        table,
        schema: table.of === 'home' ? home.schema : PLATFORM_SCHEMA,
        columns: source.columns.map((column) => ({ name: column, as: known.get(column)?.type ?? 'text' })),
        jsonb: new Set([...known.values()].filter(({ type }) => type === 'jsonb').map((type) => type.name)),
      })
    }
    if (differences.length > 0) throw fault('IMPORT_UNFIT', { tenant: options.slug, differences: differences.slice(0, MOST_TOLD) })
    const places = new Map(tables.map(({ oid }, i) => [oid, i]))
    return fitted.sort((a, b) => places.get(a.table.oid)! - places.get(b.table.oid)!)
  })
}

const MOST_TOLD = 20
