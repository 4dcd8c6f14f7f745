import { afterAll, expect, test } from 'vitest'
import { ensurePlatformId } from '../../src/catalog/platform.js'
import { initCatalog } from '../../src/engine/init-catalog.js'
import { raiseCatalog } from '../../src/engine/raise-catalog.js'
import { readSqlFiles } from '../../src/engine/sql-files.js'
import { dropRole } from '../../src/isolation/roles.js'
import { newId } from '../../src/kernel/clock.js'
import { fileText, ident, sql } from '../../src/kernel/sql.js'
import { parseUrl } from '../../src/postgres/connection.js'
import { type Database, openDatabase } from '../../src/postgres/session.js'
import { urlOf } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

const name = `facts_${newId().slice(0, 8)}`
const server = parseUrl(urlOf(testServer()), 'url')
const opened: Database[] = []
const open = (database: string): Database => {
  const made = openDatabase({ ...server, database }, { applicationName: 'upgrade', max: 1 })
  opened.push(made)
  return made
}
let resolver: string | undefined
afterAll(async () => {
  const maintenance = open('postgres')
  await Promise.all(opened.filter((one) => one !== maintenance).map((one) => one.end()))
  await maintenance.run(sql`drop database if exists ${ident(name)} with (force)`)
  if (resolver !== undefined) await dropRole(maintenance, resolver)
  await maintenance.end()
})

test('a catalog with tenants and an audit from before is raised, and keeps both', async () => {
  const files = await readSqlFiles('catalog')
  const before = files.filter(({ number }) => number < 3)
  const first = open('postgres')
  await first.run(sql`create database ${ident(name)}`)
  const catalog = open(name)
  await catalog.transaction(async (tx) => {
    for (const file of before) await tx.script(fileText(file.text))
    await tx.run(
      sql`create table catalog.migration (version integer primary key, name text not null, at timestamptz not null default now())`,
    )
    for (const file of before) await tx.run(sql`insert into catalog.migration (version, name) values (${file.number}, ${file.name})`)
    await tx.run(
      sql`insert into catalog.tenant (id, slug, name, isolation, state) values (gen_random_uuid(), 'acme', 'Acme', 'schema', 'active')`,
    )
    await tx.run(
      sql`insert into catalog.audit (actor, source, operation, input_digest, outcome) values ('cli:me', 'cli', 'tenant.create', '', 'succeeded')`,
    )
  })
  await ensurePlatformId(catalog)
  const behind = { code: 'CATALOG_BEHIND', facts: { found: 2, missing: expect.arrayContaining(['0003_tenant_facts', '0008_upgrade']) } }
  await expect(initCatalog(server, name, files, 'not-a-secret')).rejects.toMatchObject(behind)
  expect(await raiseCatalog(catalog, files)).toEqual(expect.arrayContaining(['0003_tenant_facts', '0008_upgrade']))
  expect(await raiseCatalog(catalog, files)).toEqual([])
  resolver = (await initCatalog(server, name, files, 'not-a-secret')).resolver
  expect(await catalog.rows(sql`select slug, tier, labels from catalog.tenant`)).toEqual([{ slug: 'acme', tier: null, labels: {} }])
  expect(await catalog.rows(sql`select actor, key_id, before, after from catalog.audit`)).toEqual([
    { actor: 'cli:me', key_id: null, before: null, after: null },
  ])
  const { may } = await catalog.one(sql<{ may: boolean }>`
    select has_function_privilege(${resolver}, 'catalog.resolve_v2(text)', 'execute') and has_function_privilege(${resolver}, 'catalog.resolve_v1(text)', 'execute')
      and not has_function_privilege(${resolver}, 'catalog.tenant_facts(uuid)', 'execute') as may`)
  expect(may).toBe(true)
})
