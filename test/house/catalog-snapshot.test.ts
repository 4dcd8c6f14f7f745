import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { initCatalog } from '../../src/engine/init-catalog.js'
import { readSqlFiles } from '../../src/engine/sql-files.js'
import { dropDatabase, ensureDatabase, installDatabase } from '../../src/isolation/install.js'
import { roleNames } from '../../src/isolation/names.js'
import { dropRole, ensurePlatformRoles } from '../../src/isolation/roles.js'
import { newId } from '../../src/kernel/clock.js'
import { newPlatformId } from '../../src/kernel/identifiers.js'
import { ident, sql } from '../../src/kernel/sql.js'
import { type Database, openDatabase } from '../../src/postgres/session.js'
import { testServer, whyMissing } from '../support/servers-injected.js'
import { expectCommitted } from './committed.js'
import { schemaPage, wallsPage } from './schema-pages.js'

// One major version, whose words for things are those that were committed.
const missing = whyMissing('embedded-18')
const suite = missing === undefined ? describe : describe.skip

suite(missing === undefined ? 'schemas' : `schemas: ${missing}`, () => {
  const mark = newId().slice(0, 8)
  const [catalogName, homeName, homeId] = [`house_catalog_${mark}`, `house_home_${mark}`, newId()]
  const names = roleNames(newPlatformId())
  const opened: Database[] = []
  let resolver: string | undefined

  const open = (database: string): Database => {
    const { host, port, superuser, password } = testServer()
    const handle = openDatabase(
      { host, port, user: superuser, password, database, tls: 'disable' },
      { applicationName: 'tenantry house', max: 1 },
    )
    opened.push(handle)
    return handle
  }

  let maintenance: Database
  beforeAll(() => {
    maintenance = open('postgres')
  })

  afterAll(async () => {
    const [, ...others] = opened
    await Promise.all(others.map((database) => database.end()))
    await maintenance.run(sql`drop database if exists ${ident(catalogName)} with (force)`)
    await dropDatabase(maintenance, homeName, homeId)
    for (const role of [names.owner, names.code, names.tenant, resolver]) if (role !== undefined) await dropRole(maintenance, role)
    await maintenance.end()
  })

  test('docs/catalog-schema.txt is what init makes', async () => {
    const made = await initCatalog(maintenance.config, catalogName, await readSqlFiles('catalog'), 'not-a-secret')
    resolver = made.resolver
    const page = await schemaPage(open(catalogName), 'catalog')
    expect(page).toContain('table placement')
    expectCommitted('docs/catalog-schema.txt', `${page}\n`)
  })

  test('docs/home-schema.txt is what a tenant-bearing database gets', async () => {
    await maintenance.transaction((session) => ensurePlatformRoles(session, names, { superuser: true }))
    await ensureDatabase(maintenance, homeName, homeId)
    const home = open(homeName)
    const by = { operation: newId(), token: 1 }
    await installDatabase(home, by, {
      // Part of a function's body, so it is the same in every run.
      databaseId: '00000000-0000-4000-8000-000000000001',
      platformId: 'aaaaaa',
      names,
      extensions: [],
      files: await readSqlFiles('home'),
      hardened: true,
    })
    const page = [await schemaPage(home, 'tenantry'), await wallsPage(home)].join('\n\n')
    expect(page).toContain('function set_config(text,text,boolean): execute')
    expectCommitted('docs/home-schema.txt', `${page}\n`)
  })

  test('a change of a schema is seen', async () => {
    const home = open(homeName)
    const before = await schemaPage(home, 'tenantry')
    await home.run(sql`alter table tenantry.home add column planted text`)
    await home.run(sql`grant select on tenantry.placement to public`)
    const after = await schemaPage(home, 'tenantry')
    expect(after.split('\n').filter((line) => !before.includes(line))).toEqual([
      expect.stringMatching(/^ +\d+ planted text$/),
      '  relation placement: select',
    ])
  })
})
