import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { submit } from '../../src/engine/submit.js'
import { sql } from '../../src/kernel/sql.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { putConnectionLimits } from '../../src/worker/connection-keeper.js'
import { ownPassword } from '../faults/checker.js'
import { openEyes } from '../faults/eyes.js'
import { ofOurs } from '../support/doctor.js'
import { fleetOn, urlOf } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

const MIGRATIONS = {
  'tenant/20260101000000_secret.sql': `-- migrate:up
create table secret (tenant_id uuid not null default tenantry.tenant(), id bigint generated always as identity, body text, primary key (tenant_id, id));
-- migrate:down
drop table secret;
`,
}

interface Place {
  readonly database: string
  readonly login: string
}

describe('a dedicated database', () => {
  const eyes = openEyes(urlOf(testServer()))
  let fleet: Fleet
  let secret: string
  const placeOf = async (slug: string): Promise<Place> => {
    const rows = await eyes.see<{ found: Place }>(fleet.platform.config.catalog.database, 'select catalog.resolve_v3($1) as found', [slug])
    return rows[0]!.found
  }
  const logIn = async (database: string, user: string, password: string): Promise<string> =>
    eyes.session(database, { user, password }).then(
      (client) => client.end().then(() => 'in'),
      (error: { code: string }) => error.code,
    )

  beforeAll(async () => {
    fleet = await fleetOn(testServer(), { migrations: MIGRATIONS, tenants: { one: 'database', two: 'database', crowd: 'shared' } })
    secret = fleet.secrets('env:TENANTRY_APP_PASSWORD')
    for (const slug of ['one', 'two', 'crowd']) await fleet.app.tenant(slug).query(sql`insert into secret (body) values (${slug})`)
  })
  afterAll(async () => {
    await fleet?.stop()
    await eyes.close()
  })

  test('is the default for a database of its own', async () => {
    const { data } = await fleet.run<{ data: { assurance: string }[] }>('assurance.show')
    expect(data.map(({ assurance }) => assurance).sort()).toEqual(['dedicated', 'dedicated', 'strict'])
  })

  test('lets in its own login and no other, and that login gets in nowhere else', async () => {
    const [one, two, crowd] = await Promise.all(['one', 'two', 'crowd'].map(placeOf))
    const passwordOf = ({ login }: Place): string => ownPassword(login, secret)
    expect(await logIn(one!.database, one!.login, passwordOf(one!))).toBe('in')
    for (const [place, as] of [
      [one!, two!],
      [two!, one!],
      [crowd!, one!],
      [one!, crowd!],
    ] as const)
      expect(await logIn(place.database, as.login, passwordOf(as))).toBe('42501')
  })

  test('is not made with a secret that could be guessed from a password of it', async () => {
    const guessable = await fleetOn(testServer(), {
      migrations: MIGRATIONS,
      secrets: { 'env:SHORT': 'correct horse' },
      cluster: { appSecret: 'env:SHORT' },
      tenants: { crowd: 'shared' },
    })
    try {
      await expect(guessable.run('tenant.create', { slug: 'one', isolation: 'database' })).rejects.toMatchObject({
        code: 'SECRET_SHORT',
        message: expect.stringContaining('env:SHORT has fewer than 16'),
      })
    } finally {
      await guessable.stop()
    }
  })

  test('nor is it rotated to one', async () => {
    const short = { ...fleet.platform, secrets: (reference: string) => (reference === 'env:SHORT' ? 'battery staple' : secret) }
    const rotate = submit(
      short,
      short.find('cluster.rotate')!,
      { cluster: 'main', appSecret: 'env:SHORT' },
      { actor: 'test', source: 'library' },
    )
    await expect(rotate).rejects.toMatchObject({ code: 'SECRET_SHORT' })
  })

  test('a password of one login is not that of another', async () => {
    const [one, two] = await Promise.all(['one', 'two'].map(placeOf))
    expect(await logIn(two!.database, two!.login, ownPassword(one!.login, secret))).toBe('28P01')
    expect(await logIn(two!.database, two!.login, secret)).toBe('28P01')
  })

  test('a login becomes no other tenant, and cannot have more connections than it is given', async () => {
    const [one, two] = await Promise.all(['one', 'two'].map(placeOf))
    const client = await eyes.session(one!.database, { user: one!.login, password: ownPassword(one!.login, secret) })
    try {
      const other = two!.login.replace('_app_', '_h_').replace(/_[12]$/, '')
      for (const statement of [
        `set role ${other}`,
        `set session authorization ${two!.login}`,
        `alter role ${one!.login} connection limit 1000`,
      ])
        await expect(client.query(statement)).rejects.toMatchObject({ code: '42501' })
    } finally {
      await client.end()
    }
    const limits = await eyes.see('postgres', 'select rolconnlimit as most from pg_roles where rolname = any ($1)', [
      [one!.login, two!.login],
    ])
    expect(limits).toEqual([{ most: 50 }, { most: 50 }])
  })

  test('a client keeps idle connections of so many logins as it may', async () => {
    const app = fleet.client({ maxIdlePools: 2 })
    for (const slug of ['one', 'two', 'crowd', 'one', 'two', 'crowd'])
      expect(await app.tenant(slug).query(sql`select body from secret`)).toEqual([{ body: slug }])
    const logins = await Promise.all(['one', 'two', 'crowd'].map(async (slug) => (await placeOf(slug)).login))
    const open = async (): Promise<number> => {
      const rows = await eyes.see<{ n: number }>(
        'postgres',
        "select count(distinct usename)::int as n from pg_stat_activity where usename = any ($1) and application_name = 'capped'",
        [logins],
      )
      return rows[0]!.n
    }
    const capped = fleet.client({ maxIdlePools: 1, applicationName: 'capped' })
    for (const slug of ['one', 'two', 'crowd']) await capped.tenant(slug).query(sql`select 1`)
    await expect.poll(open).toBeLessThanOrEqual(2)
  })

  test('the login goes with its tenant', async () => {
    const { login } = await placeOf('two')
    await fleet.run('tenant.delete', { tenant: 'two', reason: 'left us', grace: '0s' })
    await fleet.run('tenant.purge', { tenant: 'two', waiveBackup: 'a test' })
    expect(await eyes.see('postgres', 'select from pg_roles where starts_with(rolname, $1)', [login.replace(/_[12]$/, '')])).toEqual([])
  })

  test('the doctor has nothing against it', async () => {
    const { data } = await fleet.run<{ data: { check: string }[] }>('doctor.run')
    expect(data.filter(ofOurs)).toEqual([])
  })
})

test('a tier says how hard the wall must be at least, and how many connections a login of its own has', async () => {
  const eyes = openEyes(urlOf(testServer()))
  const fleet = await fleetOn(testServer(), {
    migrations: MIGRATIONS,
    config: { tiers: { gold: { isolation: 'database', assurance: 'dedicated', connections: 7 }, silver: { assurance: 'strict' } } },
  })
  try {
    await fleet.run('tenant.create', { slug: 'rich', tier: 'gold' })
    const limits = () =>
      eyes.see(
        'postgres',
        `select rolconnlimit as most from pg_roles where starts_with(rolname, 'tny_${fleet.platform.id}_app_') and rolname ~ '_1$' order by 1`,
      )
    expect(await limits()).toEqual([{ most: 7 }])
    // It follows the tenant into another tier, and what was made without one into its first.
    await fleet.run('tenant.set', { tenant: 'rich', unset: ['tier'] })
    await fleet.run('tenant.create', { slug: 'late', isolation: 'database' })
    await fleet.run('tenant.set', { tenant: 'late', tier: 'gold' })
    expect(await limits()).toEqual([{ most: 7 }, { most: 50 }])
    await putConnectionLimits(fleet.platform)
    const { login } = await fleet.platform.catalog.one(sql<{ login: string }>`
      select h.login_name as login
      from catalog.tenant t join catalog.placement p on p.tenant_id = t.id join catalog.home h on h.id = p.home_id
      where t.slug = 'late'`)
    expect(await eyes.see('postgres', `select rolconnlimit as most from pg_roles where rolname = '${login}'`)).toEqual([{ most: 7 }])
    expect(await limits()).toEqual([{ most: 7 }, { most: 50 }])
    await fleet.run('tenant.create', { slug: 'plain', tier: 'silver' })
    const refused = { code: 'ASSURANCE_UNAVAILABLE' }
    await expect(fleet.run('tenant.create', { slug: 'poor', tier: 'gold', isolation: 'schema' })).rejects.toMatchObject(refused)
    await expect(fleet.run('tenant.set', { tenant: 'plain', tier: 'gold' })).rejects.toMatchObject(refused)
    expect(await fleet.tenant('plain')).toMatchObject({ tier: 'silver' })
    await expect(fleet.tenant('poor')).rejects.toMatchObject({ code: 'ROW_COUNT' })
  } finally {
    await fleet.stop()
    await eyes.close()
  }
})
