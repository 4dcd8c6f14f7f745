import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { testServer } from '../support/servers-injected.js'
import { adminUrl, type CommandLine, commandLine, type Ran } from './cli.js'

// Planted wherever a secret can stand; nothing that is printed may hold it.
const CANARY = 'canary-7d1f-p@ss'
const canaryUrl = (where: string): string => `postgres://postgres:${encodeURIComponent(CANARY)}@${where}/postgres`

interface Expected {
  readonly code: string
  readonly exit: number
  readonly cause?: RegExp
}

/** Two lines on stderr and nothing on stdout: no stack, no secret. */
function expectFault(ran: Ran, { code, exit, cause = /./ }: Expected): void {
  const lines = ran.stderr.split('\n')
  expect(ran.stdout).toBe('')
  expect(lines).toEqual([expect.stringMatching(new RegExp(`^${code}: `)), expect.stringMatching(/^→ ./), ''])
  expect(lines[0]).toMatch(cause)
  expect(ran.status).toBe(exit)
  expect(ran.stderr).not.toMatch(/canary|p@ss|p%40ss|\bat .+:\d+:\d+/)
}

const CONFIG = (database: string): string => `export default { catalog: { database: '${database}' }, tenantColumn: 'tenant_id' }\n`

async function withConfig(env: Record<string, string> = {}, database = 'cli_faults_catalog'): Promise<CommandLine> {
  const line = await commandLine(env)
  await writeFile(join(line.folder, 'tenantry.config.ts'), CONFIG(database))
  return line
}

describe('what is typed wrongly', () => {
  const cases: readonly [string, readonly string[], Expected][] = [
    ['an unknown noun', ['tennant', 'list'], { code: 'INPUT_INVALID', exit: 2, cause: /did you mean "tenant"\?/ }],
    ['an unknown noun alone', ['clutsers'], { code: 'INPUT_INVALID', exit: 2, cause: /did you mean "clusters"\?/ }],
    ['an unknown verb', ['tenant', 'crate', 'acme'], { code: 'INPUT_INVALID', exit: 2, cause: /did you mean "tenant create"\?/ }],
    ['verb before noun', ['create', 'tenant', 'acme'], { code: 'INPUT_INVALID', exit: 2, cause: /did you mean "tenant create"\?/ }],
    ['an unknown flag', ['tenant', 'list', '--stat', 'active'], { code: 'INPUT_INVALID', exit: 2, cause: /did you mean --state\?/ }],
    ['an unknown flag before the command', ['--jsn', 'tenants'], { code: 'INPUT_INVALID', exit: 2, cause: /did you mean "--json"\?/ }],
    [
      'a secret behind an unknown flag',
      ['cluster', 'add', 'main', `--ulr=${CANARY}`],
      { code: 'INPUT_INVALID', exit: 2, cause: /unknown flag '--ulr'/ },
    ],
    [
      'a connection string for a reference',
      ['cluster', 'add', 'main', '--url', canaryUrl('h')],
      { code: 'INPUT_INVALID', exit: 2, cause: /--url: must be a reference/ },
    ],
    ['a connection string for a name', ['cluster', 'add', canaryUrl('h')], { code: 'INPUT_INVALID', exit: 2, cause: /<name>: / }],
    ['a connection string for a noun', [canaryUrl('h'), 'add'], { code: 'INPUT_INVALID', exit: 2 }],
    ['a missing flag', ['tenant', 'suspend', 'acme'], { code: 'INPUT_INVALID', exit: 2, cause: /--reason/ }],
    ['a missing argument', ['tenant', 'create'], { code: 'INPUT_INVALID', exit: 2, cause: /slug/ }],
    ['an argument too many', ['tenant', 'show', 'a', 'b'], { code: 'INPUT_INVALID', exit: 2 }],
    [
      'a value that is no choice',
      ['tenant', 'create', 'acme', '--isolation', 'shard'],
      { code: 'INPUT_INVALID', exit: 2, cause: /--isolation: must be one of shared, schema, database; did you mean "shared"\?/ },
    ],
    [
      'text for a number',
      ['tenant', 'list', '--limit', 'many'],
      { code: 'INPUT_INVALID', exit: 2, cause: /--limit: must be a whole number/ },
    ],
    [
      'a number out of bounds',
      ['tenant', 'list', '--limit', '501'],
      { code: 'INPUT_INVALID', exit: 2, cause: /--limit: must be at most 500/ },
    ],
    ['a flag in camel case', ['cluster', 'add', 'main', '--app-port', '0'], { code: 'INPUT_INVALID', exit: 2, cause: /--app-port: / }],
    [
      'an id that is none',
      ['operation', 'show', '42'],
      { code: 'INPUT_INVALID', exit: 2, cause: /<operation>: must be the id of an operation/ },
    ],
    [
      'an output format that is none',
      ['tenant', 'list', '-o', 'xml'],
      { code: 'INPUT_INVALID', exit: 2, cause: /--output: must be one of table, json, yaml, csv/ },
    ],
    ['no configuration', ['tenant', 'list'], { code: 'CONFIG_MISSING', exit: 2, cause: /tenantry\.config\.ts/ }],
    ['a configuration that is not there', ['tenants', '--config', 'other.ts'], { code: 'CONFIG_MISSING', exit: 2, cause: /other\.ts/ }],
  ]
  test.each(cases)('%s', async (_, argv, expected) => {
    const line = await commandLine()
    expectFault(await line.run(...argv), expected)
  })

  test('a control character in what is repeated cannot forge a line', async () => {
    const line = await commandLine()
    expectFault(await line.run('tenant\n\u001b[2Jroot: all is well', 'list'), { code: 'INPUT_INVALID', exit: 2 })
  })
})

describe('what is set up wrongly', () => {
  test('a configuration that says something wrong', async () => {
    const line = await commandLine()
    await writeFile(join(line.folder, 'tenantry.config.ts'), `export default { catalog: { url: '${canaryUrl('h')}' } }\n`)
    expectFault(await line.run('tenants'), { code: 'CONFIG_INVALID', exit: 2, cause: /catalog\.url: must be a reference/ })
  })

  test('a configuration that does not parse', async () => {
    const line = await commandLine()
    await writeFile(join(line.folder, 'tenantry.config.ts'), `export default { catalog: { url: '${canaryUrl('h')} } }\n`)
    expectFault(await line.run('tenants'), { code: 'CONFIG_INVALID', exit: 2 })
  })

  test('a secret that is missing', async () => {
    expectFault(await (await withConfig()).run('tenants'), { code: 'SECRET_MISSING', exit: 2, cause: /env:DATABASE_URL/ })
  })

  test('a server that cannot be reached', async () => {
    const line = await withConfig({ DATABASE_URL: canaryUrl('127.0.0.1:1') })
    expectFault(await line.run('tenants'), { code: 'CATALOG_UNREACHABLE', exit: 7, cause: /127\.0\.0\.1:1/ })
  })

  test('a host that nobody knows', async () => {
    const line = await withConfig({ DATABASE_URL: canaryUrl('nowhere.invalid:5432') })
    expectFault(await line.run('tenants'), { code: 'CATALOG_UNREACHABLE', exit: 7 })
  })

  test('a wrong password', async () => {
    const line = await withConfig({ DATABASE_URL: adminUrl(testServer(), { password: encodeURIComponent(CANARY) }) })
    expectFault(await line.run('tenants'), { code: 'LOGIN_REFUSED', exit: 7 })
  })

  test('a wrong password in the .env beside the configuration', async () => {
    const line = await withConfig()
    await writeFile(join(line.folder, '.env'), `DATABASE_URL=${adminUrl(testServer(), { password: encodeURIComponent(CANARY) })}\n`)
    expectFault(await line.run('tenants'), { code: 'LOGIN_REFUSED', exit: 7 })
  })

  test('what is no connection string is not repeated', async () => {
    const line = await withConfig({ DATABASE_URL: CANARY })
    expectFault(await line.run('tenants'), { code: 'INPUT_INVALID', exit: 2, cause: /env:DATABASE_URL/ })
  })

  test('a catalog that has not been made', async () => {
    const line = await withConfig({ DATABASE_URL: adminUrl(testServer()) }, 'cli_faults_nowhere')
    expectFault(await line.run('tenants'), { code: 'PLATFORM_MISSING', exit: 2, cause: /cli_faults_nowhere/ })
  })

  test('with TENANTRY_DEBUG the stack follows, and no secret', async () => {
    const line = await withConfig({ DATABASE_URL: canaryUrl('127.0.0.1:1'), TENANTRY_DEBUG: '1' })
    const { stderr } = await line.run('tenants')
    expect(stderr).toMatch(/\n {4}at /)
    expect(stderr).not.toMatch(/canary|p@ss|p%40ss/)
  })
})

describe('what the platform refuses', () => {
  let line: CommandLine
  beforeAll(async () => {
    line = await withConfig({ DATABASE_URL: adminUrl(testServer()), TENANTRY_APP_PASSWORD: CANARY })
    await line.run('init')
  })

  test("the catalog's database for tenants", async () => {
    expectFault(await line.run('cluster', 'add', 'main', '--database', 'cli_faults_catalog'), {
      code: 'ONE_DATABASE',
      exit: 5,
      cause: /cli_faults_catalog/,
    })
  })

  test('a reference to a secret that is not there', async () => {
    expectFault(await line.run('cluster', 'add', 'main', '--app-secret', 'env:NOT_SET'), {
      code: 'SECRET_MISSING',
      exit: 2,
      cause: /env:NOT_SET/,
    })
  })

  test('a tenant before there is a cluster', async () => {
    expectFault(await line.run('tenant', 'create', 'acme'), { code: 'CLUSTER_NEEDED', exit: 5 })
  })

  test('a malformed slug', async () => {
    expectFault(await line.run('tenant', 'create', 'No Slug!'), { code: 'SLUG_INVALID', exit: 2, cause: /"No Slug!"/ })
  })

  test('a malformed id', async () => {
    expectFault(await line.run('tenant', 'show', '5D7CC119-595B-488B-9653-17EFCA984DA7'), { code: 'SLUG_INVALID', exit: 2 })
  })

  test('an unknown tenant', async () => {
    expectFault(await line.run('tenant', 'show', 'nobody'), { code: 'TENANT_NOT_FOUND', exit: 4 })
  })

  test('with --json the fault is a document on stdout', async () => {
    const ran = await line.run('tenant', 'show', 'nobody', '--json')
    expect(ran).toMatchObject({ status: 4, stderr: '' })
    expect(JSON.parse(ran.stdout)).toEqual({
      status: 'error',
      code: 'TENANT_NOT_FOUND',
      error: 'no tenant "nobody"',
      remedy: expect.any(String),
    })
  })

  test('with --output json a mistake on the command line is one, too', async () => {
    const ran = await line.run('tenant', 'shw', '--output=json')
    expect(ran).toMatchObject({ status: 2, stderr: '' })
    expect(JSON.parse(ran.stdout)).toMatchObject({ status: 'error', code: 'INPUT_INVALID' })
  })
})
