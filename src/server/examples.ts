import { Fault, type FaultCode } from '../kernel/faults.js'
import { type Problem, problemOf } from './problem.js'
import { type JsonSchema, jsonSchema, type Route } from './routes.js'

const ID = '0b6b7a0e-5f0c-4c58-9d5f-3f1c2a7e8d90'
const MOMENT = '2026-11-22T08:30:00.000Z'

/** What stands in examples for a text, by the name of its field: the first that the field's schema takes. */
const BY_NAME: Readonly<Record<string, readonly string[]>> = {
  id: [ID],
  tenant: ['acme'],
  slug: ['acme'],
  name: ['acme', 'Acme Bakery'],
  as: ['acme-copy'],
  operation: [ID],
  operationId: [ID],
  backup: [ID],
  actor: ['cli:anna'],
  application: ['shop-web'],
  backend: ['48213-hx1k3pq8w2-hx1k3pqbf0'],
  by: ['cli:anna'],
  createdBy: ['cli:anna'],
  cluster: ['main'],
  tier: ['gold'],
  region: ['eu-west'],
  service: ['billing'],
  domain: ['shop.acme.example'],
  table: ['orders'],
  column: ['tenant_id'],
  reason: ['asked for by the owner'],
  note: ['before the migration'],
  statement: ['select count(*) from orders'],
  place: ['main'],
  version: ['20261121083000'],
  role: ['operator'],
  code: ['TENANT_STATE'],
  host: ['127.0.0.1'],
  since: ['24h'],
  waves: ['canary:label=plan=trial,rest'],
  until: [MOMENT],
  state: ['active', 'failed,paused'],
  migration: ['20261121083000_create_orders'],
  database: ['tenantry_tenants', 'main/tenantry_tenants'],
  url: ['https://hooks.acme.example/tenantry'],
  webhook: [ID],
  event: ['1795334400001'],
  type: ['tenant.created'],
  secret: ['whsec_…'],
  home: [ID],
  class: ['1f3a9c'],
  metric: ['connections'],
  unlabel: ['plan'],
  waiveBackup: ['nothing is in it yet'],
  appHost: ['db.example'],
  folder: ['/etc/postgresql/tls'],
  applications: ['10.0.0.0/8'],
  control: ['10.1.0.4/32'],
}

/** In inputs a name may stand for something else. */
const BY_INPUT: Readonly<Record<string, readonly string[]>> = { operation: ['tenant.suspend', ID] }

const NUMBERS: Readonly<Record<string, number>> = { appPort: 5_432, port: 5_432, statementTimeoutMs: 30_000, idleTimeoutMs: 60_000 }

/** Where the name says nothing: one of each form that fields ask for. */
const ANY: readonly string[] =
  `acme env:DATABASE_URL plan=gold ${ID} 30d 30/min 1.24 20261121083000 main/acme /exports/acme ${'7b'.repeat(32)}`.split(' ')

/** A value that the schema describes; the same each time. A field is given its name, and what is optional is left out of an input. */
export function exampleOf(schema: JsonSchema, name = '', io: 'input' | 'output' = 'output'): unknown {
  if (schema.default !== undefined) return schema.default
  if ('const' in schema) return schema.const
  if (Array.isArray(schema.enum)) return schema.enum.find((one) => BY_NAME[name]?.includes(one)) ?? schema.enum[0]
  if (Array.isArray(schema.anyOf)) return exampleOf(schema.anyOf[0] as JsonSchema, name, io)
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
  switch (type) {
    case 'string':
      return textOf(schema, name, io)
    case 'integer':
    case 'number':
      return NUMBERS[name] ?? Math.max(1, Number(schema.minimum ?? 1))
    case 'boolean':
      return true
    case 'array':
      return [exampleOf((schema.items ?? {}) as JsonSchema, name.replace(/s$/, ''), io)]
    case 'object': {
      const required = (schema.required ?? []) as readonly string[]
      const fields = Object.entries((schema.properties ?? {}) as Readonly<Record<string, JsonSchema>>)
      const shown = fields.filter(([field]) => io === 'output' || required.includes(field))
      return Object.fromEntries(shown.map(([field, inner]) => [field, exampleOf(inner, field, io)]))
    }
    default:
      return null
  }
}

function textOf(schema: JsonSchema, name: string, io: 'input' | 'output'): string {
  if (schema.format === 'date-time') return MOMENT
  if (schema.format === 'uuid') return ID
  const pattern = typeof schema.pattern === 'string' ? new RegExp(schema.pattern, 'u') : undefined
  const fits = (text: string): boolean =>
    (pattern?.test(text) ?? true) &&
    text.length >= Number(schema.minLength ?? 0) &&
    text.length <= Number(schema.maxLength ?? Number.POSITIVE_INFINITY)
  return [...((io === 'input' ? BY_INPUT[name] : undefined) ?? BY_NAME[name] ?? []), ...ANY].find(fits) ?? ''
}

/**
 * The input of an operation: its required fields, and where the body requires nothing each of the others that it takes beside those before. What is off by
 * default, waives something, or takes away is left as it is.
 */
export function exampleInput({ operation, input, pathFields }: Route): Readonly<Record<string, unknown>> {
  let example = exampleOf(
    { type: 'object', properties: input.properties, required: input.required } as JsonSchema,
    '',
    'input',
  ) as Readonly<Record<string, unknown>>
  if (input.required.some((name) => !pathFields.includes(name))) return example
  for (const [name, schema] of Object.entries(input.properties)) {
    if (input.required.includes(name) || schema.type === 'boolean' || /^(despite|waive|unset|unlabel)/.test(name)) continue
    const more = { ...example, [name]: exampleOf(schema, name, 'input') }
    if (operation.input.safeParse(more).success) example = more
  }
  return example
}

export const exampleOutput = ({ operation }: Route): unknown => exampleOf(jsonSchema(operation.output, 'output'))

/** A fault as the API answers it, in its own words. Facts that the table above does not know are their names in braces, as in docs/faults.md. */
export function exampleProblem(code: FaultCode): Problem {
  const fact = (name: string): object => {
    const text = BY_NAME[name]?.[0] ?? `{${name}}`
    return { join: () => text, toString: () => text, [Symbol.toPrimitive]: (hint: string) => (hint === 'number' ? 1 : text) }
  }
  const facts = new Proxy({}, { get: (_, name) => fact(String(name)) })
  const problem = problemOf(new Fault(code, facts), { path: '/v1/tenants/acme', requestId: ID })
  return code === 'INPUT_INVALID' ? { ...problem, errors: [{ detail: problem.detail }] } : problem
}
