import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'
import { fixture } from './lint-fixtures.js'

let fleet: Fleet
beforeAll(async () => {
  const bad =
    '-- migrate:up\ncreate table tag (tenant_id uuid not null default tenantry.tenant(), id bigint, name varchar(20), primary key (tenant_id, id));\n'
  fleet = await fleetOn(testServer(), { migrations: { 'tenant/1_tag.sql': bad }, tenants: { acme: 'schema' } })
})
afterAll(() => fleet?.stop())

test('--pending judges what some home has not applied, by what the catalog says', async () => {
  const lint = (pending: boolean) =>
    fleet.run<{ files: number; data: readonly { rule: string; file: string }[] }>('migrate.lint', { pending })
  expect(await lint(false)).toMatchObject({ files: 1, data: [{ rule: 'varchar-limit' }] })
  expect(await lint(true)).toMatchObject({ files: 0, data: [] })
  await writeFile(
    join(fleet.folder, 'migrations', 'tenant', '2_drop.sql'),
    (await fixture('drop-column')).replace(/alter.*/, 'alter table tag drop column name;'),
  )
  expect(await lint(true)).toMatchObject({ files: 1, data: [{ rule: 'drop-column', file: 'migrations/tenant/2_drop.sql' }] })
})
