import { type Naming, quoted, tsdoc } from './names.js'
import type { Column, Relation, Relations, TypeFacts } from './relations.js'
import { DECLARED, domainFacts, valueShape } from './values.js'

/** A column as TypeScript sees it. */
export interface Field {
  readonly name: string
  readonly doc: string | null
  /** With `null` where there may be one. */
  readonly read: string
  readonly write: string
  readonly insert: 'required' | 'optional' | 'never'
  readonly update: boolean
}

export interface TableShape {
  /** As SQL names it without a search_path of ours in the way: `note`, `platform.plan`. */
  readonly name: string
  readonly typeName: string
  readonly doc: string | null
  readonly fields: readonly Field[]
  readonly writable: boolean
}

export interface Shapes {
  readonly tables: readonly TableShape[]
  /** Declarations that the tables need. */
  readonly declarations: readonly string[]
}

export interface ShapeOptions {
  /** The home's schema, of which names say nothing; any other is named. */
  readonly schema: string
  readonly platformSchema: string
  readonly tenantColumn: string | null
  /** Columns of platform tables that no tenant may read or write. */
  readonly hidden: Readonly<Record<string, readonly string[]>>
  /** All names that a table's type name leads to. */
  readonly derived: (name: string) => readonly string[]
}

/** Names are given in a fixed order, so that the same tables make the same file. */
export function shapesOf({ relations, types }: Relations, naming: Naming, options: ShapeOptions): Shapes {
  const ordered = [...relations].sort((a, b) => Number(a.schema !== options.schema) - Number(b.schema !== options.schema))
  const names = new Map(
    ordered.map((relation) => [
      relation,
      naming.take(relation.schema === options.schema ? relation.name : `${relation.schema}_${relation.name}`, options.derived),
    ]),
  )
  const used = enumsOf(ordered, types)
  const enums = new Map(used.map((type) => [type.id, naming.take(type.name)]))
  const tables = ordered.map((relation): TableShape => {
    const concealed = relation.schema === options.platformSchema ? (options.hidden[relation.name] ?? []) : []
    const columns = relation.columns.filter(({ name }) => !concealed.includes(name))
    // Platform tables without an owner are for reading: every tenant sees the same rows.
    const shared = relation.schema === options.platformSchema && !columns.some(({ name }) => name === options.tenantColumn)
    const writable = !relation.isView && !shared
    return {
      name: relation.schema === options.schema ? relation.name : `${relation.schema}.${relation.name}`,
      typeName: names.get(relation)!,
      doc: relation.doc,
      fields: columns.map((column) => fieldOf(column, types, enums, { writable, tenantColumn: options.tenantColumn })),
      writable,
    }
  })
  const said = tables.flatMap(({ fields }) => fields.flatMap(({ read, write }) => [read, write])).join(' ')
  const helpers = Object.entries(DECLARED).filter(([name]) => new RegExp(`\\b${name}\\b`).test(said))
  return {
    tables,
    declarations: [
      ...used.map((type) => `${tsdoc(type.doc)}export type ${enums.get(type.id)} = ${type.labels.map(quoted).join(' | ') || 'never'}`),
      ...helpers.map(([, text]) => text),
    ],
  }
}

/** The enums that columns are of, beneath domains and arrays as well. */
function enumsOf(relations: readonly Relation[], types: ReadonlyMap<string, TypeFacts>): readonly TypeFacts[] {
  const found = new Map<string, TypeFacts>()
  const look = (id: string): void => {
    const type = types.get(id)!
    if (type.kind === 'enum') found.set(id, type)
    else if (type.of !== null) look(type.of)
  }
  for (const { columns } of relations) for (const { type } of columns) look(type)
  const key = ({ schema, name }: TypeFacts): string => `${name} ${schema}`
  return [...found.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

function fieldOf(
  column: Column,
  types: ReadonlyMap<string, TypeFacts>,
  enums: ReadonlyMap<string, string>,
  { writable, tenantColumn }: { readonly writable: boolean; readonly tenantColumn: string | null },
): Field {
  const type = types.get(column.type)!
  const domain = domainFacts(type, types)
  const { read, write } = valueShape(type, types, enums)
  const nullable = !column.notNull && !domain.notNull
  const never = !writable || column.generated
  const optional = nullable || column.hasDefault || domain.hasDefault
  return {
    name: column.name,
    doc: column.doc,
    read: nullable ? `${read} | null` : read,
    write: nullable ? `${write} | null` : write,
    insert: never ? 'never' : optional ? 'optional' : 'required',
    // A row never changes its tenant: the wall refuses it.
    update: !never && column.name !== tenantColumn,
  }
}
