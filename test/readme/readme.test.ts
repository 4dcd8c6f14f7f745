import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { urlOf } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

const run = promisify(execFile)
const ROOT = process.cwd()

describe('the README', () => {
  const url = urlOf(testServer())
  let folder: string
  let readme: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tenantry-readme-'))
    readme = await readFile(join(ROOT, 'README.md'), 'utf8')
    // What `npm install tenantry` would put there.
    await mkdir(join(folder, 'node_modules'))
    await symlink(ROOT, join(folder, 'node_modules', 'tenantry'))
  })
  afterAll(async () => {
    const admin = new pg.Client({ connectionString: url })
    await admin.connect()
    for (const name of ['readme_catalog', 'readme_tenants']) await admin.query(`drop database if exists ${name} with (force)`)
    await admin.end()
    await rm(folder, { recursive: true, force: true })
  })

  test('its first screen runs as written, from an empty folder to the first scoped query', async () => {
    const program = /```js\n([\s\S]*?)```/.exec(readme)![1]!
    await writeFile(join(folder, 'app.mjs'), program)
    const commands = [...readme.matchAll(/^npx tenantry ([^#\n]+?)\s*(?:#.*)?$/gm)].map((found) => found[1]!.split(' '))
    expect(commands.map((words) => words.slice(0, 2).join(' '))).toEqual(['init', 'cluster add', 'tenant create'])
    // Other tests use the same server, so the two databases get names of their own; all else is as written.
    const extra: Readonly<Record<string, readonly string[]>> = {
      init: ['--yes', '--catalog-database', 'readme_catalog'],
      cluster: ['--database', 'readme_tenants'],
    }
    const env = { PATH: process.env.PATH, DATABASE_URL: url }
    for (const words of commands) {
      await run(process.execPath, [join(ROOT, 'dist/bin.js'), ...words, ...(extra[words[0]!] ?? [])], { cwd: folder, env })
    }
    const { stdout } = await run(process.execPath, ['--env-file=.env', 'app.mjs'], { cwd: folder, env: { PATH: process.env.PATH } })
    expect(stdout).toContain("[ { title: 'Land' }, { title: 'Return' } ]")
  })

  test('every command that it names exists', async () => {
    const { stdout: help } = await run(process.execPath, [join(ROOT, 'dist/bin.js'), '--help'])
    const named = [...readme.matchAll(/`tenantry ([a-z]+)(?: ([a-z]+))?/g)].map(
      (found) => `  ${[found[1], found[2]].filter(Boolean).join(' ')}`,
    )
    expect(named.length).toBeGreaterThan(4)
    for (const name of named) expect(help).toContain(name)
  })

  test('every page that it links is there', async () => {
    for (const [, path] of readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) await readFile(join(ROOT, path!))
  })
})
