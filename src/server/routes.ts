import { z } from 'zod'
import type { AnyOperation } from '../engine/operation.js'

export type Method = 'GET' | 'POST' | 'DELETE'

/** An operation as HTTP offers it. */
export interface Route {
  readonly method: Method
  /** As the operation declares it: `/v1/tenants/{tenant}`. */
  readonly path: string
  /** Input fields that the path names. */
  readonly pathFields: readonly string[]
  readonly operation: AnyOperation
  /** The operation's input as JSON Schema. */
  readonly input: ObjectSchema
  /** The address of what it makes: such a route answers 201. */
  readonly created: ((output: Readonly<Record<string, unknown>>) => string | undefined) | undefined
}

export interface ObjectSchema {
  readonly properties: Readonly<Record<string, JsonSchema>>
  readonly required: readonly string[]
}

export interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly [keyword: string]: unknown
}

const CREATES: Readonly<Record<string, Route['created']>> = {
  'cluster.add': ({ name }) => `/v1/clusters/${name}`,
  'tenant.create': ({ id }) => `/v1/tenants/${id}`,
  'tenant.clone': ({ id }) => `/v1/tenants/${id}`,
  'domain.add': ({ domain }) => `/v1/domains/${domain}`,
  'key.create': () => undefined,
  'user.invite': ({ name }) => `/v1/users/${name}`,
  'webhook.add': ({ id }) => `/v1/webhooks/${id}`,
}

/** The routes of those operations that have one. Paths of fixed words come before paths with fields, which would answer for them. */
export function routesOf(operations: readonly AnyOperation[]): readonly Route[] {
  const fieldsIn = (route: Route) => route.pathFields.length
  return operations
    .flatMap((operation) => (operation.http === undefined ? [] : [routeOf(operation, operation.http)]))
    .sort((a, b) => fieldsIn(a) - fieldsIn(b))
}

function routeOf(operation: AnyOperation, http: string): Route {
  const [method, path] = http.split(' ') as [Method, string]
  const { properties = {}, required = [] } = jsonSchema(operation.input, 'input') as Partial<ObjectSchema>
  return {
    method,
    path,
    pathFields: [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!),
    operation,
    input: { properties, required },
    created: CREATES[operation.name],
  }
}

/** JSON Schema as OpenAPI 3.1 has it. Dates are strings there; everything else is what zod says. */
export function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema: found }) => {
      if (zodSchema._zod.def.type === 'date') Object.assign(found, { type: 'string', format: 'date-time' })
    },
  })
  return rest as JsonSchema
}
