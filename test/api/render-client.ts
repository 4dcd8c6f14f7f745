import { expect } from 'vitest'
import { FAULTS } from '../../src/kernel/faults.js'
import { OPERATIONS } from '../../src/operations/registry.js'
import { declaredBy } from '../../src/server/declared.js'
import { type JsonSchema, jsonSchema, type Route, routesOf } from '../../src/server/routes.js'

const HEAD =
  '// Generated from src/operations/registry.ts by `UPDATE_SNAPSHOTS=1 npx vitest run test/api/client-generated.test.ts`. Do not edit.\n'

const ROUTES = routesOf(OPERATIONS).toSorted((a, b) => (a.operation.name < b.operation.name ? -1 : 1))

/** `backup-policy.list` → `BackupPolicyList`. */
const typeName = (name: string): string => name.replaceAll(/(^|[.-])(\w)/g, (_, __, letter: string) => letter.toUpperCase())

const quoted = (text: string): string => (text.includes("'") ? JSON.stringify(text) : `'${text}'`)

/** JSON as a literal of our style: keys bare where they can be. */
function literal(value: unknown): string {
  if (typeof value === 'string') return quoted(value)
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  return `{ ${Object.entries(value)
    .map(([key, inner]) => `${keyOf(key)}: ${literal(inner)}`)
    .join(', ')} }`
}

const keyOf = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name))

/** The text of src/api/routes.generated.ts: what is there at run time. */
export function renderRoutes(): string {
  const routes = ROUTES.map(({ operation, method, path }) => {
    return `  ${quoted(operation.name)}: ${literal({ method, path, steps: operation.kind === 'steps' })},\n`
  })
  const declarations = ROUTES.map(
    ({ operation }) => `  ${quoted(operation.name)}: ${literal({ summary: operation.summary, ...declaredBy(operation) })},\n`,
  )
  return `${HEAD}import type { Declaration, Route } from './route.js'
import type { OperationName } from './wire.generated.js'

/** How each operation is asked for. */
export const ROUTES: { readonly [Name in OperationName]: Route } = {
${routes.join('')}}

/** What each operation declares for whoever presents it: in a bundle only if it is used. */
export const DECLARATIONS: { readonly [Name in OperationName]: Declaration } = {
${declarations.join('')}}
`
}

/** The text of src/api/wire.generated.ts: types alone. */
export function renderWire(): string {
  const named = new Map<string, string>()
  const outputs = new Map<string, string>()
  // What `show` answers lends its name to the rows of lists and to the answers of changes.
  const shown = (route: Route): number => (route.operation.name.endsWith('.show') ? 0 : 1)
  for (const { operation } of ROUTES.toSorted((a, b) => shown(a) - shown(b))) {
    const schema = jsonSchema(operation.output, 'output')
    const name = `${typeName(operation.name)}Output`
    const text = JSON.stringify(schema)
    const before = named.get(text)
    outputs.set(operation.name, before === undefined ? declared(name, objectType(schema, '', named)) : `export type ${name} = ${before}`)
    if (before === undefined) named.set(text, name)
  }
  const operations = ROUTES.map(({ operation }) => {
    const name = typeName(operation.name)
    const background = operation.kind === 'steps' && operation.background !== undefined
    return `  ${quoted(operation.name)}: { readonly input: ${name}Input; readonly output: ${name}Output${background ? ' | undefined' : ''} }\n`
  })
  const types = ROUTES.map(({ operation }) => {
    const input = jsonSchema(operation.input, 'input')
    const name = typeName(operation.name)
    return `/** ${commentText(operation.summary)} */\n${declared(`${name}Input`, objectType(input, '', new Map(), true))}\n\n${outputs.get(operation.name)}\n`
  })
  return `${HEAD}
/** A moment as RFC 3339 has it: \`2026-11-22T08:30:00.000Z\`. */
export type Moment = string

/** Every operation that has a route, with what it takes and what it answers. An output may be undefined where workers may be the ones who finish it. */
export interface Operations {
${operations.join('')}}

export type OperationName = keyof Operations

/** The codes of docs/faults.md. */
export type FaultCode =
${Object.keys(FAULTS)
  .toSorted()
  .map((code) => `  | '${code}'\n`)
  .join('')}
${types.join('\n')}`
}

const declared = (name: string, type: string): string =>
  type.startsWith('{') ? `export interface ${name} ${type}` : `export type ${name} = ${type}`

const commentText = (text: string): string => text.replaceAll('*/', '*\\/').replaceAll(/\s*\n\s*/g, ' ')

const KNOWN: ReadonlySet<string> = new Set([
  ...[
    'type',
    'description',
    'properties',
    'required',
    'additionalProperties',
    'propertyNames',
    'items',
    'enum',
    'const',
    'anyOf',
    'default',
  ],
  ...['format', 'pattern', 'minLength', 'maxLength', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'minItems', 'maxItems'],
  ...['examples', 'contentMediaType', 'contentEncoding', 'multipleOf', 'uniqueItems'],
])

/** A schema in TypeScript. One that says more than this knows is a failure, and not `unknown`. */
export function typeOf(schema: JsonSchema, indent: string, named: ReadonlyMap<string, string>, input = false): string {
  for (const keyword of Object.keys(schema)) {
    if (!KNOWN.has(keyword)) expect.fail(`the client's types know no "${keyword}": ${JSON.stringify(schema).slice(0, 200)}`)
  }
  const { description: _, default: __, ...bare } = schema
  const name = named.get(JSON.stringify(bare))
  if (name !== undefined) return name
  const inner = (one: unknown): string => typeOf(one as JsonSchema, indent, named, input)
  if (Array.isArray(schema.anyOf)) return schema.anyOf.map(inner).join(' | ')
  if (Array.isArray(schema.enum)) return schema.enum.map(literal).join(' | ')
  if ('const' in schema) return literal(schema.const)
  if (Array.isArray(schema.type)) return schema.type.map((type) => inner({ ...schema, type })).join(' | ')
  switch (schema.type) {
    case 'string':
      return schema.format === 'date-time' ? 'Moment' : 'string'
    case 'integer':
    case 'number':
      return 'number'
    case 'boolean':
    case 'null':
      return String(schema.type)
    case 'array': {
      const item = inner(schema.items ?? {})
      return `readonly ${/[ |]/.test(item) && !item.startsWith('{') ? `(${item})` : item}[]`
    }
    case 'object':
      return objectType(schema, indent, named, input)
    case undefined:
      return 'unknown'
    default:
      return expect.fail(`the client's types know no type "${schema.type}"`)
  }
}

function objectType(schema: JsonSchema, indent: string, named: ReadonlyMap<string, string>, input = false): string {
  const properties = Object.entries((schema.properties ?? {}) as Readonly<Record<string, JsonSchema>>)
  const { additionalProperties: rest } = schema
  if (properties.length === 0) {
    return typeof rest === 'object'
      ? `Readonly<Record<string, ${typeOf(rest as JsonSchema, indent, named, input)}>>`
      : 'Readonly<Record<string, never>>'
  }
  const required = (schema.required ?? []) as readonly string[]
  const deeper = `${indent}  `
  const fields = properties.map(([name, property]) => {
    const told = property.default === undefined ? '' : ` Default: ${JSON.stringify(property.default)}.`
    const text = property.description === undefined ? '' : `${property.description}${told === '' ? '' : `.${told}`}`
    const comment = text === '' ? '' : `${deeper}/** ${commentText(text)} */\n`
    const isOptional = !required.includes(name)
    // Whoever asks may name a field and leave it undefined.
    const type = `${typeOf(property, deeper, named, input)}${isOptional && input ? ' | undefined' : ''}`
    return `${comment}${deeper}readonly ${keyOf(name)}${isOptional ? '?' : ''}: ${type}\n`
  })
  return `{\n${fields.join('')}${indent}}`
}
