import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { parseEnv } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { createTenantry } from '../../src/client/tenantry.js'
import { secretsFrom } from '../../src/kernel/secrets.js'
import { sql } from '../../src/kernel/sql.js'
import { testServer } from '../support/servers-injected.js'
import { adminUrl, type CommandLine, commandLine } from './cli.js'

// A server below the safe minors is worth a word, and which one the tests have is not their business.
const quiet = expect.stringMatching(/^(PostgreSQL \S+ has published holes.*\n)?$/)

const read = (line: CommandLine, name: string): Promise<string> => readFile(join(line.folder, name), 'utf8')

describe('from an empty folder to the first tenant', () => {
  let line: CommandLine
  beforeAll(async () => {
    line = await commandLine({ DATABASE_URL: adminUrl(testServer()) })
  })

  test('init writes the configuration, a migration and the secrets, and makes the catalog', async () => {
    const ran = await line.run('init', '--catalog-database', 'cli_init_catalog')

    expect(ran).toMatchObject({ status: 0, stderr: quiet })
    expect(ran.stdout).toContain('wrote tenantry.config.ts\n')
    expect(ran.stdout).toContain('the catalog cli_init_catalog is ready')
    expect(ran.stdout).toContain('tenantry cluster add main\n  tenantry tenant create acme\n  node --env-file=.env app.mjs\n')
    expect(await read(line, 'tenantry.config.ts')).toContain("database: 'cli_init_catalog'")
    expect(await readdir(join(line.folder, 'migrations/tenant'))).toEqual([expect.stringMatching(/^\d{14}_first\.sql$/)])
    expect(await read(line, '.gitignore')).toBe('.env\n.tenantry/\narchives/\n')
  })

  test('the secrets are for their owner alone', async () => {
    expect((await stat(join(line.folder, '.env'))).mode & 0o777).toBe(0o600)
    expect(Object.keys(parseEnv(await read(line, '.env')))).toEqual(['TENANTRY_APP_PASSWORD', 'TENANTRY_CATALOG_URL'])
  })

  test('run again it changes no file', async () => {
    const before = await Promise.all(['tenantry.config.ts', '.env', '.gitignore'].map((name) => read(line, name)))
    const ran = await line.run('init')

    expect(ran).toEqual({ status: 0, stdout: expect.stringMatching(/^the catalog cli_init_catalog is ready on \S+\n$/), stderr: quiet })
    expect(await Promise.all(['tenantry.config.ts', '.env', '.gitignore'].map((name) => read(line, name)))).toEqual(before)
  })

  test('an existing configuration stays as it is without --force', async () => {
    const before = await read(line, 'tenantry.config.ts')
    expect((await line.run('init', '--tenant-column', 'account_id')).stderr).toContain('--force')
    expect(await read(line, 'tenantry.config.ts')).toBe(before)
  })

  test('the next three commands do what they promise', async () => {
    const added = await line.run('cluster', 'add', 'main', '--database', 'cli_init_tenants')
    expect(added).toMatchObject({ status: 0, stderr: '' })
    expect(added.stdout).toContain('cluster main is ready')
    expect(await line.run('tenant', 'create', 'acme')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('tenant acme is active: shared on main'),
    })

    const env = parseEnv(await read(line, '.env'))
    const tenantry = createTenantry({ catalogUrl: env.TENANTRY_CATALOG_URL!, secrets: secretsFrom(env, line.folder) })
    try {
      const acme = tenantry.tenant('acme')
      await acme.query(sql`insert into projects (name) values (${'First'})`)
      expect(await acme.query(sql`select name from projects`)).toEqual([{ name: 'First' }])
    } finally {
      await tenantry.close()
    }
  })

  test('an alias lists the tenants as a table', async () => {
    const { stdout, stderr } = await line.run('tenants')
    expect(stderr).toBe('')
    expect(stdout.split('\n')[0]).toMatch(/^SLUG +NAME +STATE +ISOLATION +SERVICE +TIER +CLUSTER +VERSION +BYTES +ID$/)
    expect(stdout.split('\n')[1]).toMatch(/^acme +acme +active +shared +- +- +main +\d{14} +(-|\d+) +[0-9a-f-]{36}$/)
  })

  test('json is the output as one document', async () => {
    const { stdout } = await line.run('tenant', 'show', 'acme', '--json')
    expect(JSON.parse(stdout)).toMatchObject({ slug: 'acme', state: 'active', isolation: 'shared' })
  })

  test('csv has a header even when there is no row', async () => {
    const { stdout } = await line.run('tenants', '--state', 'suspended', '-o', 'csv')
    expect(stdout).toBe(
      'id,slug,name,state,reason,since,isolation,cluster,database,schema,version,epoch,createdAt,tier,region,labels,statementTimeoutMs,idleTimeoutMs,formerSlugs,domains,purgeAfter,heldFor,service,bytes,homeTenants,measuredAt\n',
    )
  })

  test('yaml stands for the same data', async () => {
    expect((await line.run('-o', 'yaml', 'tenant', 'show', 'acme')).stdout).toMatch(
      /\nslug: acme\nname: acme\nstate: active\nreason: null\nsince: "20/,
    )
  })

  test('who ran it is in the journal', async () => {
    const { stdout } = await line.run('operations', '--json', '--name', 'tenant.create')
    expect(JSON.parse(stdout).data).toEqual([expect.objectContaining({ actor: expect.stringMatching(/^cli:.+/), state: 'succeeded' })])
  })

  test('migrate status exits with 8 when asked for and something is pending', async () => {
    expect((await line.run('migrate', 'status', '--exit-code')).status).toBe(0)
    const made = await line.run('migrate', 'new', 'add_due_dates')
    await writeFile(
      join(line.folder, /wrote (\S+?)[;:,.]? /.exec(made.stdout)![1]!),
      '-- migrate:up\nalter table tasks add due date;\n-- migrate:down\nalter table tasks drop due;\n',
    )

    expect((await line.run('migrate', 'status')).status).toBe(0)
    expect((await line.run('migrate', 'status', '--exit-code')).status).toBe(8)
    expect(await line.run('migrate', 'up')).toMatchObject({ status: 0, stderr: '' })
    expect((await line.run('migrate', 'status', '--exit-code')).status).toBe(0)
  })

  test('a suspension that is already there is a conflict', async () => {
    expect(await line.run('tenant', 'suspend', 'acme', '--reason', 'unpaid')).toMatchObject({ status: 0 })
    const again = await line.run('tenant', 'suspend', 'acme', '--reason', 'again')
    expect(again).toMatchObject({ status: 6, stdout: '', stderr: expect.stringMatching(/^TENANT_STATE: .+\n→ .+\n$/) })
  })

  test('an operation that has succeeded is not tried again', async () => {
    const { stdout } = await line.run('operation', 'list', '--json', '--name', 'tenant.create')
    const again = await line.run('operation', 'retry', JSON.parse(stdout).data[0].id)
    expect(again).toMatchObject({ status: 6, stderr: expect.stringMatching(/^OPERATION_STATE: .+\n→ .+\n$/) })
  })
})

describe('init', () => {
  test('without its connection string it says which is missing, and running it again finishes', async () => {
    const line = await commandLine()
    const first = await line.run('init', '--catalog-database', 'cli_init_later')
    expect(first).toMatchObject({ status: 2, stderr: expect.stringMatching(/^SECRET_MISSING: the secret env:DATABASE_URL .+\n→ .+\n$/) })

    const password = parseEnv(await read(line, '.env')).TENANTRY_APP_PASSWORD
    await writeFile(join(line.folder, '.env'), `DATABASE_URL=${adminUrl(testServer())}\n${await read(line, '.env')}`)
    expect(await line.run('init')).toMatchObject({ status: 0, stderr: quiet })
    expect(parseEnv(await read(line, '.env'))).toMatchObject({
      TENANTRY_APP_PASSWORD: password,
      TENANTRY_CATALOG_URL: expect.stringContaining(`${password}@`),
    })
  })

  test('of a file that others could read it makes a secret before it adds one', async () => {
    const line = await commandLine()
    await writeFile(join(line.folder, '.env'), 'MINE=1', { mode: 0o644 })
    await line.run('init')
    expect((await stat(join(line.folder, '.env'))).mode & 0o777).toBe(0o600)
    expect(await read(line, '.env')).toMatch(/^MINE=1\nTENANTRY_APP_PASSWORD=\S{32}\n$/)
  })

  test('without a tenant column the example has none and tenants get schemas', async () => {
    const line = await commandLine({ DATABASE_URL: adminUrl(testServer()) })
    expect(await line.run('init', '--no-tenant-column', '--catalog-database', 'cli_init_schemas')).toMatchObject({ status: 0 })
    const [file] = await readdir(join(line.folder, 'migrations/tenant'))
    expect(await read(line, `migrations/tenant/${file}`)).not.toContain('tenant_id')
    expect(await line.run('cluster', 'add', 'main', '--database', 'cli_init_schemas_tenants')).toMatchObject({ status: 0 })
    expect((await line.run('tenant', 'create', 'acme')).stdout).toContain('schema on main')
  })

  test('a database that holds tenants is refused for the catalog', async () => {
    const line = await commandLine({ DATABASE_URL: adminUrl(testServer()) })
    const ran = await line.run('init', '--catalog-database', 'cli_init_schemas_tenants')
    expect(ran).toMatchObject({ status: 5, stderr: expect.stringMatching(/^ONE_DATABASE: .+\n→ .+\n$/) })
  })

  test('a folder that cannot be made is told', async () => {
    const ran = await (await commandLine()).run('init', '--config', '/proc/tenantry/tenantry.config.ts')
    expect(ran.status).toBe(1)
    expect(ran.stderr).toContain('cannot be used: it cannot be made')
  })

  test('a connection string in place of a reference is refused and not repeated', async () => {
    const line = await commandLine()
    const ran = await line.run('init', '--url', 'postgres://u:canary-in-flag@h/d')
    expect(ran).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(/^INPUT_INVALID: --url: .+\n→ .+\n$/) })
    expect(ran.stderr).not.toContain('canary')
    expect(await readdir(line.folder)).toEqual([])
  })

  test('at a terminal it asks, and an answer can be edited', async () => {
    const stdin = new PassThrough()
    const line = await commandLine({}, { stdin, isTTY: { stdin: true, stdout: true, stderr: true } })
    const running = line.run('init')
    await new Promise((resolve) => setTimeout(resolve, 400))
    stdin.write('\r')
    await new Promise((resolve) => setTimeout(resolve, 200))
    stdin.write('_two\r')
    await running
    const config = await read(line, 'tenantry.config.ts')
    expect(config).toContain("tenantColumn: 'tenant_id'")
    expect(config).toContain("database: 'tenantry_catalog_two'")
  })
})
