import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { confirm, withConfirmation } from '../../src/cli/confirm.js'
import { type GlobalFlags, parseOperation } from '../../src/cli/flags.js'
import type { Io } from '../../src/cli/io.js'
import { printOutput } from '../../src/cli/print-output.js'
import { createRedactor } from '../../src/cli/redact.js'
import { operation } from '../../src/engine/operation.js'
import { removeCluster } from '../../src/operations/cluster/remove.js'
import { OPERATIONS } from '../../src/operations/registry.js'
import { sink } from './cli.js'

const erase = operation({
  kind: 'direct',
  name: 'thing.erase',
  summary: 'Erase a thing.',
  effect: 'destroy',
  input: z.strictObject({
    thing: z.string().describe('Its name'),
    keepFiles: z.boolean().default(true).describe('Files stay'),
    tags: z.array(z.string()).optional(),
    copies: z.coerce.number().int().default(1),
  }),
  output: z.object({ data: z.array(z.object({ name: z.string(), at: z.date().nullable(), big: z.boolean(), size: z.number() })) }),
  faults: [],
  access: { roles: [] },
  words: {
    negated: { keepFiles: 'Throw its files away as well' },
    positionals: ['thing'],
    says: () => 'that was all',
    columns: ['name', 'at', 'big', 'size'],
    confirm: 'this erases the thing',
  },
  call: async () => ({ data: [] }),
})

function io(over: Partial<Io> = {}) {
  const [stdout, stderr] = [sink(), sink()]
  const base: Io = {
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: {},
    cwd: '/',
    isTTY: { stdin: false, stdout: false, stderr: false },
    ...over,
  }
  return { io: base, stdout: stdout.text, stderr: stderr.text }
}

const GLOBALS: GlobalFlags = { config: undefined, format: 'table', yes: false, input: true }

describe('flags', () => {
  test('come from the input of the operation', () => {
    const parsed = parseOperation(erase, ['lamp', '--no-keep-files', '--tags', 'a', 'b', '--copies', '3', '--yes'], io().io)
    expect(parsed).toMatchObject({ input: { thing: 'lamp', keepFiles: false, tags: ['a', 'b'], copies: 3 }, globals: { yes: true } })
  })

  test('that turn off what is on have words of their own', () => {
    for (const { name, input, words } of OPERATIONS) {
      const { properties = {} } = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }) as { properties?: Record<string, unknown> }
      const on = Object.entries(properties).filter(([, field]) => (field as { default?: unknown }).default === true)
      expect([name, ...Object.keys(words.negated ?? {})]).toEqual([name, ...on.map(([field]) => field)])
    }
  })

  test('that are not given leave the defaults to the operation', () => {
    expect(parseOperation(erase, ['lamp'], io().io)?.input).toEqual({ thing: 'lamp' })
  })

  test('are described with their defaults', () => {
    const { io: to, stdout } = io()
    expect(parseOperation(erase, ['--help'], to)).toBeUndefined()
    expect(stdout()).toMatch(/--no-keep-files +Throw its files away as well$/m)
    expect(stdout()).toMatch(/--copies <copies> +\(default: 1\)/)
    expect(stdout()).toMatch(/^Usage: tenantry thing erase \[flags\] <thing>$/m)
  })
})

describe('what asks to be confirmed', () => {
  const answer = async (typed: string, globals = GLOBALS): Promise<boolean> => {
    const stdin = new PassThrough()
    const running = confirm(erase, { thing: 'lamp' }, globals, io({ stdin, isTTY: { stdin: true, stdout: true, stderr: true } }).io)
    setTimeout(() => stdin.write(`${typed}\r`), 300)
    return running
  }

  test('is refused where nobody can be asked', async () => {
    await expect(confirm(erase, { thing: 'lamp' }, GLOBALS, io().io)).rejects.toMatchObject({
      code: 'CONFIRMATION_NEEDED',
      kind: { exit: 5 },
    })
  })

  test('is refused at a terminal with --no-input', async () => {
    await expect(answer('lamp', { ...GLOBALS, input: false })).rejects.toMatchObject({ code: 'CONFIRMATION_NEEDED' })
  })

  test('is done with --yes', async () => {
    expect(await confirm(erase, { thing: 'lamp' }, { ...GLOBALS, yes: true }, io().io)).toBe(true)
  })

  test('is done when the word is typed that stands for all it destroys', async () => {
    const stdin = new PassThrough()
    const all = { ...erase, words: { ...erase.words, positionals: [], typed: 'erase' } } as typeof erase
    const running = confirm(all, {}, GLOBALS, io({ stdin, isTTY: { stdin: true, stdout: true, stderr: true } }).io)
    setTimeout(() => stdin.write('yes\r'), 300)
    await expect(running).rejects.toMatchObject({ code: 'CONFIRMATION_NEEDED' })
  })

  test('is done when its name is typed', async () => {
    expect(await answer('lamp')).toBe(true)
  })

  test('is not asked for again when the flag has said it, and goes into the input of an operation that wants it there', async () => {
    expect(await confirm(erase, { thing: 'lamp', confirm: 'lamp' }, GLOBALS, io().io)).toBe(true)
    expect(withConfirmation(removeCluster, { cluster: 'main' })).toEqual({ cluster: 'main', confirm: 'main' })
    expect(withConfirmation(removeCluster, { cluster: 'main', confirm: 'mian' })).toEqual({ cluster: 'main', confirm: 'mian' })
    expect(withConfirmation(erase, { thing: 'lamp' })).toEqual({ thing: 'lamp' })
  })

  test('is refused when another name is typed', async () => {
    await expect(answer('lump')).rejects.toMatchObject({ code: 'CONFIRMATION_NEEDED' })
  })
})

describe('output', () => {
  const data = [
    { name: '=cmd|"x"', at: new Date('2026-11-21T03:20:11.512Z'), big: true, size: 7 },
    { name: '日本\u001b[2J', at: null, big: false, size: -120 },
  ]
  const printed = (format: GlobalFlags['format'], output: unknown = { data }) => {
    const { io: to, stdout, stderr } = io()
    printOutput(erase, output, { format, io: to, redactor: createRedactor() })
    return { stdout: stdout(), stderr: stderr() }
  }

  test('as a table is aligned, and its sentence goes to stderr', () => {
    expect(printed('table')).toEqual({
      stdout: [
        'NAME      AT                    BIG  SIZE',
        '=cmd|"x"  2026-11-21 03:20:11Z  yes     7',
        '日本 [2J  -                     no   -120',
        '',
      ].join('\n'),
      stderr: 'that was all\n',
    })
  })

  test('as csv is no formula', () => {
    expect(printed('csv').stdout).toBe('name,at,big,size\n"\'=cmd|""x""",2026-11-21T03:20:11.512Z,true,7\n日本\u001b[2J,,false,-120\n')
  })

  test('as yaml quotes what could be read as something else', () => {
    expect(
      printed('yaml', { plain: 'a word', no: 'no', number: '12', empty: [], nested: [{ a: 1, b: [] }, ['x']], line: 'a\nb: c' }).stdout,
    ).toBe(
      [
        'plain: a word',
        '"no": "no"',
        'number: "12"',
        'empty: []',
        'nested:',
        '  - a: 1',
        '    b: []',
        '  - - x',
        'line: "a\\nb: c"',
        '',
      ].join('\n'),
    )
  })

  test('never shows the password of a connection string', () => {
    expect(printed('json', { url: 'postgres://u:p@ss/w@h:5432/d?sslmode=require&password=q' }).stdout).toContain(
      '"postgres://u:***@h:5432/d?sslmode=require&password=***"',
    )
  })
})
