import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startupFile } from '../../src/programs/psql.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'
import { adminUrl, type CommandLine, commandLine } from './cli.js'

const BIN = new URL('../../dist/bin.js', import.meta.url).pathname
const PSQL = ['/usr/bin/psql', '/usr/local/bin/psql'].find((path) => existsSync(path))
const SCRIPT = existsSync('/usr/bin/script')

let line: CommandLine
let password: string
beforeAll(async () => {
  line = await commandLine({ DATABASE_URL: adminUrl(testServer()) })
  for (const words of [
    'init --catalog-database cli_connect_catalog',
    'cluster add main --database cli_connect_tenants',
    'tenant create acme --isolation schema',
  ]) {
    expect(await line.run(...words.split(' '))).toMatchObject({ status: 0 })
  }
  password = parseEnv(await readFile(join(line.folder, '.env'), 'utf8')).TENANTRY_APP_PASSWORD!
})

interface Started {
  readonly child: ChildProcess
  readonly output: () => string
  readonly ended: Promise<number | null>
}

/** The built command line in a process of its own. */
function start(argv: readonly string[]): Started {
  const env = { PATH: process.env.PATH, HOME: line.folder, XDG_STATE_HOME: line.folder, TERM: 'dumb', ...line.env }
  const child = spawn(argv[0]!, argv.slice(1), { cwd: line.folder, env, stdio: ['pipe', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream!.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  return { child, output: () => text, ended: new Promise((resolve) => child.once('close', (status) => resolve(status))) }
}

/** The command lines of a process and of all that it has started. */
async function commandLinesUnder(pid: number): Promise<readonly string[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  const own = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ')
  const below = await Promise.all(
    children
      .split(' ')
      .filter(Boolean)
      .map((child) => commandLinesUnder(Number(child))),
  )
  return [own, ...below.flat()]
}

describe('tenant connect', () => {
  test('says where and how to enter, without the password', async () => {
    const { status, stdout } = await line.run('tenant', 'connect', 'acme')
    expect(status).toBe(0)
    const { host, port } = testServer()
    expect(stdout).toMatch(new RegExp(`direct +postgres://tny_[a-z2-7]{6}_app1@${host}:${port}/cli_connect_tenants\\n`))
    expect(stdout).toContain('options=-c%20default_transaction_read_only%3Don')
    expect(stdout).toContain('env:TENANTRY_APP_PASSWORD')
    expect(stdout).toMatch(/begin read only;\n +select set_config\('role', tenantry\.enter_v2\('t_[0-9a-f]{32}_[0-9a-f]+_', '1', /)
    expect(stdout).toContain('within a minute')
    expect(stdout).toContain('outside of such a transaction nothing can be seen')
    expect(stdout).not.toContain(password)
  })

  test('of a tenant that is not there is a fault', async () => {
    expect(await line.run('tenant', 'connect', 'nobody')).toMatchObject({ status: 4, stdout: '' })
  })

  test('hands psql what it enters with, whatever quotes are in it', () => {
    const text = startupFile({ name: 'acme', enter: "select f(E'a\\\\b''c');" })
    expect(text).toContain("\\set enter 'begin read only; select f(E\\'a\\\\\\\\b\\'\\'c\\');'")
  })

  test.runIf(PSQL)('--psql is inside of the tenant and only reads, and no command line holds the password', async () => {
    const { child, output, ended } = start([process.execPath, BIN, 'tenant', 'connect', 'acme', '--psql'])
    child.stdin!.write("select 'inside ' || tenantry.tenant()::text;\n")
    await expect.poll(output).toMatch(/inside [0-9a-f-]{36}/)
    const commands = await commandLinesUnder(child.pid!)
    expect(commands.join('\n')).toContain('psql')
    expect(commands.join('\n')).not.toContain(password)

    child.stdin!.write("create table t (i int);\nselect 'still ' || tenantry.tenant()::text;\n")
    await expect.poll(output).toMatch(/still [0-9a-f-]{36}/)
    expect(output()).toContain('read-only transaction')
    child.stdin!.write('rollback;\nselect tenantry.tenant();\n:enter\nselect tenantry.actor();\n')
    await expect.poll(output).toMatch(/permission denied|no tenant/)
    await expect.poll(output).toMatch(/ cli:/)
    child.stdin!.end()
    expect(await ended).toBe(0)
    expect(output()).not.toContain(password)
    expect((await readdir('/tmp')).filter((name) => name.startsWith('tenantry-psql-'))).toEqual([])
  })
})

describe.runIf(testServer().pooler)('behind a pooler', () => {
  let fleet: Fleet
  beforeAll(async () => {
    fleet = await fleetOn(testServer(), { pooled: true, migrations: {}, tenants: { acme: 'schema' } })
  })
  afterAll(() => fleet?.stop())

  test('connect names both addresses', async () => {
    const { port, pooler } = testServer()
    const { direct, pooled } = await fleet.run<{ direct: string; pooled: string }>('tenant.connect', { tenant: 'acme' })
    expect([new URL(direct).port, new URL(pooled).port]).toEqual([String(port), String(pooler!.port)])
  })

  test('a statement stops at its limit, and the next one is well', async () => {
    for (const limit of [3, 5]) {
      const statement = 'select generate_series(1, 5000000) as n'
      expect(await fleet.run('tenant.sql', { tenant: 'acme', statement, limit })).toMatchObject({ more: true, data: { length: limit } })
    }
  })
})

describe('tenant sql at a terminal', () => {
  test.runIf(SCRIPT)('has a prompt, and Ctrl-D leaves it', async () => {
    const { child, output, ended } = start(['/usr/bin/script', '-qec', `${process.execPath} ${BIN} tenant sql acme`, '/dev/null'])
    await expect.poll(output).toContain('acme=> ')
    child.stdin!.write('select 40 + 2\r')
    await expect.poll(output).toContain('acme-=> ')
    child.stdin!.write('as answer;\r')
    await expect.poll(output).toMatch(/answer\r?\n +42/)
    child.stdin!.write('select count(*) from generate_series(1, 1000000) a, generate_series(1, 100000) b;\r')
    await new Promise((resolve) => setTimeout(resolve, 300))
    child.stdin!.write('\u0003')
    await expect.poll(output).toContain('SCOPE_CANCELLED')
    child.stdin!.write('\u0004')
    expect(await ended).toBe(0)
  })
})
