import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { expect, test } from 'vitest'
import { main } from '../../src/cli/main.js'
import { adminUrl, commandLine, sink } from '../cli/cli.js'
import { testServer } from '../support/servers-injected.js'
import { psql } from './rig.js'

const BIN = new URL('../../dist/bin.js', import.meta.url).pathname

test('Ctrl-C takes an export away that is not whole, and the next one is', async () => {
  const line = await commandLine({ DATABASE_URL: adminUrl(testServer()) })
  const done = async (...words: readonly string[]) => expect((await line.run(...words)).status, words.join(' ')).toBe(0)
  await done('init', '--catalog-database', 'export_interrupt_catalog')
  await writeFile(
    join(line.folder, 'migrations/tenant/20990101000000_many.sql'),
    '-- migrate:up\ncreate table many (tenant_id uuid not null default tenantry.tenant(), id int, text text, primary key (tenant_id, id));\n-- migrate:down\n',
  )
  await done('cluster', 'add', 'main', '--database', 'export_interrupt_tenants')
  await done('tenant', 'create', 'acme', '--isolation', 'schema')
  const { schema, id } = JSON.parse((await line.run('tenant', 'show', 'acme', '--json')).stdout) as { schema: string; id: string }
  const filled = `insert into "${schema}".many select '${id}', i, repeat('x', 500) from generate_series(1, 100000) i`
  expect(await psql('export_interrupt_tenants', ['-c', filled], line.folder)).toMatchObject({ status: 0 })

  const [stdout, stderr, interrupt] = [sink(), sink(), new AbortController()]
  const running = main(['tenant', 'export', 'acme', '--to', 'out/acme'], {
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: line.env,
    cwd: line.folder,
    isTTY: { stdin: false, stdout: false, stderr: false },
    interrupt: interrupt.signal,
  })
  const there = () => readdir(join(line.folder, 'out')).catch(() => [])
  await expect.poll(there, { timeout: 20_000, interval: 5 }).toEqual([expect.stringMatching(/^\.acme\..*\.partial$/)])
  interrupt.abort()
  expect(await running).toBe(130)
  await expect.poll(there, { timeout: 20_000 }).toEqual([])

  const whole = await line.run('tenant', 'export', 'acme', '--to', 'out/acme', '--json')
  expect(whole, whole.stdout).toMatchObject({ status: 0 })
  expect(JSON.parse(whole.stdout)).toMatchObject({ rows: 100_000, format: 'csv' })
  expect(await there()).toEqual(['acme'])
}, 60_000)

test('a process that waits for somebody else’s lock takes it away before it ends', async () => {
  const line = await commandLine({ DATABASE_URL: adminUrl(testServer()), PATH: process.env.PATH ?? '' })
  for (const words of [
    'init --catalog-database export_waiting_catalog',
    'cluster add main --database export_waiting_tenants',
    'tenant create acme --isolation schema',
  ])
    expect((await line.run(...words.split(' '))).status, words).toBe(0)
  const { schema } = JSON.parse((await line.run('tenant', 'show', 'acme', '--json')).stdout) as { schema: string }
  const client = new pg.Client(adminUrl(testServer()).replace(/\/postgres$/, '/export_waiting_tenants'))
  await client.connect()
  try {
    const { rows } = await client.query('select tablename from pg_tables where schemaname = $1', [schema])
    await client.query(`begin; lock table "${schema}"."${rows[0].tablename}" in access exclusive mode`)
    const child = spawn(process.execPath, [BIN, 'tenant', 'export', 'acme', '--to', 'out/acme'], {
      cwd: line.folder,
      env: line.env,
      stdio: 'ignore',
    })
    const ended = once(child, 'close')
    const there = () => readdir(join(line.folder, 'out')).catch(() => [])
    await expect.poll(there, { timeout: 20_000, interval: 5 }).toEqual([expect.stringMatching(/\.partial$/)])
    child.kill('SIGINT')
    expect(await ended).toEqual([130, null])
    expect(await there()).toEqual([])
  } finally {
    await client.end()
  }
}, 60_000)
