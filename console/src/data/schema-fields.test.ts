import { readFileSync } from 'node:fs'
import { ROUTES } from 'tenantry/api'
import { describe, expect, test } from 'vitest'
import { fieldsOf, inputSchema, labelOf, readForm, type Schema } from './schema-fields.js'

const document: unknown = JSON.parse(readFileSync(new URL('../../../docs/openapi.json', import.meta.url), 'utf8'))

const SCHEMA: Schema = {
  type: 'object',
  properties: {
    slug: { type: 'string', minLength: 1, maxLength: 5 },
    many: { type: 'array', items: { type: 'string', pattern: '^[a-z]+=[a-z]*$' }, maxItems: 2 },
    count: { type: 'integer', minimum: 1, maximum: 9, default: 2 },
    kind: { type: 'string', enum: ['a', 'b'] },
    yes: { type: 'boolean', default: false },
    no: { type: 'boolean', default: true },
    rest: { type: 'object' },
  },
  required: ['slug'],
}
const FIELDS = fieldsOf(SCHEMA)

describe('fields from JSON Schema', () => {
  test('each kind has its field', () => {
    expect(FIELDS.map(({ name, kind, required }) => [name, kind, required])).toEqual([
      ['slug', 'text', true],
      ['many', 'list', false],
      ['count', 'number', false],
      ['kind', 'choice', false],
      ['yes', 'switch', false],
      ['no', 'switch', false],
      ['rest', 'json', false],
    ])
    expect(fieldsOf(SCHEMA, ['slug']).map(({ name }) => name)).not.toContain('slug')
  })

  test('only what was given and differs from what holds anyhow is sent', () => {
    expect(readForm(FIELDS, { slug: ' a ', many: 'x=y\n\n z= ', count: '2', kind: '', yes: false, no: false, rest: '{"a":1}' })).toEqual({
      input: { slug: 'a', many: ['x=y', 'z='], no: false, rest: { a: 1 } },
      issues: {},
    })
  })

  test('what is wrong is told field by field, before anything is sent', () => {
    const { issues } = readForm(FIELDS, { slug: '', many: 'x', count: '2.5', kind: 'c', rest: '{' })
    expect(issues).toEqual({
      slug: 'is needed',
      many: '"x" has characters that it cannot have',
      count: 'must be a whole number',
      kind: 'must be one of a, b',
      rest: 'must be JSON',
    })
    expect(readForm(FIELDS, { slug: 'toolong', many: 'a=\nb=\nc=', count: '99' }).issues).toEqual({
      slug: 'must have at most 5 characters',
      many: 'must have at most 2 lines',
      count: 'must be at most 9',
    })
    expect(readForm(FIELDS, { slug: '🦊🦊🦊🦊🦊' }).issues).toEqual({})
  })

  test('of every operation that has a route the document gives the fields', () => {
    for (const [name, { method, path }] of Object.entries(ROUTES)) {
      const schema = inputSchema(document, method, path)
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, field]) => field!)
      for (const field of inPath) expect(Object.keys(schema.properties ?? {}), `${name} ${field}`).toContain(field)
      for (const field of fieldsOf(schema)) expect(() => new RegExp(field.schema.pattern ?? '', 'u'), `${name} ${field.name}`).not.toThrow()
    }
    expect(fieldsOf(inputSchema(document, 'POST', '/v1/tenants')).map(({ name }) => name)).toContain('isolation')
  })

  test('a name is told as people read it', () => {
    expect(['slug', 'statementTimeoutMs', 'allowReads'].map(labelOf)).toEqual(['Slug', 'Statement timeout (ms)', 'Allow reads'])
  })
})
