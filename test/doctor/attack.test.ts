import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ATTACKS } from '../../src/isolation/attacks/catalogue.js'
import { fileText, sql } from '../../src/kernel/sql.js'
import { CONTRACT_HIDDEN, CONTRACT_MIGRATIONS } from '../../src/testing/contract-project.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { commandLine } from '../cli/cli.js'
import { ofOurs } from '../support/doctor.js'
import { fleetOn, urlOf } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

let fleet: Fleet
const seen: Record<string, unknown> = {}
let watching = false
const found = async () =>
  ((await fleet.run('doctor.run')) as { data: readonly { check: string; where: string; reason: string }[] }).data
    .filter(ofOurs)
    .map(({ check, where, reason }) => `${check} ${where}: ${reason}`)

beforeAll(async () => {
  fleet = await fleetOn(testServer(), {
    migrations: CONTRACT_MIGRATIONS,
    config: { hidden: CONTRACT_HIDDEN },
    tenants: { one: 'shared', two: 'schema' },
    failpoint: async (point) => {
      if (!watching || !/^doctor.attack\/(make|attack|clear):acted$/.test(point)) return
      seen[point] = await found()
    },
  })
})
afterAll(() => fleet?.stop())

test('while it is attacked, the doctor finds a platform as it should be, and tenants notice nothing', async () => {
  watching = true
  const attacked = fleet.run<{ data: readonly unknown[] }>('doctor.attack', { only: ['S-01', 'S-05', 'T-46', 'X-05'] })
  for (let i = 0; i < 20; i++) await fleet.app.tenant('one').query(sql`insert into note (body) values ('busy')`)
  expect((await attacked).data).toHaveLength(3)
  watching = false
  expect(seen).toEqual({ 'doctor.attack/make:acted': [], 'doctor.attack/attack:acted': [], 'doctor.attack/clear:acted': [] })
})

test('a role that has said which rights others will have can be dropped all the same', async () => {
  await fleet.run('tenant.create', { slug: 'careless', isolation: 'schema' })
  const witness = await fleet.witness('careless')
  const { home } = await fleet.tenant('careless')
  const { role } = await witness.one(sql<{ role: string }>`select role_name as role from tenantry.home where id = ${home}`)
  await witness.script(fileText(`set role ${role}; alter default privileges grant all on tables to public; reset role`))
  await fleet.run('tenant.delete', { tenant: 'careless', reason: 'left us', grace: '0s' })
  expect(await fleet.run('tenant.purge', { tenant: 'careless', waiveBackup: 'a test' })).toMatchObject({ slug: 'careless' })
})

test('tenantry doctor --attack asks before, tells what came of it, and ends with 1 when an attack comes through', async () => {
  const line = await commandLine({ DATABASE_URL: urlOf(testServer()), TENANTRY_APP_PASSWORD: fleet.secrets('env:TENANTRY_APP_PASSWORD') })
  const { catalog, naming, hidden, tenantColumn, migrations } = fleet.platform.config
  await writeFile(join(line.folder, 'tenantry.config.json'), JSON.stringify({ catalog, naming, hidden, tenantColumn, migrations }))
  const attack = (...flags: readonly string[]) =>
    line.run('doctor', '--attack', '--config', 'tenantry.config.json', '--isolation', 'shared', '--only', 'C-25', 'S-01', ...flags)
  expect(await attack('--no-input')).toMatchObject({
    status: 5,
    stderr: expect.stringMatching(/^CONFIRMATION_NEEDED: .*two scratch tenants/),
  })
  const told = await attack('--yes')
  expect(told).toMatchObject({ status: 0, stdout: expect.stringMatching(/^main +shared /m) })
  expect(told.stderr).toContain(`no attack came through: ${ATTACKS.length} are known`)
  const witness = await fleet.witness('one')
  await witness.script(fileText('grant execute on function pg_catalog.set_config(text, text, boolean) to public'))
  const breached = await attack('--yes')
  await witness.script(fileText('revoke execute on function pg_catalog.set_config(text, text, boolean) from public'))
  expect(breached).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^ATTACK_BREACHED: 2 attacks came through: C-25 \(sets the tenant/m),
  })
  expect(await line.run('doctor', '--attack', '--cluster', 'none', '--config', 'tenantry.config.json', '--yes')).toMatchObject({
    status: 4,
  })
})
