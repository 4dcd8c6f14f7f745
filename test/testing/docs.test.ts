import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { urlOf } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

const ROOT = process.cwd()
const NOTE =
  '-- migrate:up\ncreate table note (tenant_id uuid not null default tenantry.tenant(), id bigint generated always as identity, body text not null, primary key (tenant_id, id));\n'

const LEAK = 'expectNoLeak(() => void acme.transaction(() => new Promise((resolve) => setTimeout(resolve, 500))) ?? acme'

describe('docs/testing.md', () => {
  let folder: string
  let blocks: readonly string[]
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tenantry-docs-'))
    const page = await readFile(join(ROOT, 'docs/testing.md'), 'utf8')
    blocks = [...page.matchAll(/```[jt]s\n([\s\S]*?)```/g)].map((found) => found[1]!)
    // What `npm install` would put there.
    await mkdir(join(folder, 'node_modules'))
    await symlink(ROOT, join(folder, 'node_modules', 'tenantry'))
    await symlink(join(ROOT, 'node_modules', 'vitest'), join(folder, 'node_modules', 'vitest'))
    await mkdir(join(folder, 'migrations', 'tenant'), { recursive: true })
    await mkdir(join(folder, 'test'))
    await writeFile(join(folder, 'migrations', 'tenant', '20260101000000_note.sql'), NOTE)
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const run = async (args: readonly string[]) => {
    const { NODE_OPTIONS, VITEST, VITEST_WORKER_ID, VITEST_POOL_ID, ...env } = process.env
    const child = spawn(process.execPath, args, { cwd: folder, env: { ...env, NO_COLOR: '1', TEST_DATABASE_URL: urlOf(testServer()) } })
    const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    return { output: `${stdout}${stderr}`, status }
  }

  test('its suite for vitest runs as written, and one that leaks is red', async () => {
    await writeFile(join(folder, 'test', 'fleets.setup.ts'), blocks[0]!)
    await writeFile(join(folder, 'test', 'notes.test.ts'), blocks[1]!)
    await writeFile(join(folder, 'test', 'leaks.test.ts'), blocks[1]!.replace('expectNoLeak(() => acme', LEAK))
    await writeFile(
      join(folder, 'vitest.config.js'),
      "export default { resolve: { preserveSymlinks: true }, test: { globalSetup: 'test/fleets.setup.ts', isolate: false, maxWorkers: 1 } }\n",
    )
    const { output, status } = await run([join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run'])
    expect(output).toMatch(/✓ test\/notes\.test\.ts \(2 tests\)/)
    expect(output).toMatch(/a scope of tenant "acme" is still open, opened at .*leaks\.test\.ts/)
    expect(output).toMatch(/Tests {2}1 failed \| 3 passed/)
    expect(status).toBe(1)
  })

  test('its suite for node:test runs as written, and one that leaks is red', async () => {
    const reads = "test('a tenant reads its own notes', "
    const leaks =
      "test('leaves a scope open', () => void fleet.app.tenant('one').transaction(() => new Promise((resolve) => setTimeout(resolve, 500))))"
    await writeFile(join(folder, 'suite.mjs'), blocks[2]!.replace(reads, `${leaks}\n${reads}`))
    const { output, status } = await run(['--test', 'suite.mjs'])
    expect(output).toMatch(/# pass 3\n/)
    expect(output).toMatch(/# fail 1\n/)
    expect(output).toMatch(/a scope of tenant "one" is still open, opened at .*suite\.mjs/)
    expect(status).toBe(1)
  })
})
