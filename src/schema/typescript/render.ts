import { type Field, type ShapeOptions, shapesOf, type TableShape } from './fields.js'
import { createNaming, property, tsdoc } from './names.js'
import type { Relations } from './relations.js'

export interface RenderOptions extends Omit<ShapeOptions, 'derived'> {
  readonly kysely: boolean
}

const HEADER = `// Written by \`tenantry types\` from the tables of a tenant; whatever is changed here is lost with the next run.
// Values are typed as \`pg\` reads them without parsers of your own.
`

const READ_ONLY = `/** What a view and a table of the platform take: no value is of this type. */
export interface ReadOnly {
  readonly 'it is only for reading': never
}`

/** The whole file. The same tables make the same text. */
export function renderTables(relations: Relations, { kysely, ...options }: RenderOptions): string {
  const derived = (name: string): readonly string[] => [
    name,
    `New${name}`,
    kysely ? `${name}Update` : `${name}Changes`,
    ...(kysely ? [`${name}Table`] : []),
  ]
  const { tables, declarations } = shapesOf(relations, createNaming(), { ...options, derived })
  const parts = kysely ? tables.map(kyselyTable) : tables.map(plainTable)
  const readOnly = kysely && tables.some(({ writable }) => !writable) ? [READ_ONLY] : []
  const body = [...declarations, ...readOnly, ...parts, index(tables, kysely)].join('\n\n')
  return `${HEADER}${kysely ? importsFor(body) : ''}\n${body}\n`
}

const members = (fields: readonly Field[], type: (field: Field) => string, mark: (field: Field) => string = () => ''): string =>
  fields.map((field) => `${tsdoc(field.doc, '  ')}  ${property(field.name)}${mark(field)}: ${type(field)}\n`).join('')

function plainTable({ name, typeName, doc, fields, writable }: TableShape): string {
  const row = `${tsdoc(doc)}export interface ${typeName} {\n${members(fields, ({ read }) => read)}}`
  if (!writable) return row
  const given = fields.filter(({ insert }) => insert !== 'never')
  const changed = fields.filter(({ update }) => update)
  const optional = ({ insert }: Field): string => (insert === 'optional' ? '?' : '')
  return [
    row,
    `${tsdoc(`What an insert into \`${name}\` takes.`)}export interface New${typeName} {\n${members(given, ({ write }) => write, optional)}}`,
    `${tsdoc(`What an update of \`${name}\` may set.`)}export interface ${typeName}Changes {\n${members(
      changed,
      ({ write }) => write,
      () => '?',
    )}}`,
  ].join('\n\n')
}

function kyselyTable({ typeName, doc, fields, writable }: TableShape): string {
  const table = `${tsdoc(doc)}export interface ${typeName}Table {\n${members(fields, (field) => kyselyColumn(field, writable))}}`
  return [
    table,
    [
      `export type ${typeName} = Selectable<${typeName}Table>`,
      ...(writable
        ? [`export type New${typeName} = Insertable<${typeName}Table>`, `export type ${typeName}Update = Updateable<${typeName}Table>`]
        : []),
    ].join('\n'),
  ].join('\n\n')
}

function kyselyColumn({ read, write, insert, update }: Field, writable: boolean): string {
  // Kysely leaves a column out that takes `never`; a table of such columns only would take anything.
  if (!writable) return `ColumnType<${read}, ReadOnly, ReadOnly>`
  if (insert === 'never') return `GeneratedAlways<${read}>`
  if (read === write && update) return insert === 'optional' && !read.endsWith('| null') ? `Generated<${read}>` : read
  return `ColumnType<${read}, ${insert === 'optional' ? `${write} | undefined` : write}, ${update ? write : 'never'}>`
}

const KYSELY = ['ColumnType', 'Generated', 'GeneratedAlways', 'Insertable', 'Selectable', 'Updateable']

function importsFor(body: string): string {
  const used = KYSELY.filter((name) => body.includes(`${name}<`))
  return used.length === 0 ? '' : `import type { ${used.join(', ')} } from 'kysely'\n`
}

/** All tables by the names that SQL has for them: what `Kysely<TenantDatabase>` takes. */
function index(tables: readonly TableShape[], kysely: boolean): string {
  const lines = tables.map(({ name, typeName }) => `  ${property(name)}: ${typeName}${kysely ? 'Table' : ''}\n`).join('')
  return `${tsdoc('Every table that a tenant sees, by its name in SQL.')}export interface TenantDatabase {\n${lines}}`
}
