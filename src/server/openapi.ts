import { createHash } from 'node:crypto'
import type { AnyOperation } from '../engine/operation.js'
import { FAULTS, type FaultCode } from '../kernel/faults.js'
import { declaredBy } from './declared.js'
import { exampleInput, exampleOf, exampleOutput, exampleProblem } from './examples.js'
import type { OwnRoute } from './own-routes.js'
import { titleOf } from './problem.js'
import { type JsonSchema, jsonSchema, type ObjectSchema, type Route } from './routes.js'
import { isStreamed } from './streams.js'

type Json = Readonly<Record<string, unknown>>

/** Faults that any request to an operation may end with. */
const ALWAYS: readonly FaultCode[] = [
  'KEY_MISSING',
  'KEY_INVALID',
  'KEY_FORBIDDEN',
  'SESSION_ENDED',
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

/** The API described in OpenAPI 3.1, from the declarations of its operations. */
export function openApiDocument(routes: readonly Route[], own: readonly Omit<OwnRoute, 'answer'>[]): Json {
  const paths: Record<string, Record<string, Json>> = {
    '/healthz': { get: probe('healthz', 'Does the process answer?', { 200: 'It does.' }) },
    '/readyz': { get: probe('readyz', 'Does its catalog answer as well?', { 200: 'It does.', 503: 'It does not.' }) },
  }
  const responses: Record<string, Json> = { NotModified: NOT_MODIFIED }
  for (const route of routes) {
    paths[route.path] ??= {}
    paths[route.path]![route.method.toLowerCase()] = describeRoute(route, responses)
  }
  for (const { method, path, described, faults } of own) {
    paths[path] ??= {}
    const answers = { ...(described.responses as Json), ...problemsOf(faults, responses) }
    paths[path]![method.toLowerCase()] = { ...described, responses: answers }
  }
  const codes = [...new Set([...routes.flatMap(codesOf), ...own.flatMap(({ faults }) => faults)])].sort()
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tenantry',
      version: 'v1',
      summary: 'The tenant platform for PostgreSQL.',
      description:
        'Every error is a problem of RFC 9457. Keys are made with `tenantry key create`. Every answer says that it is not kept (Cache-Control: no-store), not framed and not guessed at (Content-Security-Policy, X-Frame-Options, Cross-Origin-Opener-Policy, Cross-Origin-Resource-Policy, X-Content-Type-Options, Referrer-Policy). `x-tenantry` has what an operation declares beside its fields: effect, kind, roles, positionals, what is to be confirmed, columns of a list.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ key: [] }, { session: [] }],
    tags: [...new Set([...routes.map(tagOf), ...own.flatMap(({ described }) => described.tags as string[])])]
      .sort()
      .map((name) => ({ name })),
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', bearerFormat: 'tny_ and 49 characters', description: 'An API key, in this header only.' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'tenantry_PLATFORM',
          description:
            'A person who has signed in by `POST /v1/session`; the name ends with the id of the platform, and begins with `__Host-` where the console has an address with https. Changes need the header X-Tenantry-CSRF as well, and a browser that says from which page they come. A key in the header wins.',
        },
      },
      schemas: { Problem: PROBLEM },
      parameters: PARAMETERS,
      responses: Object.fromEntries(Object.entries(responses).sort(([a], [b]) => (a < b ? -1 : 1))),
      examples: Object.fromEntries(codes.map((code) => [code, { summary: `${titleOf(code)}.`, value: exampleProblem(code) }])),
      headers: {
        RequestId: {
          description: 'The request, as the log names it: the X-Request-Id that was sent, or a new one.',
          schema: { type: 'string' },
        },
        NextPage: {
          description: 'The next page of the list, as `<address>; rel="next"`. Missing on the last one.',
          schema: { type: 'string' },
        },
        ETag: {
          description: 'The version of what is answered: another one as soon as a byte of it is another.',
          schema: { type: 'string', pattern: '^"[A-Za-z0-9_-]{43}"$' },
        },
        OperationId: {
          description: 'The journaled operation; see /v1/operations/{operation}.',
          schema: { type: 'string', format: 'uuid' },
        },
        Location: { description: 'Where to read it.', schema: { type: 'string', format: 'uri-reference' } },
        SetCookie: { description: 'The session, or that there is none any more.', schema: { type: 'string' } },
        PreferenceApplied: { description: 'That the preference was heard.', schema: { type: 'string', const: 'respond-async' } },
        RetryAfter: { description: 'The same request may succeed after so many seconds.', schema: { type: 'string' }, example: '1' },
        Challenge: {
          description: 'What a request is to be authorized with.',
          schema: { type: 'string' },
          example: 'Bearer realm="tenantry"',
        },
      },
    },
  }
}

const reference = (kind: string, name: string): Json => ({ $ref: `#/components/${kind}/${name}` })

const PARAMETERS = {
  RequestId: {
    name: 'X-Request-Id',
    in: 'header',
    description: 'A name for the request, which the answer and the log repeat if it has this form.',
    schema: { type: 'string', pattern: '^[A-Za-z0-9._:-]{1,128}$' },
    example: 'order-17.3',
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description: 'The same key with the same request does the work once, within 24 hours, and is answered alike.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
    example: 'ebf2b04d8a8c4c9f9d1d6f3c2a7e8d90',
  },
  Csrf: {
    name: 'X-Tenantry-CSRF',
    in: 'header',
    description: 'In a session: what `GET /v1/session` tells. With an API key it is not looked at.',
    schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{43}$' },
    example: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
  },
  Prefer: {
    name: 'Prefer',
    in: 'header',
    description: '`respond-async` answers as soon as the operation is journaled.',
    schema: { type: 'string' },
    example: 'respond-async',
  },
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    description:
      'The ETag that the GET of what is changed has answered, or several: with any other version nothing is changed. `*`: whichever version there is.',
    schema: { type: 'string' },
    example: '*',
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    description: 'ETags of earlier answers: if it would be one of them again, the answer is 304 and has no body.',
    schema: { type: 'string' },
    example: '"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"',
  },
  LastEventId: {
    name: 'Last-Event-ID',
    in: 'header',
    description: 'Of a stream: goes on behind the event with this id.',
    schema: { type: 'string' },
  },
}

const NOT_MODIFIED: Json = {
  description: 'It is a version that If-None-Match names.',
  headers: { 'X-Request-Id': reference('headers', 'RequestId'), ETag: reference('headers', 'ETag') },
}

const tagOf = (route: Route): string => route.operation.name.split('.')[0]!

function describeRoute(route: Route, responses: Record<string, Json>): Json {
  const { operation, method } = route
  const body = method === 'POST' ? bodyOf(route) : undefined
  return {
    operationId: operation.name.replaceAll(/\.(\w)/g, (_, letter: string) => letter.toUpperCase()),
    tags: [tagOf(route)],
    summary: operation.summary,
    ...whoMay(operation),
    'x-tenantry': { name: operation.name, ...declaredBy(operation) },
    parameters: [...parametersOf(route), ...headersOf(route)],
    ...(body === undefined ? {} : { requestBody: body }),
    responses: { ...successOf(route), ...problemsOf(codesOf(route), responses) },
  }
}

function whoMay({ access }: AnyOperation): Json {
  const role = `with the role ${access.roles.join(', ')}`
  return access.onlySession === true
    ? { description: `For people ${role}, who are signed in; no key may.`, security: [{ session: [] }] }
    : { description: `For keys and people ${role}.` }
}

function parametersOf({ method, pathFields, input }: Route): readonly Json[] {
  const query = method === 'POST' ? [] : Object.keys(input.properties).filter((name) => !pathFields.includes(name))
  const parameter = (name: string, place: 'path' | 'query'): Json => {
    const { description, ...schema } = input.properties[name] ?? {}
    const required = place === 'path' || (input.required.includes(name) && schema.default === undefined)
    const example = exampleOf(schema, name, 'input')
    // A cursor is only what a page has handed out.
    const shown = name === 'cursor' ? {} : { example }
    return { name, in: place, required, ...(description === undefined ? {} : { description }), schema, ...shown }
  }
  return [...pathFields.map((name) => parameter(name, 'path')), ...query.map((name) => parameter(name, 'query'))]
}

const headersOf = ({ operation, method }: Route): readonly Json[] =>
  [
    'RequestId',
    ...(method === 'GET' ? ['IfNoneMatch', ...(isStreamed(operation) ? ['LastEventId'] : [])] : ['IdempotencyKey', 'Csrf']),
    ...(method === 'GET' || operation.resource === undefined ? [] : ['IfMatch']),
    ...(operation.kind === 'steps' ? ['Prefer'] : []),
  ].map((name) => reference('parameters', name))

/** The body repeats no field of the path. */
function bodyOf(route: Route): Json | undefined {
  const { operation, pathFields, input } = route
  const whole = jsonSchema(operation.input, 'input') as JsonSchema & ObjectSchema
  const rest = (name: string): boolean => !pathFields.includes(name)
  const properties = Object.fromEntries(Object.entries(input.properties).filter(([name]) => rest(name)))
  if (Object.keys(properties).length === 0) return undefined
  const required = input.required.filter(rest)
  const { required: _, ...schema } = { ...whole, properties }
  const example = Object.fromEntries(Object.entries(exampleInput(route)).filter(([name]) => rest(name)))
  return {
    required: required.length > 0,
    content: { 'application/json': { schema: required.length > 0 ? { ...schema, required } : schema, example } },
  }
}

function successOf(route: Route): Json {
  const { operation, method, created } = route
  const common = {
    'X-Request-Id': reference('headers', 'RequestId'),
    ...(operation.kind === 'direct' ? {} : { 'Operation-Id': reference('headers', 'OperationId') }),
  }
  const located = { ...common, Location: reference('headers', 'Location') }
  const schema = jsonSchema(operation.output, 'output')
  const events = isStreamed(operation) ? { 'text/event-stream': EVENTS[operation.name] } : {}
  const output = { 'application/json': { schema, example: exampleOutput(route) }, ...events }
  if (method === 'GET') {
    const pages = 'nextCursor' in ((schema.properties ?? {}) as object)
    const headers = {
      ...common,
      ...(pages ? { Link: reference('headers', 'NextPage') } : {}),
      ETag: reference('headers', 'ETag'),
    }
    return { 200: { description: 'Done.', headers, content: output }, 304: reference('responses', 'NotModified') }
  }
  const done = {
    description: created === undefined ? 'Done.' : 'Made.',
    headers: created === undefined ? common : located,
    content: output,
  }
  const accepted = {
    description: `Journaled, and running. ${
      declaredBy(operation).background === true
        ? 'With `Prefer: respond-async`, and where the input hands it to the workers.'
        : 'Only with `Prefer: respond-async`.'
    }`,
    headers: { ...located, 'Preference-Applied': reference('headers', 'PreferenceApplied') },
    content: {
      'application/json': {
        schema: { type: 'object', required: ['operation'], properties: { operation: { type: 'string', format: 'uuid' } } },
        example: { operation: exampleOf({ type: 'string', format: 'uuid' }) },
      },
    },
  }
  return { [created === undefined ? 200 : 201]: done, ...(operation.kind === 'steps' ? { 202: accepted } : {}) }
}

/** What is asked for with `Accept: text/event-stream`, by operation. */
const EVENTS: Readonly<Record<string, Json>> = {
  'operation.watch': {
    schema: {
      type: 'string',
      description:
        'Server-sent events, the data of each a JSON object: `progress` when something has changed, `failed` for each item that fails, and `ended` as the last, when the operation has ended or paused.',
    },
    example:
      'event: ended\ndata: {"event":"ended","operation":"0b6b7a0e-5f0c-4c58-9d5f-3f1c2a7e8d90","state":"succeeded","fault":null}\n\n',
  },
  'event.list': {
    schema: { type: 'string', description: 'Server-sent events: `id` is the number of the event, and the data of each as in the list.' },
  },
}

function codesOf({ operation, method }: Route): readonly FaultCode[] {
  const codes = new Set<FaultCode>([
    ...ALWAYS,
    ...(method === 'POST' ? WITH_BODY : WITHOUT_BODY),
    ...(method === 'GET' ? [] : (['REQUEST_FORGED'] as const)),
    ...(operation.kind === 'direct' ? (method === 'GET' ? [] : ONCE) : JOURNALED),
    ...(operation.kind === 'change' && operation.secret !== undefined ? (['ANSWER_NOT_KEPT'] as const) : []),
    ...(operation.resource === undefined || method === 'GET' ? [] : (['PRECONDITION_FAILED'] as const)),
    ...(operation.kind === 'steps' ? STEPWISE : []),
    ...(operation.access.tenant === undefined ? [] : (['TENANT_NOT_FOUND', 'SLUG_INVALID'] as const)),
    ...(operation.faults as readonly FaultCode[]),
  ])
  return [...codes].sort()
}

/** References by status; what they lead to is put into `responses`, where routes with the same faults share it. */
function problemsOf(of: readonly FaultCode[], responses: Record<string, Json>): Json {
  const byStatus = new Map<number, FaultCode[]>()
  for (const code of [...of].sort()) byStatus.set(FAULTS[code].http, [...(byStatus.get(FAULTS[code].http) ?? []), code])
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => {
      const name = `${status}-${codes.length === 1 ? codes[0] : createHash('sha256').update(codes.join()).digest('hex').slice(0, 8)}`
      responses[name] ??= problemResponse(status, codes)
      return [status, reference('responses', name)]
    }),
  )
}

const problemResponse = (status: number, codes: readonly FaultCode[]): Json => ({
  description: codes.map((code) => `${code}: ${titleOf(code)}.`).join(' '),
  headers: {
    'X-Request-Id': reference('headers', 'RequestId'),
    ...(codes.some((code) => FAULTS[code].retry) ? { 'Retry-After': reference('headers', 'RetryAfter') } : {}),
    ...(status === 401 ? { 'WWW-Authenticate': reference('headers', 'Challenge') } : {}),
  },
  content: {
    'application/problem+json': {
      schema: { allOf: [reference('schemas', 'Problem'), { type: 'object', properties: { code: { enum: codes } } }] },
      examples: Object.fromEntries(codes.map((code) => [code, reference('examples', code)])),
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
        headers: { 'X-Request-Id': reference('headers', 'RequestId') },
        content: { 'application/json': { schema: { type: 'object', required: ['status'], properties: { status: { type: 'string' } } } } },
      },
    ]),
  ),
})
