import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHECKS } from '../../src/isolation/doctor/finding.js'
import { fileText } from '../../src/kernel/sql.js'
import type { Database } from '../../src/postgres/session.js'
import { CONTRACT_HIDDEN, CONTRACT_MIGRATIONS } from '../../src/testing/contract-project.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { commandLine } from '../cli/cli.js'
import { readText } from '../house/sources.js'
import { ofOurs } from '../support/doctor.js'
import { fleetOn, urlOf } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

interface Row {
  readonly check: string
  readonly where: string
  readonly reason: string
  readonly repairable: boolean
}

interface Verdict {
  readonly healthy: boolean
  readonly errors: number
  readonly data: readonly Row[]
}

interface Names {
  /** The schema and role of the shared home, then of the schema home. */
  readonly shared: string
  readonly sharedRole: string
  readonly own: string
  readonly ownRole: string
  readonly app: string
  readonly owner: string
  readonly code: string
  readonly tenants: string
  readonly mark: string
  readonly id: string
}

/** `beside` are checks that the same deed cannot but set off as well. */
type Fault = readonly [
  check: string,
  plant: (n: Names) => string,
  where: string,
  reason: RegExp,
  mend?: (n: Names) => string,
  beside?: readonly string[],
]

/** Faults that --fix repairs. */
const REPAIRED: readonly Fault[] = [
  ['walls.row-security', (n) => `alter table ${n.shared}.note disable row level security`, 'note', /is off/],
  ['walls.row-security', (n) => `alter table ${n.own}.note no force row level security`, 'note', /does not bind the owner/],
  ['walls.row-security', (n) => `alter table ${n.shared}.event_old disable row level security`, 'event_old', /is off/],
  ['walls.row-security', () => 'alter table platform.account disable row level security', 'platform.account', /is off/],
  ['walls.policy', (n) => `drop policy tenantry_fence on ${n.shared}.author`, 'author', /tenantry_fence is missing/],
  ['walls.policy', (n) => `alter policy tenantry_fence on ${n.shared}.measure to ${n.ownRole}`, 'measure', /tenantry_fence was changed/],
  ['walls.policy', (n) => `alter policy tenantry_fence on ${n.own}.measure using (true)`, 'measure', /tenantry_fence was changed/],
  ['walls.policy', (n) => `alter policy tenantry_tenant on ${n.shared}.event using (false)`, 'event', /tenantry_tenant was changed/],
  [
    'walls.revocation',
    () => 'grant execute on function pg_catalog.set_config(text, text, boolean) to public',
    'set_config(text,text,boolean)',
    /execute/,
  ],
  ['walls.revocation', () => 'grant select on pg_catalog.pg_stat_activity to public', 'pg_stat_activity', /PUBLIC/],
  ['walls.revocation', () => 'grant usage on language plpgsql to public', 'language plpgsql', /usage/],
  ['walls.revocation', () => 'grant usage on schema public to public', 'schema public', /PUBLIC/],
  ['grants.public', (n) => `grant select on ${n.shared}.author to public`, 'author', /PUBLIC has select/],
  ['grants.public', (n) => `grant usage on schema ${n.own} to public`, '', /PUBLIC has usage/],
  ['grants.public', () => 'grant execute on function tenantry.renew_stamp() to public', 'tenantry.renew_stamp()', /PUBLIC has execute/],
  ['grants.public', (n) => `grant connect on database ${n.tenants} to public`, '', /PUBLIC has connect/],
  ['grants.login', (n) => `grant select on ${n.shared}.measure to ${n.app}`, 'measure', /_app1 has select/],
  ['grants.login', (n) => `grant update on tenantry.placement to ${n.app}`, 'tenantry.placement', /_app1 has update/],
  ['grants.extra', (n) => `grant select on ${n.own}.author to ${n.sharedRole}`, 'author', /has select/],
  ['grants.extra', (n) => `grant truncate on ${n.own}.note to ${n.ownRole}`, 'note', /has truncate/],
  ['grants.extra', (n) => `grant select (password_hash) on platform.account to tny_${n.id}_tenant`, 'platform.account', /has select/],
  ['grants.missing', (n) => `revoke delete on ${n.own}.measure from ${n.ownRole}`, 'measure', /lacks delete/],
  ['grants.missing', (n) => `revoke execute on function tenantry.hold_v1(uuid) from ${n.app}`, 'tenantry.hold_v1()', /_app1 lacks execute/],
  ['grants.missing', (n) => `revoke usage on language sql from ${n.owner}`, 'language sql', /_owner lacks it/],
  ['owners.wrong', (n) => `alter function ${n.own}.note_count() owner to ${n.owner}`, 'note_count()', /belongs to tny_.*_owner/],
  ['membership.missing', (n) => `revoke ${n.ownRole} from ${n.app}`, '_app1', /no member of/],
  ['membership.missing', (n) => `grant ${n.code} to ${n.owner} with inherit false`, '_owner', /does not inherit from tny_.*_code/],
  [
    'stamp.trigger',
    () => 'alter table tenantry.placement disable trigger stamp_change',
    'tenantry.placement',
    /stamp_change does not fire/,
  ],
  [
    'stamp.trigger',
    () => 'alter table tenantry.placement enable trigger stamp_truncation',
    'tenantry.placement',
    /stamp_truncation does not fire/,
  ],
  ['stamp.trigger', () => 'alter table tenantry.home disable trigger version_change', 'tenantry.home', /version_change does not fire/],
]

/** Faults that are told and not touched, with what mends them. */
const TOLD: readonly Fault[] = [
  [
    'walls.policy',
    (n) => `create policy mine on ${n.shared}.note using (true)`,
    'note',
    /mine is not one/,
    (n) => `drop policy mine on ${n.shared}.note`,
  ],
  [
    'walls.gate',
    (n) => `create sequence ${n.own}.counter; alter sequence ${n.own}.counter owner to ${n.owner}`,
    '',
    /sequence counter is not allowed/,
    (n) => `drop sequence ${n.own}.counter`,
  ],
  [
    'grants.extra',
    (n) => `create role x_${n.mark}; grant select on ${n.shared}.note to x_${n.mark}`,
    'note',
    /x_.* has select/,
    (n) => `revoke all on ${n.shared}.note from x_${n.mark}; drop role x_${n.mark}`,
  ],
  [
    'owners.wrong',
    (n) => `alter table ${n.own}.author owner to ${n.code}`,
    'author',
    /belongs to tny_.*_code/,
    (n) => `alter table ${n.own}.author owner to ${n.owner}`,
  ],
  ['roles.attributes', (n) => `alter role ${n.owner} login`, '_owner', /can log in/, (n) => `alter role ${n.owner} nologin`],
  [
    'roles.attributes',
    (n) => `alter role ${n.code} bypassrls`,
    '_code',
    /above row-level security/,
    (n) => `alter role ${n.code} nobypassrls`,
  ],
  ['roles.attributes', (n) => `alter role ${n.app} createrole`, '_app1', /has createrole/, (n) => `alter role ${n.app} nocreaterole`],
  ['membership.extra', (n) => `grant ${n.owner} to ${n.app}`, '_app1', /member of tny_.*_owner/, (n) => `revoke ${n.owner} from ${n.app}`],
  ['membership.extra', (n) => `grant ${n.sharedRole} to ${n.ownRole}`, '', /member of/, (n) => `revoke ${n.sharedRole} from ${n.ownRole}`],
  [
    'membership.extra',
    (n) => `grant pg_read_all_data to ${n.app}`,
    '_app1',
    /pg_read_all_data/,
    (n) => `revoke pg_read_all_data from ${n.app}`,
  ],
  [
    'settings.dangerous',
    (n) => `alter role ${n.app} set row_security = off`,
    '_app1',
    /row_security is set to off/,
    (n) => `alter role ${n.app} reset row_security`,
  ],
  [
    'settings.dangerous',
    (n) => `alter database ${n.tenants} set search_path = public`,
    '',
    /search_path is set to public/,
    (n) => `alter database ${n.tenants} reset search_path`,
  ],
  [
    'settings.drift',
    (n) => `alter role ${n.app} set statement_timeout = '9s'`,
    '_app1',
    /9s and not to 60s/,
    (n) => `alter role ${n.app} set statement_timeout = '60s'`,
  ],
  [
    'settings.drift',
    (n) => `alter role ${n.app} reset statement_timeout`,
    '_app1',
    /not set to 60s any more/,
    (n) => `alter role ${n.app} set statement_timeout = '60s'`,
  ],
  [
    'stamp.trigger',
    () => 'alter trigger stamp_removal on tenantry.placement rename to other',
    'tenantry.placement',
    /stamp_removal is missing/,
    () => 'alter trigger other on tenantry.placement rename to stamp_removal',
  ],
  [
    'stamp.sequence',
    () => 'alter sequence tenantry.placement_stamp rename to other',
    '',
    /sequence is missing/,
    () => 'alter sequence tenantry.other rename to placement_stamp',
    ['grants.login', 'grants.missing'],
    ['grants.login', 'grants.missing'],
  ],
  [
    'placement.differs',
    () => 'update tenantry.placement set epoch = epoch + 7',
    '',
    /epoch 8 here and 1/,
    () => 'update tenantry.placement set epoch = epoch - 7',
  ],
  [
    'placement.differs',
    () => "update tenantry.placement set state = 'suspended'",
    '',
    /state suspended here and active/,
    () => "update tenantry.placement set state = 'active'",
  ],
  [
    'placement.differs',
    () =>
      "insert into tenantry.placement select gen_random_uuid(), home_id, 1, 'active', role_name, search_path, version from tenantry.placement limit 1",
    '',
    /does not place/,
    () => 'delete from tenantry.placement p where ctid = (select max(ctid) from tenantry.placement)',
  ],
  [
    'placement.home',
    (n) => `update tenantry.placement set role_name = '${n.sharedRole}'`,
    '',
    /role_name not as its home/,
    () => 'update tenantry.placement p set role_name = h.role_name from tenantry.home h where h.id = p.home_id',
  ],
  [
    'home.missing',
    (n) => `alter schema ${n.own} rename to elsewhere`,
    '',
    /schema of this home is missing/,
    (n) => `alter schema elsewhere rename to ${n.own}`,
    ['orphan.schema'],
  ],
  ['orphan.schema', (n) => `create schema t_stray authorization ${n.owner}`, 't_stray', /knows no home/, () => 'drop schema t_stray'],
  [
    'orphan.home',
    () => "insert into tenantry.home values ('00000000-0000-0000-0000-000000000001', 'schema', 't_ghost', 'ghost')",
    't_ghost',
    /does not know/,
    () => "delete from tenantry.home where schema_name = 't_ghost'",
  ],
  ['orphan.role', (n) => `create role tny_${n.id}_h_stray`, 'h_stray', /no home of this role/, (n) => `drop role tny_${n.id}_h_stray`],
  [
    'database.version',
    () => 'delete from tenantry.installed where number = 2',
    '',
    /lacks 0002_walls/,
    () => "insert into tenantry.installed (number, name) values (2, 'walls')",
  ],
  [
    'database.version',
    () => "update tenantry.installed set checksum = 'other' where number = 1",
    '',
    /another text of 0001_home/,
    () => 'update tenantry.installed set checksum = null where number = 1',
  ],
  [
    'database.version',
    () => "insert into tenantry.installed values (99, 'future')",
    '',
    /newer version/,
    () => 'delete from tenantry.installed where number = 99',
  ],
  [
    'database.identity',
    () => "update tenantry.identity set platform_id = 'other'",
    '',
    /platform other/,
    (n) => `update tenantry.identity set platform_id = '${n.id}'`,
  ],
]

describe('the doctor', () => {
  let fleet: Fleet
  let names: Names
  let witness: Database
  const plant = (text: string): Promise<void> => witness.script(fileText(text))
  const look = async (operation = 'doctor.run'): Promise<readonly Row[]> => (await fleet.run<Verdict>(operation)).data.filter(ofOurs)

  beforeAll(async () => {
    fleet = await fleetOn(testServer(), {
      migrations: CONTRACT_MIGRATIONS,
      config: { hidden: CONTRACT_HIDDEN },
      tenants: { crowd: 'shared', own: 'schema', alone: 'database' },
    })
    witness = await fleet.witness('own')
    const [crowd, own] = [await fleet.tenant('crowd'), await fleet.tenant('own')]
    const { id } = fleet.platform
    const role = async (home: string): Promise<string> =>
      (
        await witness.rows<{ role: string }>(fileText(`select role_name as role from tenantry.home where schema_name = '${home}'`) as never)
      )[0]!.role
    names = {
      shared: crowd.schema,
      sharedRole: await role(crowd.schema),
      own: own.schema,
      ownRole: await role(own.schema),
      app: `tny_${id}_app1`,
      owner: `tny_${id}_owner`,
      code: `tny_${id}_code`,
      tenants: own.database,
      mark: id,
      id,
    }
  })
  afterAll(() => fleet?.stop())

  test('finds nothing in a healthy fleet', async () => {
    expect(await look()).toEqual([])
  })

  test.each(TOLD.map((fault) => [fault[0], fault] as const))(
    'tells %s (%#) and leaves it',
    async (check, [, fault, where, reason, mend, beside = []]) => {
      await plant(fault(names))
      try {
        const found = (await look()).filter((row) => !beside.includes(row.check))
        expect(found.length).toBeGreaterThan(0)
        for (const row of found)
          expect(row).toMatchObject({
            check,
            reason: expect.stringMatching(reason),
            where: expect.stringContaining(where),
            repairable: false,
          })
      } finally {
        await plant(mend!(names))
      }
      expect(await look()).toEqual([])
    },
  )

  test('finds nothing once all of that is mended by hand', async () => {
    expect(await look()).toEqual([])
  })

  test('finds every fault that can be repaired, each by its name and place, and nothing else; --fix repairs them all', async () => {
    for (const [, fault] of REPAIRED) await plant(fault(names))
    const found = await look()
    for (const [check, , where, reason] of REPAIRED) {
      const hit = found.filter((row) => row.check === check && row.where.endsWith(where) && reason.test(row.reason))
      expect(hit, `${check} ${where} ${reason}`).not.toEqual([])
    }
    expect(found.map(({ check, where, reason }) => `${check} ${where} ${reason}`)).toHaveLength(REPAIRED.length)
    expect(found.filter((row) => !row.repairable)).toEqual([])
    expect(await fleet.run<Verdict>('doctor.fix')).toMatchObject({ healthy: true, repaired: REPAIRED.length })
    expect(await look()).toEqual([])
  })

  test('finds an operation that nobody holds, and one that stands still', async () => {
    const { catalog } = fleet.platform
    const insert = (lease: string, at: string) =>
      fileText(`insert into catalog.operation (id, name, input, state, actor, lease_until, created_at)
        values (gen_random_uuid(), 'tenant.create', '{}', 'running', 'test', now() + interval '${lease}', now() - interval '${at}')`)
    await catalog.script(insert('-1 minute', '1 hour'))
    await catalog.script(insert('1 hour', '1 hour'))
    expect((await look()).map((row) => row.check).sort()).toEqual(['operation.abandoned', 'operation.stalled'])
    await catalog.script(fileText("delete from catalog.operation where actor = 'test' and name = 'tenant.create' and ended_at is null"))
  })

  test('finds secrets that do not resolve, a cluster that is another server, and one without a superuser', async () => {
    const { catalog } = fleet.platform
    const change = async (set: string, back: string, checks: readonly string[]): Promise<void> => {
      await catalog.script(fileText(`update catalog.cluster set ${set}`))
      try {
        expect((await look()).map((row) => row.check)).toEqual(checks)
      } finally {
        await catalog.script(fileText(`update catalog.cluster set ${back}`))
      }
    }
    await change("app_secret_ref = 'env:NOT_SET'", "app_secret_ref = 'env:TENANTRY_APP_PASSWORD'", ['secret.missing'])
    await change("admin_ref = 'env:NOT_SET'", "admin_ref = 'env:DATABASE_URL'", ['secret.missing'])
    const { systemId } = await catalog.one<{ systemId: string }>(fileText('select system_id as "systemId" from catalog.cluster') as never)
    await change("system_id = '1'", `system_id = '${systemId}'`, ['cluster.identity'])
    await change('hardened = false', 'hardened = true', ['roles.attributes', 'cluster.unhardened'])
  })

  test('finds databases that are missing or that the catalog does not know', async () => {
    const { catalog } = fleet.platform
    const { database } = await fleet.tenant('alone')
    await catalog.script(fileText(`update catalog.database set name = '${database}x' where name = '${database}'`))
    const found = (await look()).map((row) => row.check)
    await catalog.script(fileText(`update catalog.database set name = '${database}' where name = '${database}x'`))
    expect(found).toEqual(expect.arrayContaining(['database.missing', 'orphan.database']))
    expect(await look()).toEqual([])
  })

  test('tenantry doctor says it all on stdout, ends with 1 when something is an error, and with 0 once --fix has repaired it', async () => {
    const secrets = { DATABASE_URL: urlOf(testServer()), TENANTRY_APP_PASSWORD: fleet.secrets('env:TENANTRY_APP_PASSWORD') }
    const line = await commandLine(secrets)
    const { catalog, naming, hidden, tenantColumn, migrations } = fleet.platform.config
    await writeFile(join(line.folder, 'tenantry.config.json'), JSON.stringify({ catalog, naming, hidden, tenantColumn, migrations }))
    const doctor = (...flags: readonly string[]) => line.run('doctor', '--config', 'tenantry.config.json', ...flags)
    await plant(`alter table ${names.shared}.note disable row level security`)
    expect(await doctor()).toMatchObject({ status: 1, stdout: expect.stringMatching(/^error +walls\.row-security /m) })
    const json = await doctor('--json')
    expect({ status: json.status, ...JSON.parse(json.stdout) }).toMatchObject({ status: 1, healthy: false, errors: 1 })
    expect(await doctor('--fix', '--json')).toMatchObject({ status: 0, stdout: expect.stringContaining('"repaired": 1') })
    expect(await doctor('--cluster', 'main')).toMatchObject({ status: 0, stderr: expect.stringMatching(/^healthy/) })
    await plant(`drop index ${names.shared}.note_tenant_id_author_id_idx`)
    const advice = { stdout: expect.stringMatching(/^advice +advice\.foreign-key +SP01 .*create index on /m) }
    expect(await doctor()).toMatchObject({ status: 0, stderr: expect.stringMatching(/^healthy, with .*1 pieces? of advice/), ...advice })
    expect(await doctor('--fail-on', 'advice')).toMatchObject({ status: 1, stderr: expect.stringMatching(/^not healthy: /), ...advice })
    await plant(`create index on ${names.shared}.note (tenant_id, author_id)`)
    line.env.NOWHERE = 'postgres://nobody@127.0.0.1:1/postgres'
    await fleet.platform.catalog.script(fileText("update catalog.cluster set admin_ref = 'env:NOWHERE'"))
    expect(await doctor()).toMatchObject({ status: 1, stdout: expect.stringMatching(/^error +cluster\.unreachable +- +main .*refused/m) })
    await fleet.platform.catalog.script(fileText("update catalog.cluster set admin_ref = 'env:DATABASE_URL'"))
    expect(await doctor('--cluster', 'other')).toMatchObject({ status: 4, stdout: '' })
    expect(await line.run('doctor', '--help')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^Usage: tenantry doctor \[flags\]$/m),
    })
  })

  test('finds roles that are missing', async () => {
    await plant(`alter role ${names.ownRole} rename to tny_${names.id}_h_away`)
    const checks = (await look()).map((row) => row.check)
    await plant(`alter role tny_${names.id}_h_away rename to ${names.ownRole}`)
    expect(checks).toEqual(expect.arrayContaining(['roles.missing', 'orphan.role', 'grants.missing']))
    expect(checks).not.toContain('doctor.failed')
    expect(await look()).toEqual([])
  })

  test('finds that every role may connect again to a database of which that was taken, and takes it again', async () => {
    const { database } = await fleet.tenant('alone')
    const { catalog } = fleet.platform
    await catalog.script(fileText(`insert into catalog.revocation select id, '${database}', 'none' from catalog.cluster`))
    expect(await look()).toEqual([])
    await plant(`grant connect on database ${database} to public`)
    expect((await look()).map((row) => row.check).sort()).toEqual(['cluster.connect', 'grants.public'])
    expect(await fleet.run('doctor.fix')).toMatchObject({ repaired: 2 })
    expect(await look()).toEqual([])
    await catalog.script(fileText('delete from catalog.revocation'))
  })

  test('every check is described in docs/doctor.md', () => {
    const page = readText('docs/doctor.md')
    for (const [check, [severity, asks]] of Object.entries(CHECKS)) expect(page).toContain(`| \`${check}\` | ${severity} | ${asks} |`)
  })
})
