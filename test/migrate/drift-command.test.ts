import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { adminUrl, type CommandLine, commandLine } from '../cli/cli.js'
import { openEyes } from '../faults/eyes.js'
import { urlOf } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

const TENANTS = 'cli_drift_tenants'
const NOTE = `-- migrate:up
create table note (tenant_id uuid not null default tenantry.tenant(), id int, body text not null default '', primary key (tenant_id, id));
create index note_body on note (tenant_id, body);
`
let line: CommandLine
let snapshot: string
beforeAll(async () => {
  line = await commandLine({ DATABASE_URL: adminUrl(testServer()) })
  await line.run('init', '--catalog-database', 'cli_drift_catalog')
  // The file that init gives everybody to begin with.
  await rm(join(line.folder, 'migrations'), { recursive: true, force: true })
  await mkdir(join(line.folder, 'migrations/tenant'), { recursive: true })
  await writeFile(join(line.folder, 'migrations/tenant/20260101000000_note.sql'), NOTE)
  snapshot = join(line.folder, 'migrations/tenant.snapshot.txt')
})

const byHand = async (text: string): Promise<void> => {
  const eyes = openEyes(urlOf(testServer()))
  const [home] = (await eyes.see(
    TENANTS,
    "select schema_name from tenantry.home where isolation = 'schema' order by 1 limit 1",
  )) as readonly { schema_name: string }[]
  await eyes.see(TENANTS, text.replaceAll('HOME', home!.schema_name))
  await eyes.close()
}

test('without a platform database, verify starts a server of its own; the snapshot is written once and then current', async () => {
  expect(await line.run('migrate', 'verify')).toMatchObject({ status: 1, stdout: expect.stringContaining('is missing') })
  expect(await line.run('migrate', 'verify', '--write')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('wrote migrations/tenant.snapshot.txt'),
  })
  expect(await readFile(snapshot, 'utf8')).toContain('note_body btree (tenant_id, body)')
})

test('a home that was changed by hand is found, shown as SQL and repaired, and only when somebody says so', async () => {
  expect(await line.run('cluster', 'add', 'main', '--database', TENANTS)).toMatchObject({ status: 0 })
  for (const slug of ['one', 'two']) expect(await line.run('tenant', 'create', slug, '--isolation', 'schema')).toMatchObject({ status: 0 })
  expect(await line.run('drift', 'scan', '--exit-code')).toMatchObject({ status: 0 })
  await byHand('drop index HOME.note_body; alter table HOME.note add column extra int')
  const scanned = await line.run('drift', 'scan', '--exit-code', '--json')
  expect(scanned.status).toBe(8)
  const { data } = JSON.parse(scanned.stdout) as { data: readonly { class: string; state: string }[] }
  const name = data.find(({ state }) => state === 'drifted')!.class
  expect((await line.run('drift', 'show', name)).stdout).toContain('create index "note_body" on "note" using btree (tenant_id, body);')
  expect(await line.run('drift', 'repair', name)).toMatchObject({ status: 5 })
  expect(await line.run('drift', 'repair', name, '--dry-run')).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/would run these statements in 1 homes with 1 tenants:[\s\S]*create index "note_body"/),
  })
  expect((await line.run('drift', 'repair', name, '--yes')).stderr).toContain('DRIFT_DESTRUCTIVE')
  // Since the scan it has become another.
  await byHand('alter table HOME.note add column more int')
  expect((await line.run('drift', 'repair', name, '--yes', '--destructive')).stderr).toContain('DRIFT_CHANGED')
  await byHand('alter table HOME.note drop column more')
  expect(await line.run('drift', 'repair', name, '--yes', '--destructive')).toMatchObject({ status: 0 })
  expect(await line.run('drift', 'show', '--exit-code')).toMatchObject({ status: 0 })
  expect((await line.run('drift', 'show', name)).stderr).toContain('DRIFT_CLASS_UNKNOWN')
})

test('what stands in the way of a repair is told, and the home is as it was', async () => {
  await byHand('alter table HOME.note alter body drop not null; insert into HOME.note values (gen_random_uuid(), 1, null)')
  const { data } = JSON.parse((await line.run('drift', 'scan', '--json')).stdout) as { data: readonly { class: string; state: string }[] }
  const name = data.find(({ state }) => state === 'drifted')!.class
  const refused = await line.run('drift', 'repair', name, '--yes')
  expect(refused).toMatchObject({ status: 3, stderr: expect.stringContaining('set not null') })
  await byHand('delete from HOME.note')
  expect(await line.run('drift', 'repair', name, '--yes')).toMatchObject({ status: 0 })
})

test('a migration without its snapshot is a difference, in words of the snapshot', async () => {
  expect(await line.run('migrate', 'verify', '--exit-code')).toMatchObject({ status: 0 })
  await writeFile(join(line.folder, 'migrations/tenant/20260102000000_more.sql'), '-- migrate:up\nalter table note add column at date;\n')
  const differs = await line.run('migrate', 'verify', '--exit-code')
  expect(differs).toMatchObject({ status: 8, stdout: expect.stringContaining('+  at date') })
  expect(await line.run('migrate', 'verify')).toMatchObject({ status: 1 })
  await rm(snapshot)
})
