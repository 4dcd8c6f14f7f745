import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { beforeAll, expect, test } from 'vitest'
import { main } from '../../src/cli/main.js'
import { createTenantry } from '../../src/client/tenantry.js'
import { secretsFrom } from '../../src/kernel/secrets.js'
import { sql } from '../../src/kernel/sql.js'
import { testServer } from '../support/servers-injected.js'
import { adminUrl, type CommandLine, commandLine, sink } from './cli.js'

let line: CommandLine
beforeAll(async () => {
  line = await commandLine({ DATABASE_URL: adminUrl(testServer()) })
  for (const words of [
    'init --catalog-database cli_interrupt_catalog',
    'cluster add main --database cli_interrupt_tenants',
    'tenant create acme',
  ]) {
    expect((await line.run(...words.split(' '))).status).toBe(0)
  }
})

test('Ctrl-C leaves with 130 and says how to follow the operation, which has shown its step by then', async () => {
  const env = parseEnv(await readFile(join(line.folder, '.env'), 'utf8'))
  const tenantry = createTenantry({ catalogUrl: env.TENANTRY_CATALOG_URL!, secrets: secretsFrom(env, line.folder) })
  const [stdout, stderr, interrupt] = [sink(), sink(), new AbortController()]
  try {
    // An open scope keeps the fence waiting.
    await tenantry.tenant('acme').transaction(async (scope) => {
      await scope.rows(sql`select 1`)
      const running = main(['tenant', 'suspend', 'acme', '--reason', 'unpaid'], {
        stdout: stdout.stream,
        stderr: stderr.stream,
        env: line.env,
        cwd: line.folder,
        isTTY: { stdin: true, stdout: true, stderr: true },
        interrupt: interrupt.signal,
      })
      await expect.poll(stderr.text).toContain('tenant.suspend: fence (step 1 of 2)')
      interrupt.abort()
      expect(await running).toBe(130)
    })
  } finally {
    await tenantry.close()
  }

  const id =
    /interrupted; tenant\.suspend (\S+) is journaled: a worker \(`tenantry serve`\) goes on .+\n→ follow it with `tenantry operation watch .+operation retry /.exec(
      stderr.text(),
    )?.[1]
  expect(stdout.text()).toBe('')
  const watched = await line.run('operation', 'watch', id!, '--json')
  expect(JSON.parse(watched.stdout)).toMatchObject({ id, name: 'tenant.suspend', state: 'succeeded' })
})
