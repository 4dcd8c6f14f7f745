import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FAULTS, type FaultCode } from '../../src/kernel/faults.js'
import { OPERATIONS } from '../../src/operations/registry.js'
import { openApiDocument } from '../../src/server/openapi.js'
import { routesOf } from '../../src/server/routes.js'
import { expectCommitted } from '../house/committed.js'
import { type Api, startApi } from './api-server.js'

// biome-ignore lint/suspicious/noExplicitAny: a document of JSON, looked into at many places
type Json = any

const document: Json = openApiDocument(routesOf(OPERATIONS))
const operationOf = (http: string): Json => {
  const [method, path] = http.split(' ') as [string, string]
  return document.paths[path]?.[method.toLowerCase()]
}
const codesOf = (described: Json): string[] =>
  Object.values<Json>(described.responses).flatMap(
    (response) => response.content?.['application/problem+json']?.schema.allOf[1].properties.code.enum ?? [],
  )

test('the committed description is the one that the operations give', () => {
  expectCommitted('docs/openapi.json', `${JSON.stringify(document, null, 2)}\n`)
})

describe.each(OPERATIONS.flatMap((operation) => (operation.http === undefined ? [] : [[operation.http, operation] as const])))(
  '%s',
  (http, operation) => {
    test('has its fields, its faults and its answer', () => {
      const described = operationOf(http)
      const fields = described.parameters.filter((one: Json) => one.$ref === undefined && one.in !== 'header').map(({ name }: Json) => name)
      const body = described.requestBody?.content['application/json'].schema
      expect([...fields, ...Object.keys(body?.properties ?? {})].sort()).toEqual(Object.keys(operation.input.shape).sort())
      expect([...http.matchAll(/\{(\w+)\}/g)].map((match) => match[1])).toEqual(
        described.parameters.filter((parameter: Json) => parameter.in === 'path' && parameter.required).map(({ name }: Json) => name),
      )
      expect(codesOf(described)).toEqual(
        expect.arrayContaining([...operation.faults, 'KEY_MISSING', 'KEY_FORBIDDEN', 'INPUT_INVALID', 'INTERNAL']),
      )
      for (const [status, response] of Object.entries<Json>(described.responses)) {
        for (const code of response.content?.['application/problem+json']?.schema.allOf[1].properties.code.enum ?? []) {
          expect(`${code} ${FAULTS[code as FaultCode].http}`).toBe(`${code} ${status}`)
        }
      }
      const success = described.responses[200] ?? described.responses[201]
      expect(Object.keys(success.content['application/json'].schema.properties)).toEqual(Object.keys(operation.output.shape))
      expect(described.responses[202] !== undefined).toBe(operation.kind === 'steps')
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

test('what needs a key says so, and dates are strings', () => {
  expect(document.openapi).toBe('3.1.0')
  expect(document.security).toEqual([{ key: [] }])
  expect(document.components.securitySchemes.key).toMatchObject({ type: 'http', scheme: 'bearer' })
  expect(operationOf('GET /healthz').security).toEqual([])
  expect(operationOf('GET /v1/tenants/{tenant}').responses[200].content['application/json'].schema.properties.since).toEqual({
    type: 'string',
    format: 'date-time',
  })
})

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
})
