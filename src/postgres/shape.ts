import pg from 'pg'

/** A column of an answer, as the driver tells it. */
export type Field = pg.FieldDef

/** How rows of one statement are read. */
export interface Shape {
  readonly fields: readonly Field[]
  readonly names: readonly string[]
  readonly types: readonly number[]
  readonly parsers: readonly ((text: string) => unknown)[]
  readonly empty: Readonly<Record<string, null>>
}

export function shapeOf(fields: readonly Field[]): Shape {
  const empty: Record<string, null> = {}
  for (const field of fields) empty[field.name] = null
  return {
    fields,
    names: fields.map((field) => field.name),
    types: fields.map((field) => field.dataTypeID),
    parsers: fields.map((field) => pg.types.getTypeParser(field.dataTypeID, 'text') as (text: string) => unknown),
    empty,
  }
}

const TYPE_NAMES = new Map(Object.entries(pg.types.builtins).map(([name, oid]) => [Number(oid), name.toLowerCase()]))

/** The name of a built-in type; of any other its number. */
export const typeName = (oid: number): string => TYPE_NAMES.get(oid) ?? `oid ${oid}`
