import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asDeclared } from '../../src/engine/as-declared.js'
import { FAULTS, type FaultCode } from '../../src/kernel/faults.js'
import { OPERATIONS } from '../../src/operations/registry.js'
import { METRICS_PAGE } from '../../src/server/metrics/route.js'
import { openApiDocument } from '../../src/server/openapi.js'
import { PEOPLE_ROUTES } from '../../src/server/people/routes.js'
import { routesOf } from '../../src/server/routes.js'
import { expectCommitted } from '../house/committed.js'
import { type Api, startApi } from './api-server.js'

// biome-ignore lint/suspicious/noExplicitAny: a document of JSON, looked into at many places
type Json = any

const document: Json = openApiDocument(routesOf(OPERATIONS), [...PEOPLE_ROUTES, METRICS_PAGE])
const operationOf = (http: string): Json => {
  const [method, path] = http.split(' ') as [string, string]
  return document.paths[path]?.[method.toLowerCase()]
}
/** What a reference leads to, or what stands there itself. */
const resolved = (at: Json): Json =>
  at.$ref === undefined
    ? at
    : at.$ref
        .slice(2)
        .split('/')
        .reduce((found: Json, part: string) => found?.[part], document)
const codesIn = (response: Json): string[] =>
  resolved(response).content?.['application/problem+json']?.schema.allOf[1].properties.code.enum ?? []
const codesOf = (described: Json): string[] => Object.values<Json>(described.responses).flatMap(codesIn)

test('the committed description is the one that the operations give', () => {
  expectCommitted('docs/openapi.json', `${JSON.stringify(document, null, 2)}\n`)
})

describe.each(OPERATIONS.flatMap((operation) => (operation.http === undefined ? [] : [[operation.http, operation] as const])))(
  '%s',
  (http, operation) => {
    test('has its fields, its faults and its answer', () => {
      const described = operationOf(http)
      const fields = described.parameters
        .map(resolved)
        .filter(({ in: place }: Json) => place !== 'header')
        .map(({ name }: Json) => name)
      const body = described.requestBody?.content['application/json'].schema
      expect([...fields, ...Object.keys(body?.properties ?? {})].sort()).toEqual(Object.keys(operation.input.shape).sort())
      expect([...http.matchAll(/\{(\w+)\}/g)].map((match) => match[1])).toEqual(
        described.parameters.filter((parameter: Json) => parameter.in === 'path' && parameter.required).map(({ name }: Json) => name),
      )
      expect(codesOf(described)).toEqual(
        expect.arrayContaining([...operation.faults, 'KEY_MISSING', 'KEY_FORBIDDEN', 'INPUT_INVALID', 'INTERNAL']),
      )
      for (const [status, response] of Object.entries<Json>(described.responses)) {
        for (const code of codesIn(response)) {
          expect(`${code} ${FAULTS[code as FaultCode].http}`).toBe(`${code} ${status}`)
        }
      }
      const success = described.responses[200] ?? described.responses[201]
      expect(Object.keys(success.content['application/json'].schema.properties)).toEqual(Object.keys(operation.output.shape))
      expect(described.responses[202] !== undefined).toBe(operation.kind === 'steps')
    })

    test('has examples that its own schemas take', () => {
      const described = operationOf(http)
      const parameters = described.parameters.map(resolved).filter(({ in: place }: Json) => place !== 'header')
      for (const { name, example, schema } of parameters) {
        expect(operation.input.shape[name].safeParse(example).error?.issues ?? [], `${name}: ${JSON.stringify(example)}`).toEqual([])
        expect(name === 'cursor' || example !== undefined, `${name} ${JSON.stringify(schema)}`).toBe(true)
      }
      const path = Object.fromEntries(parameters.filter((one: Json) => one.in === 'path').map((one: Json) => [one.name, one.example]))
      const body = described.requestBody?.content['application/json']
      expect(body === undefined || body.example !== undefined).toBe(true)
      const required = parameters.filter((one: Json) => one.required).map((one: Json) => [one.name, one.example])
      const input = { ...Object.fromEntries(required), ...path, ...body?.example }
      expect(operation.input.safeParse(input).error?.issues ?? [], JSON.stringify(input)).toEqual([])
      const { example } = (described.responses[200] ?? described.responses[201]).content['application/json']
      expect(operation.output.safeParse(asDeclared(operation.output, example)).error?.issues ?? [], JSON.stringify(example)).toEqual([])
    })

    test('tells of the faults that what it does may end with, and of whom broken glass does not help', () => {
      const codes = codesOf(operationOf(http))
      expect(codes.includes('VERSION_SKEW')).toBe(operation.effect !== 'read')
      expect(codes.includes('DISK_FULL')).toBe(operation.kind !== 'direct' || operation.faults.some((code) => code === 'DISK_FULL'))
      expect(operationOf(http).description.includes('glass')).toBe(operation.access.lasting === true)
    })

    test('tells what it declares', () => {
      expect(operationOf(http)['x-tenantry']).toMatchObject({
        name: operation.name,
        effect: operation.effect,
        roles: operation.access.roles,
        positionals: operation.words.positionals ?? [],
        ...(operation.words.confirm === undefined ? {} : { confirm: { says: operation.words.confirm } }),
      })
    })
  },
)

test('every reference leads somewhere, and every operation has a name of its own', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map((match) => match[1]!)
  expect(references.length).toBeGreaterThan(0)
  for (const reference of references) expect(reference.split('/').reduce((at: Json, part) => at?.[part], document)).toBeDefined()
  const names = Object.values<Json>(document.paths).flatMap((path) => Object.values<Json>(path).map(({ operationId }) => operationId))
  expect(new Set(names).size).toBe(names.length)
})

test('every fault that a route names has an example, which is a problem in its own words', () => {
  const named = new Set(Object.values<Json>(document.paths).flatMap((path) => Object.values<Json>(path).flatMap(codesOf)))
  expect(Object.keys(document.components.examples).sort()).toEqual([...named].sort())
  const { required, properties } = document.components.schemas.Problem
  for (const [code, { value }] of Object.entries<Json>(document.components.examples)) {
    expect(Object.keys(value)).toEqual(expect.arrayContaining(required))
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(Object.keys(value)))
    expect(value).toMatchObject({ code, status: FAULTS[code as FaultCode].http, type: `/faults/${code}` })
    for (const line of [value.detail, value.remedy]) expect(line).toMatch(/^[^\r\n]{3,}$/)
    expect(`${value.detail}${value.remedy}`).not.toMatch(/undefined|\[object|NaN|function/)
  }
})

test('its own words name all that x-tenantry may have', () => {
  const names = new Set(
    Object.values<Json>(document.paths).flatMap((path) => Object.values<Json>(path).flatMap((one) => Object.keys(one['x-tenantry'] ?? {}))),
  )
  names.delete('name')
  expect([...names].filter((name) => !document.info.description.includes(`\`${name}\``))).toEqual([])
})

test('what a session needs for a change is told wherever there may be one', () => {
  const changes = Object.entries<Json>(document.paths).flatMap(([path, methods]) =>
    Object.entries<Json>(methods).map(([method, one]) => [`${method} ${path}`, one] as const),
  )
  for (const [name, { security = document.security, parameters = [] }] of changes) {
    const inSession = !name.startsWith('get ') && security.some((one: Json) => 'session' in one)
    expect(`${name} ${parameters.some(({ $ref }: Json) => $ref?.endsWith('/Csrf'))}`).toBe(`${name} ${inSession}`)
  }
})

test('what needs a key says so, and dates are strings', () => {
  expect(document.openapi).toBe('3.1.0')
  expect(document.security).toEqual([{ key: [] }, { session: [] }])
  expect(document.components.securitySchemes.key).toMatchObject({ type: 'http', scheme: 'bearer' })
  expect(operationOf('GET /healthz').security).toEqual([])
  expect(operationOf('GET /v1/tenants/{tenant}').responses[200].content['application/json'].schema.properties.since).toEqual({
    type: 'string',
    format: 'date-time',
  })
})

/** What every answer has, as the document's own words say, and what belongs to the transport. */
const UNTOLD = new Set([
  ...['cache-control', 'content-security-policy', 'x-frame-options', 'x-content-type-options', 'referrer-policy', 'content-type'],
  ...['cross-origin-opener-policy', 'cross-origin-resource-policy'],
  ...['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding'],
])

describe('served', () => {
  let api: Api
  beforeAll(async () => {
    api = await startApi({ cluster: false })
  })
  afterAll(() => api.close())

  test('it is what is committed', async () => {
    const reply = await api.call('GET', '/openapi.json')
    expect(reply.headers.get('content-type')).toBe('application/json')
    expect(reply.body).toEqual(JSON.parse(JSON.stringify(document)))
  })

  test('every status and header that it answers is told', async () => {
    const { key } = await api.key('fleet-admin')
    const id = '00000000-0000-4000-8000-000000000000'
    const asked: readonly (readonly [string, string, unknown?, Readonly<Record<string, string>>?])[] = [
      ['GET /v1/tenants', '/v1/tenants'],
      ['GET /v1/tenants', '/v1/tenants', undefined, { authorization: 'Bearer tny_no' }],
      ['GET /v1/tenants/{tenant}', '/v1/tenants/nobody'],
      ['GET /v1/operations/{operation}/watch', `/v1/operations/${id}/watch`, undefined, { accept: 'text/event-stream' }],
      ['POST /v1/keys', '/v1/keys', { name: 'x', role: 'viewer' }, { 'idempotency-key': 'a', 'x-request-id': 'b' }],
      ['POST /v1/keys', '/v1/keys', { name: 'y', role: 'viewer' }, { 'idempotency-key': 'a' }],
      ['POST /v1/tenants', '/v1/tenants', { slug: 'acme' }],
      ['POST /v1/drift/scan', '/v1/drift/scan', {}, { prefer: 'respond-async' }],
      ['GET /healthz', '/healthz'],
    ]
    const seen = new Set<string>()
    for (const [http, path, json, headers = {}] of asked) {
      const reply = await api.call(http.split(' ')[0]!, path, { key, json, headers })
      const response = operationOf(http)?.responses[reply.status]
      expect(response, `${http} ${reply.status} ${reply.text.slice(0, 200)}`).toBeDefined()
      const told = Object.keys(resolved(response).headers).map((name) => name.toLowerCase())
      const answered = [...reply.headers.keys()].filter((name) => !UNTOLD.has(name))
      expect(told, `${http} ${reply.status}`).toEqual(expect.arrayContaining(answered))
      if (reply.body?.code !== undefined) expect(codesIn(response)).toContain(reply.body.code)
      for (const name of answered) seen.add(name)
    }
    expect([...seen].sort()).toEqual(['etag', 'location', 'operation-id', 'preference-applied', 'www-authenticate', 'x-request-id'])
  })
})
