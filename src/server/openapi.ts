import { FAULTS, type FaultCode } from '../kernel/faults.js'
import { titleOf } from './problem.js'
import { type JsonSchema, jsonSchema, type ObjectSchema, type Route } from './routes.js'
import { isStreamed } from './streams.js'

type Json = Readonly<Record<string, unknown>>

/** Faults that any request to an operation may end with. */
const ALWAYS: readonly FaultCode[] = [
  'KEY_MISSING',
  'KEY_INVALID',
  'KEY_FORBIDDEN',
  'RATE_LIMITED',
  'INPUT_INVALID',
  'CATALOG_UNREACHABLE',
  'SERVER_UNREACHABLE',
  'INTERNAL',
]
const WITH_BODY: readonly FaultCode[] = ['BODY_INVALID', 'BODY_TOO_LARGE', 'MEDIA_TYPE']
const WITHOUT_BODY: readonly FaultCode[] = ['BODY_INVALID']
const JOURNALED: readonly FaultCode[] = ['IDEMPOTENCY_MISMATCH', 'OPERATION_STATE', 'REQUEST_RUNNING']
const ONCE: readonly FaultCode[] = ['IDEMPOTENCY_MISMATCH', 'REQUEST_RUNNING', 'REQUEST_UNSURE', 'ANSWER_NOT_KEPT']
const STEPWISE: readonly FaultCode[] = ['OPERATION_FAILED', 'OPERATION_CANCELLED', 'OPERATION_LOST', 'DISK_FULL']

const PROBLEM = {
  type: 'object',
  description: 'RFC 9457. `code` is stable and never renamed; `detail` says the cause and `remedy` what to do next, in one line each.',
  required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'remedy', 'request_id'],
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string', format: 'uri-reference' },
    code: { type: 'string' },
    remedy: { type: 'string' },
    request_id: { type: 'string' },
    errors: { type: 'array', items: { type: 'object', required: ['detail'], properties: { detail: { type: 'string' } } } },
  },
} satisfies JsonSchema

const PARAMETERS = {
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    description:
      'The ETag that the GET of what is changed has answered, or several: with any other version nothing is changed. `*`: whichever version there is.',
    schema: { type: 'string' },
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    description: 'ETags of earlier answers: if it would be one of them again, the answer is 304 and has no body.',
    schema: { type: 'string' },
  },
} as const

const RESPONSES = {
  NotModified: {
    description: 'It is a version that If-None-Match names.',
    headers: { 'X-Request-Id': { $ref: '#/components/headers/RequestId' }, ETag: { $ref: '#/components/headers/ETag' } },
  },
} as const

/** The API described in OpenAPI 3.1, from the declarations of its operations. */
export function openApiDocument(routes: readonly Route[]): Json {
  const paths: Record<string, Record<string, Json>> = {
    '/healthz': { get: probe('healthz', 'Does the process answer?', { 200: 'It does.' }) },
    '/readyz': { get: probe('readyz', 'Does its catalog answer as well?', { 200: 'It does.', 503: 'It does not.' }) },
  }
  for (const route of routes) {
    paths[route.path] ??= {}
    paths[route.path]![route.method.toLowerCase()] = describeRoute(route)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tenantry',
      version: 'v1',
      summary: 'The tenant platform for PostgreSQL.',
      description: 'Every error is a problem of RFC 9457. Keys are made with `tenantry key create`.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ key: [] }],
    tags: [...new Set(routes.map(tagOf))].sort().map((name) => ({ name })),
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', bearerFormat: 'tny_ and 49 characters', description: 'An API key, in this header only.' },
      },
      schemas: { Problem: PROBLEM },
      parameters: PARAMETERS,
      responses: RESPONSES,
      headers: {
        RequestId: {
          description: 'The request, as the log names it: the X-Request-Id that was sent, or a new one.',
          schema: { type: 'string' },
        },
        NextPage: {
          description: 'The next page of the list, as `<address>; rel="next"`. Missing on the last one.',
          schema: { type: 'string' },
        },
        OperationId: {
          description: 'The journaled operation; see /v1/operations/{operation}.',
          schema: { type: 'string', format: 'uuid' },
        },
        RetryAfter: { description: 'Seconds until there is room for a request again.', schema: { type: 'integer' } },
        ETag: {
          description: 'The version of what is answered: another one as soon as a byte of it is another.',
          schema: { type: 'string', pattern: '^"[A-Za-z0-9_-]{43}"$' },
        },
      },
    },
  }
}

const tagOf = (route: Route): string => route.operation.name.split('.')[0]!

function describeRoute(route: Route): Json {
  const { operation, method } = route
  const body = method === 'POST' ? bodyOf(route) : undefined
  return {
    operationId: operation.name.replaceAll(/\.(\w)/g, (_, letter: string) => letter.toUpperCase()),
    tags: [tagOf(route)],
    summary: operation.summary,
    description: `For keys with the role ${operation.access.roles.join(', ')}.`,
    parameters: [...parametersOf(route), ...headersOf(route)],
    ...(body === undefined ? {} : { requestBody: body }),
    responses: { ...successOf(route), ...problemsOf(route) },
  }
}

function parametersOf({ method, pathFields, input }: Route): readonly Json[] {
  const query = method === 'POST' ? [] : Object.keys(input.properties).filter((name) => !pathFields.includes(name))
  const parameter = (name: string, place: 'path' | 'query'): Json => {
    const { description, ...schema } = input.properties[name] ?? {}
    const required = place === 'path' || (input.required.includes(name) && schema.default === undefined)
    return { name, in: place, required, ...(description === undefined ? {} : { description }), schema }
  }
  return [...pathFields.map((name) => parameter(name, 'path')), ...query.map((name) => parameter(name, 'query'))]
}

const LAST_EVENT_ID: Json = {
  name: 'Last-Event-ID',
  in: 'header',
  description: 'Of a stream: goes on behind the event with this id.',
  schema: { type: 'string' },
}

function headersOf({ operation, method }: Route): readonly Json[] {
  if (method === 'GET') return [{ $ref: '#/components/parameters/IfNoneMatch' }, ...(isStreamed(operation) ? [LAST_EVENT_ID] : [])]
  const ifMatch = operation.resource === undefined ? [] : [{ $ref: '#/components/parameters/IfMatch' }]
  const key = {
    name: 'Idempotency-Key',
    in: 'header',
    description: 'The same key with the same request does the work once, within 24 hours, and is answered alike.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
  }
  const prefer = {
    name: 'Prefer',
    in: 'header',
    description: '`respond-async` answers as soon as the operation is journaled.',
    schema: { type: 'string' },
  }
  return operation.kind === 'steps' ? [...ifMatch, key, prefer] : [...ifMatch, key]
}

/** The body repeats no field of the path. */
function bodyOf({ operation, pathFields, input }: Route): Json | undefined {
  const whole = jsonSchema(operation.input, 'input') as JsonSchema & ObjectSchema
  const rest = (name: string): boolean => !pathFields.includes(name)
  const properties = Object.fromEntries(Object.entries(input.properties).filter(([name]) => rest(name)))
  if (Object.keys(properties).length === 0) return undefined
  const required = input.required.filter(rest)
  const { required: _, ...schema } = { ...whole, properties }
  return {
    required: required.length > 0,
    content: { 'application/json': { schema: required.length > 0 ? { ...schema, required } : schema } },
  }
}

function successOf({ operation, method, created }: Route): Json {
  const requestId = { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } }
  const operationId = { 'Operation-Id': { $ref: '#/components/headers/OperationId' } }
  const location = { Location: { description: 'Where to read it.', schema: { type: 'string', format: 'uri-reference' } } }
  const schema = jsonSchema(operation.output, 'output')
  const stream = { 'text/event-stream': { schema: { type: 'string', description: 'Server-sent events; the data of each is JSON.' } } }
  const output = { 'application/json': { schema }, ...(isStreamed(operation) ? stream : {}) }
  if (method === 'GET') {
    const pages = 'nextCursor' in ((schema.properties ?? {}) as object)
    const link = pages ? { Link: { $ref: '#/components/headers/NextPage' } } : {}
    const headers = { ...requestId, ...link, ETag: { $ref: '#/components/headers/ETag' } }
    return { 200: { description: 'Done.', headers, content: output }, 304: { $ref: '#/components/responses/NotModified' } }
  }
  const headers = operation.kind === 'direct' ? requestId : { ...requestId, ...operationId }
  const done = {
    description: created === undefined ? 'Done.' : 'Made.',
    headers: created === undefined ? headers : { ...headers, ...location },
    content: output,
  }
  const accepted = {
    description: 'Journaled, and running. Only with `Prefer: respond-async`.',
    headers: { ...headers, ...location },
    content: {
      'application/json': {
        schema: { type: 'object', required: ['operation'], properties: { operation: { type: 'string', format: 'uuid' } } },
      },
    },
  }
  return { [created === undefined ? 200 : 201]: done, ...(operation.kind === 'steps' ? { 202: accepted } : {}) }
}

function problemsOf({ operation, method }: Route): Json {
  const codes = new Set<FaultCode>([
    ...ALWAYS,
    ...(method === 'POST' ? WITH_BODY : WITHOUT_BODY),
    ...(operation.kind === 'direct' ? (method === 'GET' ? [] : ONCE) : JOURNALED),
    ...(operation.kind === 'change' && operation.secret !== undefined ? (['ANSWER_NOT_KEPT'] as const) : []),
    ...(operation.resource === undefined || method === 'GET' ? [] : (['PRECONDITION_FAILED'] as const)),
    ...(operation.kind === 'steps' ? STEPWISE : []),
    ...(operation.access.tenant === undefined ? [] : (['TENANT_NOT_FOUND', 'SLUG_INVALID'] as const)),
    ...(operation.faults as readonly FaultCode[]),
  ])
  const byStatus = new Map<number, FaultCode[]>()
  for (const code of [...codes].sort()) byStatus.set(FAULTS[code].http, [...(byStatus.get(FAULTS[code].http) ?? []), code])
  return Object.fromEntries([...byStatus].map(([status, found]) => [status, problemResponse(status, found)]))
}

const problemResponse = (status: number, codes: readonly FaultCode[]): Json => ({
  description: codes.map((code) => `${code}: ${titleOf(code)}.`).join(' '),
  headers: {
    'X-Request-Id': { $ref: '#/components/headers/RequestId' },
    ...(status === 429 ? { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } } : {}),
  },
  content: {
    'application/problem+json': {
      schema: { allOf: [{ $ref: '#/components/schemas/Problem' }, { type: 'object', properties: { code: { enum: codes } } }] },
    },
  },
})

const probe = (operationId: string, summary: string, answers: Readonly<Record<number, string>>): Json => ({
  operationId,
  summary,
  security: [],
  responses: Object.fromEntries(
    Object.entries(answers).map(([status, description]) => [
      status,
      {
        description,
        content: { 'application/json': { schema: { type: 'object', required: ['status'], properties: { status: { type: 'string' } } } } },
      },
    ]),
  ),
})
