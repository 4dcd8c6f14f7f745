import { type Sql, sql } from '../../kernel/sql.js'
import type { Session } from '../../postgres/session.js'

export interface Column {
  readonly name: string
  readonly doc: string | null
  /** Of the type, in `TypeFacts`. */
  readonly type: string
  readonly notNull: boolean
  readonly hasDefault: boolean
  /** PostgreSQL alone writes it: a generated column, or an identity that is always generated. */
  readonly generated: boolean
}

/** A table, or a view. A partitioned table is one; its partitions are none. */
export interface Relation {
  readonly schema: string
  readonly name: string
  readonly isView: boolean
  readonly doc: string | null
  readonly columns: readonly Column[]
}

export interface TypeFacts {
  readonly id: string
  readonly schema: string
  readonly name: string
  readonly kind: 'base' | 'array' | 'enum' | 'domain' | 'other'
  readonly doc: string | null
  /** What an array is of, or what a domain is over. */
  readonly of: string | null
  /** A domain's own. */
  readonly notNull: boolean
  readonly hasDefault: boolean
  readonly labels: readonly string[]
}

export interface Relations {
  readonly relations: readonly Relation[]
  readonly types: ReadonlyMap<string, TypeFacts>
}

type ColumnRow = Column & Pick<Relation, 'schema' | 'isView'> & { readonly relation: string; readonly relationDoc: string | null }

// Materialised views are left out: in shared homes nobody may read one, and the views before them are here.
const columnsOf = (schemas: readonly string[]): Sql<ColumnRow> => sql<ColumnRow>`
  select n.nspname::text as schema, c.relname::text as relation, c.relkind = 'v' as "isView",
         obj_description(c.oid, 'pg_class') as "relationDoc",
         a.attname::text as name, col_description(c.oid, a.attnum) as doc, a.atttypid::text as type, a.attnotnull as "notNull",
         d.oid is not null or a.attidentity <> '' as "hasDefault", a.attgenerated <> '' or a.attidentity = 'a' as generated
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_catalog.pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
  where n.nspname = any (${schemas}) and c.relkind in ('r', 'p', 'v', 'f') and not c.relispartition
  order by n.nspname collate "C", c.relname collate "C", a.attnum`

// An array type is what another names as its array: vectors of the catalog only look like one.
const typesOf = (ids: readonly string[]): Sql<TypeFacts> => sql<TypeFacts>`
  with recursive used (oid) as (
    select unnest(${ids}::text[])::oid
    union
    select case when t.typtype = 'd' then t.typbasetype else e.oid end
    from used u
    join pg_catalog.pg_type t on t.oid = u.oid
    left join pg_catalog.pg_type e on e.typarray = t.oid
    where t.typtype = 'd' or e.oid is not null
  )
  select t.oid::text as id, n.nspname::text as schema, t.typname::text as name,
         case when t.typtype = 'd' then 'domain' when t.typtype = 'e' then 'enum' when e.oid is not null then 'array'
              when t.typtype = 'b' then 'base' else 'other' end as kind,
         obj_description(t.oid, 'pg_type') as doc,
         coalesce(e.oid, nullif(t.typbasetype, 0))::text as of,
         t.typnotnull as "notNull", t.typdefault is not null as "hasDefault",
         array(select e.enumlabel::text from pg_catalog.pg_enum e where e.enumtypid = t.oid order by e.enumsortorder) as labels
  from used u
  join pg_catalog.pg_type t on t.oid = u.oid
  join pg_catalog.pg_namespace n on n.oid = t.typnamespace
  left join pg_catalog.pg_type e on e.typarray = t.oid`

/** Tables and views of these schemas with their columns in order, and the types that these are of. */
export async function readRelations(session: Session, schemas: readonly string[]): Promise<Relations> {
  const rows = await session.rows(columnsOf(schemas))
  const relations = new Map<string, Relation & { readonly columns: Column[] }>()
  for (const { schema, relation, isView, relationDoc, ...column } of rows) {
    const key = JSON.stringify([schema, relation])
    const known = relations.get(key) ?? { schema, name: relation, isView, doc: relationDoc, columns: [] }
    known.columns.push(column)
    relations.set(key, known)
  }
  const types = await session.rows(typesOf([...new Set(rows.map(({ type }) => type))]))
  return { relations: [...relations.values()], types: new Map(types.map((type) => [type.id, type])) }
}
