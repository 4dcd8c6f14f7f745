import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serve } from '../../src/server.js'
import { runWorker } from '../../src/worker/worker.js'
import { adminUrl, type CommandLine, commandLine } from '../cli/cli.js'
import { testServer } from '../support/servers-injected.js'
import { ASKED, TYPED } from './cli.js'
import { FIELDS, FILES, SECRETS, URLS } from './config.js'
import { CANARY, expectFault } from './expected.js'
import { MIGRATIONS } from './migrations.js'

const services = { services: async () => ({ serve, runWorker }) }
const SOON = { timeout: 15_000 }
let line: CommandLine

// So does V8 by itself in a process that has compiled many regular expressions; those that go back far take more stack then.
beforeAll(() => setFlagsFromString('--no-regexp-optimization'))
afterAll(() => setFlagsFromString('--regexp-optimization'))

beforeAll(async () => {
  line = await commandLine({ DATABASE_URL: adminUrl(testServer()), TENANTRY_APP_PASSWORD: CANARY, OTHER: CANARY }, services)
  for (const words of [
    'init --catalog-database inputs_catalog',
    'cluster add main --database inputs_tenants',
    'tenant create acme',
    'tenant create acme-2',
  ]) {
    expect(await line.run(...words.split(' '))).toMatchObject({ status: 0 })
  }
})

describe('what is typed wrongly', () => {
  let empty: CommandLine
  beforeAll(async () => {
    empty = await commandLine({}, services)
  })

  test.each(TYPED)('%s', SOON, async (_, argv, expected) => {
    expectFault(await empty.run(...argv), expected)
  })
})

describe('what is set up wrongly', () => {
  test.each([...FILES, ...FIELDS, ...SECRETS, ...URLS])(
    '%s',
    SOON,
    async (_, { config, file = 'tenantry.config.json', make, env }, expected) => {
      const server = testServer()
      const own = await commandLine(env?.({ address: `${server.host}:${server.port}`, admin: adminUrl(server) }) ?? {})
      const right = { catalog: { database: 'inputs_catalog' }, tenantColumn: 'tenant_id' }
      const text = typeof config === 'object' ? JSON.stringify({ ...right, ...config }) : config
      if (text !== undefined) await writeFile(join(own.folder, file), text)
      make?.(own.folder)
      expectFault(await own.run('tenants', '--config', file), expected)
    },
  )

  test('with TENANTRY_DEBUG the stack follows, and no secret', async () => {
    const own = await commandLine({ DATABASE_URL: `postgres://u:${encodeURIComponent(CANARY)}@127.0.0.1:1/x`, TENANTRY_DEBUG: '1' })
    await writeFile(join(own.folder, 'tenantry.config.json'), '{"catalog":{}}')
    const { stderr } = await own.run('tenants', '--config', 'tenantry.config.json')
    expect(stderr).toMatch(/\n {4}at /)
    expect(stderr).not.toMatch(/canary|p@ss|p%40ss/)
  })
})

describe('what the platform refuses', () => {
  const standing = async () => {
    const lists = await Promise.all(['tenants', 'clusters', 'operations'].map((words) => line.run(words, '--json')))
    return lists.map(({ stdout }) => JSON.parse(stdout).data)
  }

  let before: unknown
  beforeAll(async () => {
    before = await standing()
  })

  test.each(ASKED)('%s', SOON, async (_, argv, expected) => {
    expectFault(await line.run(...argv), expected)
  })

  test.each(MIGRATIONS)('a migration with %s', { timeout: 20_000 }, async (_, file = 'tenant/20260301000000_next.sql', text, cause) => {
    const [first = ''] = await readdir(join(line.folder, 'migrations', 'tenant'))
    const path = join(line.folder, 'migrations', file.replace('FIRST', first.split('_')[0]!))
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
    try {
      expectFault(await line.run('migrate', 'up'), { code: 'MIGRATION_INVALID', exit: 2, cause })
    } finally {
      await rm(path)
    }
  })

  test('none of all this has left anything behind', async () => {
    expect(await standing()).toEqual(before)
  })
})
