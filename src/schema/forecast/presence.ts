import { type Sql, sql } from '../../kernel/sql.js'
import type { ObjectCheck, RowCheck } from './check.js'

/** What of the asked is there, home by home. */
export interface Present {
  readonly schema: string
  readonly key: string
  /** Of a column: its type. Of a relation: the columns of its primary key, separated by a tab. */
  readonly detail: string | null
}

interface Asked {
  readonly relations: readonly string[]
  readonly columns: readonly string[]
  readonly constraints: readonly string[]
  readonly types: readonly string[]
  readonly triggers: readonly string[]
}

/** The names that objects and rows are asked by. */
export function asked(objects: readonly ObjectCheck[], rows: readonly RowCheck[]): Asked {
  const names = (kind: ObjectCheck['kind']): string[] => objects.filter((check) => check.kind === kind).map(({ name }) => name)
  const of = objects.flatMap((check) => check.of ?? [])
  const tables = rows.flatMap((check) => (check.kind === 'orphan' ? [check.table, check.target] : [check.table]))
  const columns = rows.flatMap((check) => (check.kind === 'orphan' ? [...check.columns, ...check.targetKeys] : check.columns))
  const unique = (list: readonly string[]): readonly string[] => [...new Set(list)]
  return {
    relations: unique([...names('relation'), ...of, ...tables]),
    columns: unique([...names('column'), ...columns]),
    constraints: unique(names('constraint')),
    types: unique([...names('type'), ...of]),
    triggers: unique(names('trigger')),
  }
}

/** Looks in the catalog of the database alone; the index of pg_class begins with the name. */
export const presentIn = (
  schemas: readonly string[],
  { relations, columns, constraints, types, triggers }: Asked,
): Sql<Present> => sql<Present>`
  with home as (select n.oid, n.nspname::text as schema from pg_catalog.pg_namespace n where n.nspname = any (${schemas})),
  relation as (
    select h.schema, c.oid, c.relname::text as name
    from home h join pg_catalog.pg_class c on c.relnamespace = h.oid and c.relname = any (${relations})
  )
  select r.schema, 'relation ' || r.name as key,
         (select string_agg(a.attname, chr(9) order by array_position(i.indkey::int2[], a.attnum))
          from pg_catalog.pg_index i join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
          where i.indrelid = r.oid and i.indisprimary) as detail
  from relation r
  union all
  select r.schema, 'column ' || r.name || ' ' || a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)
  from relation r join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attname = any (${columns}) and not a.attisdropped
  union all
  select r.schema, 'constraint ' || r.name || ' ' || o.conname, null
  from relation r join pg_catalog.pg_constraint o on o.conrelid = r.oid and o.conname = any (${constraints})
  union all
  select h.schema, 'type ' || y.typname, null
  from home h join pg_catalog.pg_type y on y.typnamespace = h.oid and y.typname = any (${types})
  union all
  select h.schema, 'label ' || y.typname || ' ' || e.enumlabel, null
  from home h
  join pg_catalog.pg_type y on y.typnamespace = h.oid and y.typname = any (${types})
  join pg_catalog.pg_enum e on e.enumtypid = y.oid
  union all
  select r.schema, 'trigger ' || r.name || ' ' || g.tgname, null
  from relation r join pg_catalog.pg_trigger g on g.tgrelid = r.oid and g.tgname = any (${triggers})`
