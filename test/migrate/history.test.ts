import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fileText, sql } from '../../src/kernel/sql.js'
import { fingerprintOf } from '../../src/schema/fingerprint.js'
import { readMigrations } from '../../src/schema/migration-files.js'
import { checkMigration } from '../../src/schema/parse.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { addMigration } from '../../src/testing/project-files.js'
import { fleetOn } from '../support/fleet.js'
import type { TestServer } from '../support/servers.js'
import { describeOn } from '../support/servers-injected.js'
import { dumpSchema } from './schema-dump.js'

const HELP_DESK = new URL('./history/', import.meta.url).pathname
const SHOP = new URL('../../examples/pos/migrations/', import.meta.url).pathname
/** Of the help desk's homes, equal on all versions. It changes with the files, and with what counts as a fact of a home. */
const FINGERPRINT = 'facc4df2c736d1d28e8b9dc8ab48cc5eb387b824cc1d0b689b625e4c30ab326f'
const HISTORIES = [
  ['a shop', SHOP, 14],
  ['a help desk of five years', HELP_DESK, 150],
] as const
const EXTENSIONS = ['ltree', 'btree_gist', 'pg_trgm', 'pgcrypto', 'citext']

const namesIn = async (folder: string): Promise<readonly string[]> => (await readdir(join(folder, 'tenant'))).sort()

const dumpOf = async (fleet: Fleet, slug: string): Promise<readonly string[]> => {
  const { schema } = await fleet.tenant(slug)
  return (await fleet.witness(slug)).transaction((session) => dumpSchema(session, schema))
}

const fingerprintIn = async (fleet: Fleet, slug: string): Promise<string> => {
  const { schema } = await fleet.tenant(slug)
  return (await fleet.witness(slug)).transaction((session) => fingerprintOf(session, schema))
}

test('the histories are as long as they say, and every section of theirs may run', async () => {
  for (const [, folder, length] of HISTORIES) {
    const migrations = await readMigrations(folder, 'tenant')
    expect(migrations).toHaveLength(length)
    for (const migration of migrations) {
      await checkMigration(migration)
      await checkMigration({ ...migration, up: migration.down!, upLine: migration.downLine })
    }
  }
})

const ISOLATIONS = ['shared', 'schema', 'database'] as const

const filesIn = async (folder: string): Promise<readonly (readonly [name: string, text: string])[]> =>
  Promise.all(
    (await namesIn(folder)).map(async (name) => [`tenant/${name}`, await readFile(join(folder, 'tenant', name), 'utf8')] as const),
  )

/** A shared home that is made with the first so many files, and takes the others one by one. */
async function fileByFile(server: TestServer, folder: string, first: number): Promise<Fleet> {
  const files = await filesIn(folder)
  const migrations = Object.fromEntries(files.slice(0, first))
  const fleet = await fleetOn(server, { migrations, config: { extensions: EXTENSIONS }, tenants: { shared: 'shared' } })
  for (const [name, text] of files.slice(first)) await addMigration(fleet, name, text)
  expect(await fleet.run('migrate.up')).toMatchObject({ homes: 1 })
  return fleet
}

const waiveBackup = 'what it held is made anew'

describeOn(['embedded-18'], 'years of migrations', (server) => {
  test('file by file or all at once make the same home in every isolation', { timeout: 120_000 }, async () => {
    await using fleet = await fileByFile(server, HELP_DESK, 90)
    // These are made with all files.
    for (const isolation of ['schema', 'database']) await fleet.run('tenant.create', { slug: isolation, isolation })
    await alike(fleet, ISOLATIONS)
  })
})

// File by file, its sections run on these as well: below.
describeOn(['embedded-16', 'debian-15'], 'years of migrations', (server) => {
  test('make the same home on every version', { timeout: 120_000 }, async () => {
    await using fleet = await fleetOn(server, {
      migrations: Object.fromEntries(await filesIn(HELP_DESK)),
      config: { extensions: EXTENSIONS },
      tenants: { schema: 'schema' },
    })
    await alike(fleet, ['schema'])
  })
})

/** All are what the files make, a while ago as well. */
async function alike(fleet: Fleet, slugs: readonly string[]): Promise<void> {
  const whole = await dumpOf(fleet, slugs[0]!)
  expect(whole.length).toBeGreaterThan(450)
  for (const slug of slugs) {
    expect(await dumpOf(fleet, slug), slug).toEqual(whole)
    expect(await fingerprintIn(fleet, slug), slug).toBe(FINGERPRINT)
  }
  // All the way down takes half a minute; all down sections are run below.
  await fleet.run('migrate.down', { steps: 15, waiveBackup })
  const below = await dumpOf(fleet, slugs[0]!)
  expect(below.length).toBeLessThan(whole.length)
  for (const slug of slugs) expect(await dumpOf(fleet, slug), slug).toEqual(below)
  await fleet.run('migrate.up')
  for (const slug of slugs) expect(await dumpOf(fleet, slug), slug).toEqual(whole)
}

// What its homes are on every version, the tests of drift say.
describeOn(['embedded-18'], 'a shop', (server) => {
  test('goes all the way down, and up again to the same', async () => {
    await using fleet = await fileByFile(server, SHOP, 0)
    const whole = await dumpOf(fleet, 'shared')
    await fleet.run('migrate.down', { to: '0', waiveBackup })
    expect(await dumpOf(fleet, 'shared')).toEqual([])
    await fleet.run('migrate.up')
    expect(await dumpOf(fleet, 'shared')).toEqual(whole)
  })
})

// A look at everything takes as long as a file.
const EVERY = 10

describeOn(['embedded-18', 'embedded-16', 'debian-15'], 'down sections', (server) => {
  test('each of the help desk leaves what its up section found, and up again makes the same', async () => {
    await using fleet = await fleetOn(server, { migrations: {}, config: { extensions: EXTENSIONS }, tenants: { acme: 'shared' } })
    const witness = await fleet.witness('acme')
    const migrations = await readMigrations(HELP_DESK, 'tenant')
    await witness.run(sql`create schema years`)
    const run = (text: string) =>
      witness.transaction((session) => session.script(sql`set local search_path = years, ext, pg_temp;\n${fileText(text)}`))
    const dump = () => witness.transaction((session) => dumpSchema(session, 'years'))
    const seen = new Map<number, readonly string[]>([[0, await dump()]])
    for (const [i, { up }] of migrations.entries()) {
      await run(up)
      if ((i + 1) % EVERY === 0) seen.set(i + 1, await dump())
    }
    for (const [i, { down, file }] of [...migrations.entries()].reverse()) {
      await run(down!)
      if (i % EVERY === 0) expect(await dump(), `${file} and those after it`).toEqual(seen.get(i))
    }
    for (const { up } of migrations) await run(up)
    expect(await dump()).toEqual(seen.get(migrations.length))
  })
})
