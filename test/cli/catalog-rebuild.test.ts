import { describe, expect, test } from 'vitest'
import { commandLine } from './cli.js'

describe('tenantry catalog rebuild', () => {
  test.each([
    [[], /--cluster: name every cluster, as NAME=REFERENCE/],
    [['--cluster', 'main'], /--cluster: must be NAME=REFERENCE, such as main=env:DATABASE_URL/],
    [['--cluster', 'main=postgres://admin:hunter2@db/postgres'], /--cluster: must be NAME=REFERENCE/],
    [['--cluster', 'Main=env:A'], /--cluster: must be NAME=REFERENCE/],
    [['--cluster', 'main=env:A', 'main=env:B'], /--cluster: "main" is named twice/],
    [['--cluster', 'main=env:A,app-port=0'], /app-port of main must be 1 to 65535/],
    [['--cluster', 'main=env:A,app-sslmode=yes'], /app-sslmode of main must be one of disable, require/],
    [['--cluster', 'main=env:A,app-secret=hunter2'], /app-secret of main must be env:NAME or file:path/],
    [['--cluster', 'main=env:A,pooler=odyssey'], /pooler of main must be none or pgbouncer/],
    [['--cluster', 'main=env:A', '-o', 'csv'], /--output: must be one of table, json, yaml/],
    [['--clusters', 'main=env:A'], /unknown flag '--clusters'/],
  ] as const)('%j is refused, and no secret is repeated', async (args, cause) => {
    const ran = await (await commandLine()).run('catalog', 'rebuild', ...args)
    expect(ran).toMatchObject({ status: 2, stdout: '' })
    expect(ran.stderr).toMatch(cause)
    expect(ran.stderr).not.toContain('hunter2')
  })

  test('is found by its noun, and another verb is helped along', async () => {
    const line = await commandLine()
    expect((await line.run('catalog')).stdout).toContain('catalog rebuild')
    expect((await line.run('--help')).stdout).toContain('catalog rebuild')
    expect((await line.run('catalog', 'rebuild', '--help')).stdout).toContain('--dry-run')
    expect(await line.run('catalog', 'restore')).toMatchObject({ status: 2, stderr: expect.stringContaining('catalog has rebuild') })
  })
})
