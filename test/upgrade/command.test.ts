import { beforeAll, expect, test } from 'vitest'
import { readPlatformFiles } from '../../src/engine/sql-files.js'
import { adminUrl, type CommandLine, commandLine } from '../cli/cli.js'
import { openEyes } from '../faults/eyes.js'
import { urlOf } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

let line: CommandLine
beforeAll(async () => {
  line = await commandLine({ DATABASE_URL: adminUrl(testServer()) })
  expect(await line.run('init', '--catalog-database', 'cli_upgrade_catalog')).toMatchObject({ status: 0 })
  expect(await line.run('cluster', 'add', 'main', '--database', 'cli_upgrade_tenants')).toMatchObject({ status: 0 })
})

/** As if the newest parts of this release had never been: what it adds for its own upgrades. */
async function takeBack(): Promise<void> {
  const eyes = openEyes(urlOf(testServer()))
  await eyes.see(
    'cli_upgrade_catalog',
    `drop function catalog.refuse_older() cascade;
     alter table catalog.platform drop column least_reader;
     alter table catalog.migration drop column checksum;
     delete from catalog.migration where name = 'upgrade'`,
  )
  await eyes.see(
    'cli_upgrade_tenants',
    `alter table tenantry.installed drop column checksum; delete from tenantry.installed where name = 'upgrade'`,
  )
  await eyes.close()
}

test('an older platform is upgraded by one command, and everything before says that it should be', async () => {
  expect(await line.run('platform', 'status', '--exit-code')).toMatchObject({
    status: 0,
    stderr: expect.stringContaining('the catalog is at'),
  })
  expect(await line.run('platform', 'upgrade')).toMatchObject({ status: 0, stderr: '' })
  await takeBack()
  for (const words of [['tenant', 'list'], ['init'], ['cluster', 'list'], ['doctor']]) {
    expect(await line.run(...words)).toMatchObject({
      status: 6,
      stdout: '',
      stderr: expect.stringContaining('→ run `tenantry platform upgrade`'),
    })
  }
  const behind = {
    status: 8,
    stdout: expect.stringMatching(/catalog +behind .+0008_upgrade.+\n.*main\/cli_upgrade_tenants +behind .+0008_upgrade/),
    stderr: expect.stringContaining('2 of 2 are not at this version'),
  }
  expect(await line.run('platform', 'status', '--exit-code')).toMatchObject(behind)
  expect(await line.run('platform', 'upgrade', '--dry-run', '--exit-code')).toMatchObject(behind)
  expect(await line.run('platform', 'status')).toMatchObject({ status: 0 })

  const upgraded = await line.run('platform', 'upgrade')
  expect(upgraded).toMatchObject({ status: 0, stderr: 'the catalog: applied 0008_upgrade\n' })
  expect(upgraded.stdout).toContain('1 database is at')
  const { stdout } = await line.run('platform', 'status', '--json')
  const { homeFiles, catalogFiles } = await readPlatformFiles()
  const [catalog, database] = JSON.parse(stdout).data
  expect(catalog.applied).toHaveLength(catalogFiles.length)
  expect(database.applied).toHaveLength(homeFiles.length)
  expect([...catalog.applied, ...database.applied].every(({ checksum }) => /^[0-9a-f]{64}$/.test(checksum))).toBe(true)
  expect((await line.run('operation', 'list', '--name', 'platform.upgrade')).stdout).toContain('succeeded')
})
