import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { openEyes } from '../faults/eyes.js'
import { fleetOn, urlOf } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'
import { type TokenOptions, type WayIn, wayIn } from '../support/way-in.js'

const MIGRATIONS = {
  'tenant/20260101000000_secret.sql': `-- migrate:up
create table secret (
  tenant_id uuid not null default tenantry.tenant(), id bigint generated always as identity, body text not null, by_whom text default tenantry.actor(),
  primary key (tenant_id, id)
);
-- migrate:down
drop table secret;
`,
}

describe('a strict database', () => {
  const eyes = openEyes(urlOf(testServer()))
  let fleet: Fleet
  let catalog: string
  const told = async (slug: string): Promise<WayIn & { database: string; login: string; schema: string }> => {
    const [row] = await eyes.see<{ found: never }>(catalog, 'select catalog.resolve_v3($1) as found', [slug])
    return row!.found
  }
  /** A session of the application's login, as an attacker has it who can send any SQL. */
  const asLogin = async <T>(slug: string, body: (client: pg.Client) => Promise<T>): Promise<T> => {
    const { database, login } = await told(slug)
    const client = await eyes.session(database, { user: login, password: fleet.secrets('env:TENANTRY_APP_PASSWORD') })
    try {
      return await body(client as unknown as pg.Client)
    } finally {
      await client.end()
    }
  }
  const attempt = (client: pg.Client, text: string, values: readonly unknown[] = []): Promise<string> =>
    client.query(text, [...values]).then(
      () => 'done',
      (error: { code: string }) => error.code,
    )
  const enterWith = (slug: string, options: TokenOptions, change: Partial<WayIn> = {}): Promise<string> =>
    asLogin(slug, async (client) => {
      await client.query('begin')
      const { text, values } = wayIn({ ...(await told(slug)), ...change }, options)
      return attempt(client, text, values)
    })

  beforeAll(async () => {
    fleet = await fleetOn(testServer(), {
      migrations: MIGRATIONS,
      tenants: { one: 'shared', two: 'shared', 'in-schema': 'schema', 'in-schema-two': 'schema' },
    })
    catalog = fleet.platform.config.catalog.database
    for (const slug of ['one', 'two', 'in-schema', 'in-schema-two'])
      await fleet.app.tenant(slug, { actor: slug }).query(sql`insert into secret (body) values (${`of ${slug}`})`)
  })
  let load: ReturnType<typeof keepAsking> | undefined
  afterEach(async () => {
    await load?.end()
    load = undefined
  })
  afterAll(async () => {
    await fleet?.stop()
    await eyes.close()
  })

  test('is the default where shared tables are', async () => {
    const { data } = await fleet.run<{ data: unknown[] }>('assurance.show')
    expect(data).toMatchObject([{ cluster: 'main', assurance: 'strict', keys: 1, tenants: 4 }])
  })

  test('lets nobody in without a token, whatever else is right', async () => {
    expect(await enterWith('one', {}, { signing: null })).toBe('TN014')
    expect(await enterWith('in-schema', {}, { signing: null })).toBe('TN014')
  })

  const now = (): number => Math.floor(Date.now() / 1_000)
  const tokens: readonly (readonly [string, string, () => Promise<string>])[] = [
    ['that is right', 'done', () => enterWith('one', {})],
    ['of another tenant', 'TN011', async () => enterWith('one', { signed: { tenant: (await told('two')).tenant } })],
    ['of an earlier epoch', 'TN011', () => enterWith('one', { signed: { epoch: '0' } })],
    ['of another database', 'TN011', () => enterWith('one', { signed: { databaseId: '00000000-0000-4000-8000-000000000000' } })],
    ['of another actor', 'TN011', () => enterWith('one', { actor: 'ceo', signed: { actor: 'clerk' } })],
    ['whose end was put off', 'TN011', () => enterWith('one', { expires: now() + 100, signed: { expires: now() + 10 } })],
    ['that has expired', 'TN013', () => enterWith('one', { expires: now() - 1 })],
    ['that would be valid for longer than two minutes', 'TN013', () => enterWith('one', { expires: now() + 200 })],
    ['signed by a key of its own', 'TN011', () => enterWith('one', { key: { id: 1, key: 'ab'.repeat(32) } })],
    ['of a key that is not there', 'TN012', async () => enterWith('one', { key: { ...(await told('one')).signing!, id: 9 } })],
    [
      'that is right, of a tenant that is not there',
      'TN001',
      () => enterWith('one', {}, { tenant: '00000000-0000-4000-8000-000000000000' }),
    ],
    ['that is right, of an epoch that is over', 'TN002', () => enterWith('one', {}, { epoch: '0' })],
  ]
  for (const [what, code, show] of tokens) test(`a token ${what}: ${code}`, async () => expect(await show()).toBe(code))

  describe('for one who may send any SQL inside a scope', () => {
    const inside = <T>(slug: string, body: (client: pg.Client) => Promise<T>): Promise<T> =>
      asLogin(slug, async (client) => {
        await client.query('begin')
        const { text, values } = wayIn(await told(slug), { actor: 'clerk' })
        await client.query(text, [...values])
        return body(client)
      })
    const seen = async (client: pg.Client): Promise<string> =>
      client.query('select string_agg(body, $1 order by body) as bodies from secret', [', ']).then(
        ({ rows }) => rows[0].bodies ?? 'nothing',
        (error: { code: string }) => error.code,
      )

    test('there are the rows of its own tenant', async () => {
      expect(await inside('one', seen)).toBe('of one')
      expect(await inside('in-schema', seen)).toBe('of in-schema')
    })

    test('a tenant of its own choice has no effect', async () => {
      const { tenant } = await told('two')
      expect(
        await inside('one', async (client) => {
          await client.query(`set local tenantry.context = '${tenant}'`)
          return seen(client)
        }),
      ).toBe('of one')
    })

    for (const statement of [
      "set backtrace_functions = 't_x'",
      "set local backtrace_functions = 't_x'",
      'reset backtrace_functions',
      "select set_config('backtrace_functions', 't_x', true)",
      "reset role; set local backtrace_functions = 't_x'",
      "reset role; select set_config('backtrace_functions', 't_x', true)",
      'select * from tenantry.signing_key',
      'reset role; select * from tenantry.signing_key',
      "select tenantry.enter_v2('t_', 1, '', gen_random_uuid(), 1, 1, '')",
    ])
      test(`${statement}: refused`, async () => {
        expect(await inside('one', (client) => attempt(client, statement))).toBe('42501')
      })

    test('with reset all the tenant is gone, and nothing can be read', async () => {
      expect(
        await inside('one', async (client) => {
          await client.query('reset all')
          await client.query(`set search_path = ${(await told('one')).schema}`)
          return seen(client)
        }),
      ).toBe('TN000')
    })

    test('in the role of another home it has its own tenant still, and none of the rows there', async () => {
      const other = await told('in-schema-two')
      const [{ role }] = (await eyes.see<{ role: string }>(
        other.database,
        'select role_name as role from tenantry.placement where tenant_id = $1',
        [other.tenant],
      )) as [{ role: string }]
      const found = await inside('in-schema', async (client) => {
        await client.query('reset role')
        await client.query(`set local role ${role}`)
        await client.query(`set local search_path = ${other.schema}`)
        return seen(client)
      })
      expect(found).toBe('nothing')
    })

    test('after a commit there is no tenant', async () => {
      const found = await inside('one', async (client) => {
        await client.query('commit and chain')
        return seen(client)
      })
      expect(found).toMatch(/^(42501|42P01)$/)
      const { schema, tenant } = await told('one')
      const home = 'select role_name as role from tenantry.placement where tenant_id = $1'
      const [{ role }] = (await eyes.see<{ role: string }>((await told('one')).database, home, [tenant])) as [{ role: string }]
      const back = await inside('one', async (client) => {
        await client.query('commit and chain')
        await client.query(`set local role ${role}`)
        await client.query(`set local search_path = ${schema}`)
        return seen(client)
      })
      expect(back).toBe('TN000')
    })

    test('whoever acts is who has entered, in what is written as well', async () => {
      const { rows } = await inside('one', async (client) => {
        await client.query("set local tenantry.context = 'x'")
        return client.query("insert into secret (body) values ('written') returning by_whom, tenantry.actor() as actor")
      })
      expect(rows).toEqual([{ by_whom: 'clerk', actor: 'clerk' }])
    })
  })

  test('the library enters it as before: actor, request, all levels, nested, an old placement', async () => {
    const app = fleet.client()
    const options = { actor: 'Zoë 🦊 o’Neill', request: 'r_1|2' } as const
    const who = sql<{ actor: string; request: string }>`select tenantry.actor() as actor, tenantry.request() as request`
    for (const isolation of ['read committed', 'repeatable read', 'serializable'] as const)
      expect(await app.tenant('one', { ...options, isolation }).query(who)).toEqual([options])
    expect(await app.tenant('one').query(who)).toEqual([{ actor: null, request: null }])
    const { database, tenant } = await told('one')
    await eyes.see(database, 'update tenantry.placement set epoch = epoch + 1 where tenant_id = $1', [tenant])
    await eyes.see(catalog, 'update catalog.placement set epoch = epoch + 1 where tenant_id = $1', [tenant])
    expect(await app.tenant('one').query(sql`select body from secret`)).toEqual([{ body: 'of one' }])
  })

  test('a key is exchanged while applications go on, and then the old one is refused', async () => {
    const before = (await told('one')).signing!
    const app = fleet.client({ placementTtlMs: 100 })
    load = keepAsking(app, ['one', 'two', 'in-schema'])
    await expect(fleet.run('assurance.rotate', { ...(await databaseOf('one')), retire: true })).rejects.toMatchObject({
      code: 'SIGNING_KEYS',
    })
    await fleet.run('assurance.rotate', await databaseOf('one'))
    await expect(fleet.run('assurance.rotate', await databaseOf('one'))).rejects.toMatchObject({ code: 'SIGNING_KEYS' })
    expect(await enterWith('one', { key: before })).toBe('done')
    await expect(fleet.run('assurance.rotate', { ...(await databaseOf('one')), retire: true })).rejects.toMatchObject({
      code: 'SIGNING_KEYS',
    })
    // A client that has not heard yet finds out when it is refused.
    const slow = fleet.client({ placementTtlMs: 3_600_000 })
    await slow.tenant('one').query(sql`select 1`)
    await fleet.run('assurance.rotate', { ...(await databaseOf('one')), retire: true, grace: '0s' })
    expect(await slow.tenant('one').query(sql`select body from secret`)).toEqual([{ body: 'of one' }])
    const { scopes, failures } = await load.end()
    expect(failures).toEqual([])
    expect(scopes).toBeGreaterThan(20)
    expect(await enterWith('one', { key: before })).toBe('TN012')
    expect((await told('one')).signing!.id).toBe(before.id + 1)
  })

  test('it becomes standard and strict again while applications go on, and a scope that is open keeps its tenant', async () => {
    load = keepAsking(fleet.client(), ['one', 'two', 'in-schema'])
    for (const [to, way] of [
      ['standard', 'done'],
      ['strict', 'TN014'],
    ] as const) {
      const open = fleet.app.tenant('two').transaction(async (scope) => {
        const before = await scope.rows(sql`select body from secret`)
        const changed = fleet.run('assurance.set', { ...(await databaseOf('one')), to })
        await new Promise((resolve) => setTimeout(resolve, 700))
        expect(await scope.rows(sql`select body from secret`)).toEqual(before)
        return { changed }
      })
      await (await open).changed
      expect(await enterWith('one', {}, { signing: null })).toBe(way)
      expect(await fleet.run('assurance.show')).toMatchObject({ data: [{ assurance: to, keys: to === 'strict' ? 1 : 0 }] })
    }
    const { scopes, failures } = await load.end()
    expect(failures).toEqual([])
    expect(scopes).toBeGreaterThan(20)
  })

  for (const skewMs of [300_000, -300_000])
    test(`a machine whose clock is ${skewMs > 0 ? 'five minutes ahead' : 'five minutes behind'} enters, also while the catalog is down`, async () => {
      const app = startApp(skewMs)
      try {
        const wrongBy = Number((await app.next()).slice(6)) - Date.now()
        expect(Math.abs(wrongBy - skewMs)).toBeLessThan(60_000)
        const { tenant } = await told('one')
        expect(await app.scope('ann')).toBe(`${tenant} ann`)
        await closeCatalog(true)
        for (const actor of ['bob', 'cecil']) {
          await new Promise((resolve) => setTimeout(resolve, 250))
          expect(await app.scope(actor)).toBe(`${tenant} ${actor}`)
        }
      } finally {
        await closeCatalog(false)
        app.stop()
      }
    })

  const databaseOf = async (slug: string) => ({ cluster: 'main', database: (await told(slug)).database })

  const closeCatalog = async (closed: boolean): Promise<void> => {
    await eyes.see('postgres', `alter database ${catalog} allow_connections ${!closed}`)
    if (closed) await eyes.see('postgres', 'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [catalog])
  }

  const startApp = (skewMs: number) => {
    const preload = fileURLToPath(new URL('../support/skewed-clock.mjs', import.meta.url))
    const script = fileURLToPath(new URL('./skewed-app.mjs', import.meta.url))
    const env = {
      PATH: process.env.PATH,
      CLOCK_SKEW_MS: String(skewMs),
      TENANTRY_APP_PASSWORD: fleet.secrets('env:TENANTRY_APP_PASSWORD'),
    }
    const child = spawn(process.execPath, ['--import', preload, script, fleet.catalogUrl, 'one'], {
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const next = async (): Promise<string> => (await lines.next()).value as string
    return {
      next,
      scope: (actor: string): Promise<string> => {
        child.stdin.write(`${actor}\n`)
        return next()
      },
      stop: () => child.kill('SIGKILL'),
    }
  }
})

/** Scopes without end, one after the other for each tenant. */
function keepAsking(app: Fleet['app'], slugs: readonly string[]) {
  let going = true
  let scopes = 0
  const failures: string[] = []
  const lanes = slugs.map(async (slug) => {
    while (going) {
      try {
        const rows = await app.tenant(slug, { actor: slug }).query(sql<{ body: string }>`select body from secret where body like 'of %'`)
        if (rows.length !== 1 || rows[0]!.body !== `of ${slug}`) failures.push(`${slug} saw ${JSON.stringify(rows)}`)
        scopes++
      } catch (error) {
        failures.push(`${slug}: ${(error as { code?: string }).code} ${(error as Error).message}`)
      }
    }
  })
  return {
    end: async () => {
      going = false
      await Promise.all(lanes)
      return { scopes, failures }
    },
  }
}
