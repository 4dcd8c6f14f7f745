import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import { parseUrl } from '../../src/postgres/connection.js'
import { type Database, openDatabase } from '../../src/postgres/session.js'
import { CONTRACT_HIDDEN, CONTRACT_MIGRATIONS } from '../../src/testing/contract-project.js'
import { claimFleet, type Fleet, type PreparedFleets, prepareFleets } from '../../src/testing.js'
import { urlOf } from '../support/fleet.js'
import { describeOn } from '../support/servers-injected.js'

const NOTES = {
  'tenant/20260101000000_notes.sql': '-- migrate:up\ncreate table note (tenant_id uuid not null default tenantry.tenant() primary key);\n',
}

describeOn(['embedded-18'], 'prepared fleets', (server) => {
  const url = urlOf(server)
  let admin: Database
  let fleets: PreparedFleets

  const databasesOf = async (fleet: Fleet): Promise<number> => leftOf(fleet.platform.config.catalog.database.replace(/catalog$/, ''))
  const leftOf = async (prefix: string): Promise<number> =>
    (await admin.rows(sql`select from pg_catalog.pg_database where starts_with(datname, ${prefix})`)).length
  const rolesOf = async (platform: string): Promise<number> =>
    (await admin.rows(sql`select from pg_catalog.pg_roles where starts_with(rolname, ${`tny_${platform}_`})`)).length
  const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
    await expect.poll(holds, { timeout: 15_000, interval: 20 }).toBe(true)
  }

  /** Runs a program of the doors in another process; it answers in lines. */
  const child = (program: string) => {
    const path = new URL('fleet-child.mjs', import.meta.url).pathname
    const running = spawn(process.execPath, [path, program], {
      env: { ...process.env, TEST_SERVER: url },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: running.stdout })[Symbol.asyncIterator]()
    return {
      line: async (): Promise<string> => String((await lines.next()).value),
      kill: async (): Promise<void> => {
        running.kill('SIGKILL')
        await once(running, 'close')
      },
    }
  }

  beforeAll(async () => {
    admin = openDatabase(parseUrl(url, 'url'), { applicationName: 'test', max: 2 })
    fleets = await prepareFleets({
      url,
      migrations: CONTRACT_MIGRATIONS,
      config: { hidden: CONTRACT_HIDDEN },
      tenants: { acme: 'shared', globex: 'schema' },
      warm: { schema: 1 },
    })
  })
  afterAll(async () => {
    await fleets?.close()
    await admin?.end()
  })

  test("a claimed fleet is ready to be used, and is nobody else's", async () => {
    const [one, two] = await Promise.all([claimFleet(), claimFleet()])
    await one.app.tenant('acme').query(sql`insert into note (body) values ('of the first fleet')`)
    await one.run('tenant.create', { slug: 'initech', isolation: 'schema' })
    expect(await two.app.tenant('acme').query(sql`select body from note`)).toEqual([])
    await expect(two.app.tenant('initech').query(sql`select 1`)).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' })
    await Promise.all([one.stop(), two.stop()])
  })

  test('a fleet that is given back goes, with its databases and roles, and another takes its place', async () => {
    let fleet: Fleet
    {
      await using claimed = await fleets.claim()
      fleet = claimed
      expect(await databasesOf(fleet)).toBeGreaterThanOrEqual(2)
      expect(await rolesOf(fleet.platform.id)).toBeGreaterThan(0)
    }
    await until(async () => (await databasesOf(fleet)) === 0 && (await rolesOf(fleet.platform.id)) === 0)
    await until(() => fleets.counts().ready === 2 && fleets.counts().held === 0)
  })

  test('what is ready is claimed without making anything', async () => {
    await until(() => fleets.counts().ready === 2)
    const there = (await admin.rows(sql<{ name: string }>`select datname::text as name from pg_catalog.pg_database`)).map(
      ({ name }) => name,
    )
    await using fleet = await claimFleet()
    expect(there).toContain(fleet.platform.config.catalog.database)
  })

  test('a process that is killed with a fleet in its hands loses it', async () => {
    const { line, kill } = child('claim')
    const catalog = await line()
    expect(await leftOf(catalog)).toBe(1)
    await kill()
    await until(async () => (await leftOf(catalog)) === 0)
  })

  test('what a killed run has left is removed by the next, and what belongs to a living one stays', async () => {
    const [dead, living] = [child('prepare'), child('prepare')]
    const [gone, kept] = [JSON.parse(await dead.line()), JSON.parse(await living.line())] as {
      catalog: string
      platform: string
      folder: string
    }[]
    await dead.kill()
    expect(await leftOf(gone!.catalog)).toBe(1)
    const next = await prepareFleets({ url, name: 'next', spare: 1, migrations: NOTES })
    await until(async () => (await leftOf(gone!.catalog)) === 0 && (await rolesOf(gone!.platform)) === 0)
    await until(async () => !(await readdir(tmpdir())).includes(gone!.folder))
    expect(await leftOf(kept!.catalog)).toBe(1)
    await living.kill()
    await next.close()
  })

  test('a fleet that cannot be made is told to whoever claims it', async () => {
    await using broken = await prepareFleets({
      url,
      name: 'broken',
      migrations: { 'tenant/20260101000000_x.sql': '-- migrate:up\nselect 1/0;\n' },
      tenants: { acme: 'schema' },
    })
    await expect(broken.claim()).rejects.toMatchObject({ code: 'MIGRATION_FAILED' })
    await expect(claimFleet({ name: 'nobody' })).rejects.toMatchObject({ code: 'FLEET_NOT_PREPARED' })
  })
})
