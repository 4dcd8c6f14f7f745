import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { type InputOf, ROUTES } from 'tenantry/api'
import { expect, test } from 'vitest'
import { equivalentOf } from '../../console/src/data/equivalent.js'
import type { OperationName } from '../../console/src/data/names.js'
import { parseOperation } from '../../src/cli/flags.js'
import { commandOf } from '../../src/cli/overview.js'
import type { AnyOperation } from '../../src/engine/operation.js'
import { OPERATIONS } from '../../src/operations/registry.js'
import { exampleInput } from '../../src/server/examples.js'
import { type Route, routesOf } from '../../src/server/routes.js'

const ORIGIN = 'http://127.0.0.1:4100'
const NASTY = [`$(touch /tmp/x)`, `it's "here"`, '`id`; rm -rf /', '-x', 'a\nb', '$TENANTRY_API_KEY', '\\', '→ ☃']

/** What one shell makes of each line. */
const wordsOf = (lines: readonly string[]): readonly (readonly string[])[] => {
  const script = lines.map((line) => `printf '%s\\037' ${line}\nprintf '\\036'`).join('\n')
  const said = execFileSync('/bin/sh', [], { input: script, encoding: 'utf8', env: { TENANTRY_API_KEY: 'the-key' }, maxBuffer: 2 ** 26 })
  const each = said.split('\x1e').slice(0, -1)
  expect(each).toHaveLength(lines.length)
  return each.map((one) => one.split('\x1f').slice(0, -1))
}
const words = (line: string): readonly string[] => wordsOf([line])[0]!

const io = { isTTY: { stdin: false, stdout: false, stderr: false }, env: {}, cwd: '/' } as unknown as Parameters<typeof parseOperation>[2]

/** The input that the command line makes of the line. */
function readBack(definition: AnyOperation, [program, ...rest]: readonly string[]): unknown {
  const command = commandOf(definition.name).split(' ')
  expect([program, ...rest.slice(0, command.length)]).toEqual(['tenantry', ...command])
  return parseOperation(definition, rest.slice(command.length), io)!.input
}

const of = (name: string, input: object, ifMatch?: string) =>
  equivalentOf(name as OperationName, input as InputOf<OperationName>, { origin: ORIGIN, ifMatch })

/** As an example, and with each switch once on and once off. */
function inputsOf(route: Route): readonly Readonly<Record<string, unknown>>[] {
  const example = exampleInput(route)
  const switches = Object.entries(route.input.properties).filter(([, schema]) => schema.type === 'boolean')
  return [example, ...switches.flatMap(([name]) => [true, false].map((value) => ({ ...example, [name]: value })))].filter(
    (input) => route.operation.input.safeParse(input).success,
  )
}

test('the command line takes every line, and makes of it what was asked for', () => {
  const asked = routesOf(OPERATIONS).flatMap((route) =>
    inputsOf(route).map((input) => ({ operation: route.operation, input, cli: of(route.operation.name, input).cli })),
  )
  expect(asked.length).toBeGreaterThan(OPERATIONS.length)
  const read = wordsOf(asked.map(({ cli }) => cli))
  for (const [n, { operation, input, cli }] of asked.entries())
    expect(operation.input.parse(readBack(operation, read[n]!)), cli).toEqual(operation.input.parse(input))
})

const suspend = OPERATIONS.find(({ name }) => name === 'tenant.suspend')!
const statement = OPERATIONS.find(({ name }) => name === 'tenant.sql')!

test.each(NASTY)('%j reaches the command line as it is, and runs nothing', (text) => {
  // No reason has lines; a statement may.
  const reason = { tenant: 'acme', reason: text.replace('\n', ' ') }
  expect(readBack(suspend, words(of('tenant.suspend', reason).cli))).toEqual(reason)
  const place = { tenant: 'acme', statement: text }
  expect(readBack(statement, words(of('tenant.sql', place).cli))).toEqual(place)
})

test.each(NASTY)('%j reaches curl as it is, and runs nothing', (text) => {
  const [program, ...rest] = words(of('tenant.suspend', { tenant: 'acme', reason: text }, text).curl)
  expect(program).toBe('curl')
  expect(rest).toEqual([
    ...['-X', 'POST', '-H', 'Authorization: Bearer the-key', '-H', `If-Match: ${text}`, '-H', 'Content-Type: application/json'],
    ...['-d', JSON.stringify({ reason: text }), `${ORIGIN}/v1/tenants/acme/suspend`],
  ])
  expect(words(of('tenant.list', { search: text, limit: 5 }).curl).at(-1)).toBe(
    `${ORIGIN}/v1/tenants?${new URLSearchParams({ search: text, limit: '5' })}`,
  )
})

test('what an address holds is not in the body, and a key is in neither', () => {
  const { cli, curl } = of('key.revoke', { key: 'k/1' })
  expect(words(curl)).toEqual([
    'curl',
    '-X',
    'DELETE',
    '-H',
    'Authorization: Bearer the-key',
    `${ORIGIN}${ROUTES['key.revoke'].path.replace('{key}', 'k%2F1')}`,
  ])
  expect(cli).toBe('tenantry key revoke k/1')
  expect(curl).toContain('"Authorization: Bearer $TENANTRY_API_KEY"')
})

test('every command that a page tells is one that the command line takes', () => {
  const root = new URL('../../console/src/', import.meta.url).pathname
  const told = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.tsx'))
    .flatMap((path) =>
      [...readFileSync(root + path, 'utf8').matchAll(/(?:command="|command=\{`|font-mono">)(tenantry (?!serve)[^"`<]+)/g)].map(([, line]) =>
        line!.replace(/\$\{[^}]+\}/g, 'acme'),
      ),
    )
  expect(told.length).toBeGreaterThan(15)
  for (const line of told) {
    const [, ...rest] = words(line)
    const operation = OPERATIONS.find(({ name }) => `${rest.join(' ')} `.startsWith(`${commandOf(name)} `))
    expect(operation, line).toBeDefined()
    // It is asked of the command of another one.
    if (line === 'tenantry doctor --attack') continue
    const args = rest.slice(commandOf(operation!.name).split(' ').length)
    expect(() => parseOperation(operation!, args, io), line).not.toThrow()
  }
})
