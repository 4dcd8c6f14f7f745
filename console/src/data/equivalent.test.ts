import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { ROUTES } from 'tenantry/api'
import { describe, expect, test } from 'vitest'
import { equivalentOf, ON_BY_DEFAULT } from './equivalent.js'
import type { OperationName } from './names.js'
import { fieldsOf, inputSchema } from './schema-fields.js'

const document: unknown = JSON.parse(readFileSync(new URL('../../../docs/openapi.json', import.meta.url), 'utf8'))

const CANARIES = ["it's", '$(id)', '`id`', '"; id; "', 'a\nb', '--yes', '\\', '<img src=x onerror=alert(1)>', '$TENANTRY_API_KEY']
const ORIGIN = 'http://127.0.0.1:4100'

const commandLine = (name: OperationName, input: object): string => equivalentOf(name, input as never, { origin: ORIGIN }).cli
const curlLine = (name: OperationName, input: object, ifMatch?: string): string =>
  equivalentOf(name, input as never, { origin: ORIGIN, ifMatch }).curl

/** The words that a program gets when sh runs the line. */
const wordsOf = (line: string): string[] =>
  execFileSync('sh', ['-c', `tenantry() { printf '%s\\0' "$@"; }; curl() { printf '%s\\0' "$@"; }; ${line}`], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, TENANTRY_API_KEY: 'the-key' },
  })
    .split('\0')
    .slice(0, -1)

describe('the command that does the same', () => {
  test('takes by position what the command line takes by position', () => {
    expect(commandLine('tenant.suspend', { reason: 'unpaid bill', tenant: 'acme' })).toBe(
      "tenantry tenant suspend acme --reason 'unpaid bill'",
    )
    expect(commandLine('doctor.run', {})).toBe('tenantry doctor')
  })

  test('says lists once for each, true as a flag, false as one that turns off, and nothing of what is not given', () => {
    expect(commandLine('tenant.set', { tenant: 'acme', label: ['a=1', 'b=2 3'], tier: undefined })).toBe(
      "tenantry tenant set acme --label=a=1 '--label=b=2 3'",
    )
    expect(commandLine('tenant.list', { withoutBackup: true })).toBe('tenantry tenant list --without-backup')
    expect(commandLine('tenant.clone', { tenant: 'a', as: 'b', anonymise: false })).toBe('tenantry tenant clone a --as b --no-anonymise')
    expect(commandLine('tenant.clone', { tenant: 'a', as: 'b', anonymise: true })).toBe('tenantry tenant clone a --as b')
    expect(commandLine('tenant.list', { behind: false })).toBe('tenantry tenant list')
  })

  test('knows every switch that is on by default', () => {
    const on = Object.entries(ROUTES).flatMap(([name, { method, path }]) =>
      fieldsOf(inputSchema(document, method, path))
        .filter(({ kind, preset }) => kind === 'switch' && preset === true)
        .map((field) => `${name} ${field.name}`),
    )
    expect([...ON_BY_DEFAULT].toSorted()).toEqual(on.toSorted())
  })

  test('hands every text on as it is', () => {
    for (const canary of CANARIES) {
      const words = wordsOf(commandLine('tenant.suspend', { tenant: 'acme', reason: canary }))
      expect(words.slice(0, 3), canary).toEqual(['tenant', 'suspend', 'acme'])
      expect(words.slice(3), canary).toEqual(canary.startsWith('-') ? [`--reason=${canary}`] : ['--reason', canary])
      expect(wordsOf(commandLine('tenant.show', { tenant: canary })).at(-1), canary).toBe(canary)
    }
  })

  test('does not let a name be read as a flag', () => {
    expect(commandLine('tenant.suspend', { tenant: '--help', reason: 'x' })).toBe('tenantry tenant suspend --reason x -- --help')
  })
})

describe('the request that does the same', () => {
  test('asks with a query, and changes with a body', () => {
    expect(wordsOf(curlLine('tenant.list', { state: 'active', search: 'a&b' })).at(-1)).toBe(
      `${ORIGIN}/v1/tenants?state=active&search=a%26b`,
    )
    const suspend = wordsOf(curlLine('tenant.suspend', { tenant: 'acme', reason: 'unpaid' }, '"v1"'))
    expect(suspend).toEqual([
      '-X',
      'POST',
      '-H',
      'Authorization: Bearer the-key',
      '-H',
      'If-Match: "v1"',
      '-H',
      'Content-Type: application/json',
      '-d',
      '{"reason":"unpaid"}',
      `${ORIGIN}/v1/tenants/acme/suspend`,
    ])
    expect(curlLine('key.revoke', { key: 'k1' })).toContain('-X DELETE')
  })

  test('hands every text on as it is, and expands nothing but the key', () => {
    for (const canary of CANARIES) {
      const words = wordsOf(curlLine('tenant.suspend', { tenant: 'acme', reason: canary }))
      expect(JSON.parse(words[words.indexOf('-d') + 1]!), canary).toEqual({ reason: canary })
      expect(new URL(wordsOf(curlLine('tenant.list', { search: canary })).at(-1)!).searchParams.get('search'), canary).toBe(canary)
    }
  })
})
