import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTenantry } from '../../src/client/tenantry.js'
import { lookAtPoolers } from '../../src/engine/poolers.js'
import { submit } from '../../src/engine/submit.js'
import { loginName } from '../../src/isolation/names.js'
import { fault } from '../../src/kernel/faults.js'
import { ident, sql } from '../../src/kernel/sql.js'
import { parseUrl } from '../../src/postgres/connection.js'
import { type Database, openDatabase } from '../../src/postgres/session.js'
import { waitFor } from '../../src/programs/wait.js'
import { whyNoCertificates } from '../support/certificates.js'
import { whyMissing } from '../support/servers-injected.js'
import { PASSWORDS, startTlsRig, type TlsRig } from './rig.js'

const missing = whyNoCertificates ?? whyMissing('pgbouncer') ?? whyMissing('embedded-18')
const title = `on generated configuration, with TLS on both sides${missing === undefined ? '' : `: ${missing}`}`

describe.skipIf(missing !== undefined)(title, () => {
  let rig: TlsRig
  let app: string
  const opened: Database[] = []

  const as = (user: string, password: string, database: string, more: { port?: number; tls?: 'disable' } = {}): Database => {
    const database_ = openDatabase(
      { ...parseUrl(rig.url(database), 'it'), user, password, ...more },
      { applicationName: 'transport', max: 1, plain: true, connectTimeoutMs: 5_000 },
    )
    opened.push(database_)
    return database_
  }
  const admin = (database?: string): Database => as('postgres', PASSWORDS.superuser, database ?? 'postgres')
  const databaseOf = async (slug: string): Promise<string> => (await rig.fleet.tenant(slug)).database
  const appPassword = (): string => rig.fleet.secrets('env:TENANTRY_APP_PASSWORD')

  beforeAll(async () => {
    rig = await startTlsRig()
    app = loginName(rig.fleet.platform.id, 1)
  }, 60_000)
  afterAll(async () => {
    await Promise.all(opened.map((database) => database.end()))
    await rig?.stop()
  })

  test('applications work through the pooler, in homes of each kind', async () => {
    for (const slug of ['acme', 'globex']) {
      await rig.fleet.app.tenant(slug).query(sql`insert into note (body) values (${`of ${slug}`})`)
      expect(await rig.fleet.app.tenant(slug).query(sql`select body from note`)).toEqual([{ body: `of ${slug}` }])
    }
    const sessions = await admin().rows(sql<{ ssl: boolean; version: string }>`
      select distinct s.ssl, s.version
      from pg_catalog.pg_stat_ssl s
      join pg_catalog.pg_stat_activity a using (pid)
      where a.usename = ${app}`)
    expect(sessions).toEqual([{ ssl: true, version: 'TLSv1.3' }])
  })

  test('its pools are shown, with the login of its own and nothing more', async () => {
    type Shown = { data: readonly object[]; stats: readonly object[]; poolers: readonly object[]; unseen: readonly string[] }
    const show = (cluster?: string) => rig.fleet.run<Shown>('pooler.show', { cluster })
    const database = await databaseOf('acme')
    const app_ = rig.fleet.client({ maxConnections: 1 })
    const shown = await app_.tenant('acme').transaction(async (tx) => {
      await tx.rows(sql`select 1`)
      return show('main')
    })
    expect(shown).toMatchObject({ poolers: [{ cluster: 'main', version: expect.stringMatching(/^\d+\.\d+/) }], unseen: [] })
    const pool = shown.data.find(
      (one) => (one as { database: string; user: string }).database === database && (one as { user: string }).user === app,
    )
    expect(pool).toMatchObject({ cluster: 'main', mode: 'transaction', clientsWaiting: 0, serversActive: 1, serversLogin: 0, maxWaitMs: 0 })
    expect(shown.stats).toContainEqual(expect.objectContaining({ cluster: 'main', database, queries: expect.any(Number) }))
    for (const row of [...shown.data, ...shown.stats])
      for (const [name, value] of Object.entries(row)) expect([name, Number.isNaN(value)]).toEqual([name, false])
    await expect(show('absent')).rejects.toMatchObject({ code: 'CLUSTER_NOT_FOUND' })

    const secrets = (reference: string): string =>
      reference === 'env:TENANTRY_POOLER_PASSWORD' ? 'another' : rig.fleet.platform.secrets(reference)
    const { unseen } = await lookAtPoolers({ ...rig.fleet.platform, secrets })
    expect(unseen).toEqual([expect.stringMatching(/^main: /)])
  })

  test('the pooler takes no client without TLS, and no wrong password', async () => {
    const port = rig.poolerPort
    await expect(as(app, appPassword(), await databaseOf('acme'), { port, tls: 'disable' }).one(sql`select 1`)).rejects.toThrow(
      /SSL required/,
    )
    await expect(as(app, 'wrong', await databaseOf('acme'), { port }).one(sql`select 1`)).rejects.toMatchObject({ code: 'LOGIN_REFUSED' })
  })

  test('the server takes nobody without TLS, and logins only where they have something to do', async () => {
    const tenants = await databaseOf('acme')
    const refused = { code: 'LOGIN_REFUSED' }
    await expect(as('postgres', PASSWORDS.superuser, 'postgres', { tls: 'disable' }).one(sql`select 1`)).rejects.toMatchObject(refused)
    await expect(as(app, appPassword(), 'postgres').one(sql`select 1`)).rejects.toThrow(/rejects connection/)
    await expect(as(rig.fleet.platform.names.resolver, appPassword(), tenants).one(sql`select 1`)).rejects.toThrow(/rejects connection/)
    await admin().run(sql`create role stranger login password 'stranger'`)
    await expect(as('stranger', 'stranger', 'postgres').one(sql`select 1`)).rejects.toThrow(/rejects connection/)
    expect(await as(app, appPassword(), tenants).one(sql`select 1 as one`)).toEqual({ one: 1 })
  })

  test('nobody copies the whole server, whatever stands below', async () => {
    await appendFile(join(rig.dataDirectory, 'pg_hba.conf'), '\nhost replication all all trust\n')
    await admin().run(sql`select pg_reload_conf()`)
    const client = new pg.Client({
      ...{ host: '127.0.0.1', port: rig.port, user: 'postgres', database: 'postgres', replication: 'true' },
      ssl: { rejectUnauthorized: false },
    } as pg.ClientConfig)
    await expect(client.connect()).rejects.toThrow(/rejects replication connection/)
  })

  test('the doctor attacks through it, from where the control plane is', async () => {
    const tried = await rig.fleet.run<{ data: readonly { isolation: string; refused: number }[] }>('doctor.attack', { only: ['S-19'] })
    expect(tried.data.map(({ isolation, refused }) => [isolation, refused > 0])).toEqual([
      ['shared', true],
      ['schema', true],
      ['database', true],
    ])
  })

  test("the pooler's role is told the verifiers of applications, and nothing else", async () => {
    const { names } = rig.fleet.platform
    const asks = as(names.pooler, PASSWORDS.pooler, await databaseOf('acme'))
    const ask = (wanted: string) =>
      asks.rows(sql<{ login: string; verifier: string }>`select login, verifier from tenantry_pooler.login_v1(${wanted})`)
    await admin().run(sql`grant connect on database ${ident(await databaseOf('acme'))} to stranger`)

    expect(await ask(app)).toEqual([{ login: app, verifier: expect.stringMatching(/^SCRAM-SHA-256\$/) }])
    for (const name of ['postgres', 'stranger', names.pooler, names.resolver, names.owner, 'nobody']) expect(await ask(name)).toEqual([])
    for (const statement of [
      sql`select rolpassword from pg_catalog.pg_authid`,
      sql`select 1 from tenantry.placement`,
      sql`select tenantry.database_id()`,
      sql`create table tenantry_pooler.mine ()`,
      sql`create temporary table mine ()`,
    ])
      await expect(asks.run(statement)).rejects.toMatchObject({ code: '42501' })
    await admin()
      .run(sql`drop owned by stranger`)
      .catch(() => {})
    await admin(await databaseOf('acme')).run(sql`drop owned by stranger`)
    await admin().run(sql`drop role stranger`)
  })

  test('a statement is cancelled over TLS, through the pooler', async () => {
    const stop = new AbortController()
    const slow = { tenant: 'acme', statement: 'select count(*) from generate_series(1, 10000000000) as n' }
    const operation = rig.fleet.platform.find('tenant.sql')!
    const cancelled = submit(rig.fleet.platform, operation, slow, { actor: 'test', source: 'library' }, { signal: stop.signal })
    const running = async (): Promise<number> =>
      (
        await admin().one(sql<{ n: number }>`
        select count(*)::int as n from pg_catalog.pg_stat_activity where query like '%generate_series%' and state = 'active' and pid <> pg_backend_pid()`)
      ).n
    cancelled.catch(() => {})
    await expect.poll(running).toBe(1)
    stop.abort()
    await expect(cancelled).rejects.toMatchObject({ code: 'SCOPE_CANCELLED' })
    await expect.poll(running).toBe(0)
  })

  test('a client shows its certificate where the server asks for one', async () => {
    await admin().run(sql`create role good login`)
    await admin().run(sql`grant connect on database postgres to good`)
    const path = join(rig.dataDirectory, 'pg_hba.conf')
    await writeFile(path, `hostssl postgres "good" samehost cert\n${rig.texts.pg_hba}`)
    await admin().one(sql`select pg_reload_conf()`)
    const login = async (more: string): Promise<unknown> => {
      const url = rig.url().replace('postgres:superuser@', 'good@')
      const database = openDatabase(parseUrl(`${url}${more}`, 'it'), { applicationName: 'transport', max: 1, plain: true })
      return database.one(sql`select current_user::text as me`).finally(() => database.end())
    }
    const [cert, key] = ['good.crt', 'good.key'].map((name) => join(rig.folder, name))
    await expect.poll(() => login(`&sslcert=${cert}&sslkey=${key}`)).toEqual({ me: 'good' })
    await expect(login('')).rejects.toMatchObject({ code: 'LOGIN_REFUSED' })
    await writeFile(path, rig.texts.pg_hba)
    await admin().run(sql`drop owned by good`)
    await admin().run(sql`drop role good`)
  })

  test('a password that has expired lets nobody in', async () => {
    await admin().run(sql`alter role ${ident(app)} valid until '2001-01-01'`)
    const client = rig.fleet.client()
    const asks = as(rig.fleet.platform.names.pooler, PASSWORDS.pooler, await databaseOf('acme'))
    expect(await asks.rows(sql`select login from tenantry_pooler.login_v1(${app})`)).toEqual([])
    await admin().run(sql`alter role ${ident(app)} valid until 'infinity'`)
    expect(await client.tenant('acme').query(sql`select 1 as one`)).toEqual([{ one: 1 }])
  })

  test('the doctor finds it well, but for the holes of this pooler that its settings leave open', async () => {
    const { data } = await rig.fleet.run<{ data: readonly { check: string; reason: string }[] }>('doctor.run')
    expect(data.filter(({ check }) => check !== 'line.holes' && check !== 'cluster.version')).toEqual([])
    const told = data.find(({ check }) => check === 'line.holes')
    if (rig.pooler.version === '1.18.0') expect(told?.reason.match(/CVE-[\d-]+/g)).toEqual(['CVE-2026-6664', 'CVE-2026-107350'])
    expect(data.find(({ check }) => check === 'cluster.version')?.reason).toMatch(/stopped by walls of ours: .*CVE-2026-120154/)
  })

  test('the line of a cluster is changed, with a new password for the pooler', async () => {
    const { names } = rig.fleet.platform
    const asks = (password: string) => as(names.pooler, password, 'postgres').one(sql`select 1`)
    const ask = async (password: string) => as(names.pooler, password, await databaseOf('globex')).one(sql`select 1 as one`)
    const set = (what: object) =>
      rig.fleet.run<{ sslmode: string; warnings: readonly string[] }>('cluster.set', { cluster: 'main', ...what })

    await expect(set({ appHost: 'db.example.org', appSslmode: 'require' })).rejects.toMatchObject({ code: 'TLS_REQUIRED' })
    await set({ unset: ['pooler-secret'], poolerVersion: '1.26.1' })
    await expect(ask(PASSWORDS.pooler)).rejects.toMatchObject({ code: 'LOGIN_REFUSED' })
    expect((await rig.fleet.run<{ text: string }>('cluster.config', { cluster: 'main', file: 'pgbouncer' })).text).not.toContain(
      'auth_query',
    )
    expect(await set({ poolerSecret: 'env:TENANTRY_POOLER_PASSWORD', unset: ['pooler-version'] })).toMatchObject({ sslmode: 'verify-full' })
    expect(await ask(PASSWORDS.pooler)).toEqual({ one: 1 })
    await expect(asks(PASSWORDS.pooler)).rejects.toMatchObject({ code: 'LOGIN_REFUSED' })

    // Where the pooler's password is not known, the rest is changed all the same, and it says what it could not ask.
    const blind = {
      ...rig.fleet.platform,
      secrets: (reference: string): string => {
        if (reference === 'env:TENANTRY_POOLER_PASSWORD') throw fault('SECRET_MISSING', { reference, reason: 'it is not here' })
        return rig.fleet.platform.secrets(reference)
      },
    }
    const { output } = await submit(
      blind,
      blind.find('cluster.set')!,
      { cluster: 'main', appPort: rig.poolerPort },
      { actor: 'test', source: 'library' },
    )
    expect(output).toMatchObject({ warnings: [expect.stringContaining('the pooler was not asked for its version')] })

    // Cancelled half-way, it leaves the password as it was.
    rig.at.set('cluster.set/retire:before', async () => {
      const { data } = await rig.fleet.run<{ data: readonly { id: string }[] }>('operation.list', { limit: 1 })
      await rig.fleet.run('operation.cancel', { operation: data[0]!.id })
    })
    await expect(set({ poolerSecret: 'env:NEXT_POOLER_PASSWORD' })).rejects.toMatchObject({ code: 'OPERATION_CANCELLED' })
    rig.at.clear()
    await expect(ask(PASSWORDS.nextPooler)).rejects.toMatchObject({ code: 'LOGIN_REFUSED' })
    expect(await ask(PASSWORDS.pooler)).toEqual({ one: 1 })
  })

  test('a server with published holes is taken only on request', async () => {
    const second = rig.fleet.run('cluster.add', { name: 'second', database: 'test_second' })
    await expect(second).rejects.toMatchObject({
      code: 'VERSION_UNSAFE',
      message: expect.stringMatching(/open to tenants: .*CVE-2026-116327/),
    })
  })

  test('what leaves the machine must be verified, unless the host is named', async () => {
    const remote = { name: 'second', database: 'test_second', appHost: 'db.example.org', allowUnsafeVersion: true }
    for (const appSslmode of ['disable', 'require', 'verify-ca'])
      await expect(rig.fleet.run('cluster.add', { ...remote, appSslmode })).rejects.toMatchObject({ code: 'TLS_REQUIRED' })
  })

  test.for([
    ['expired', 'CERTIFICATE_EXPIRED', /certificate verify failed/],
    ['self-signed', 'CERTIFICATE_UNTRUSTED', /certificate verify failed/],
    ['another-name', 'CERTIFICATE_NAME', /name .*not present in server certificate/],
    ['none', 'TLS_NOT_OFFERED', /server refused SSL/],
  ] as const)('a server with the certificate "%s" is believed by nobody: %s', async ([certificate, code, logged]) => {
    const tenants = await databaseOf('acme')
    await goDirectly(rig)
    const direct = rig.fleet.client()
    await direct.tenant('acme').query(sql`select 1`)
    await goThrough(rig)
    const logStart = (await rig.poolerLog()).length

    await rig.restart(certificate)
    try {
      await expect(rig.fleet.platform.catalog.one(sql`select 1`)).rejects.toMatchObject({ code })
      await expect(direct.tenant('acme').query(sql`select 1`)).rejects.toMatchObject({ code })
      await expect(rig.fleet.client().tenant('acme').query(sql`select 1`)).rejects.toMatchObject({ code: 'CATALOG_UNREACHABLE' })
      // It tries again once a second, and says what it has found.
      const told = async (): Promise<true | undefined> => {
        await expect(throughPooler(rig, app, appPassword(), tenants)).rejects.toThrow()
        return logged.test((await rig.poolerLog()).slice(logStart)) ? true : undefined
      }
      expect(await waitFor(told, { withinMs: 8_000, everyMs: 200 })).toBe(true)
    } finally {
      await rig.restart('good')
    }
  })
})

/** Where applications connect, for clients that are opened from now on. */
const goDirectly = (rig: TlsRig): Promise<number> =>
  rig.fleet.platform.catalog.run(sql`update catalog.cluster set pooler = 'none', app_port = ${rig.port}`)
const goThrough = (rig: TlsRig): Promise<number> =>
  rig.fleet.platform.catalog.run(sql`update catalog.cluster set pooler = 'pgbouncer', app_port = ${rig.poolerPort}`)

async function throughPooler(rig: TlsRig, user: string, password: string, database: string): Promise<void> {
  const ssl = { ca: rig.fleet.secrets(`file:${rig.ca}`) }
  const client = new pg.Client({ host: 'localhost', port: rig.poolerPort, user, password, database, ssl, connectionTimeoutMillis: 1_500 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('select 1')
  } finally {
    await client.end().catch(() => {})
  }
}

test('an application does not even try another machine without verified TLS', () => {
  const open = (catalogUrl: string, unverifiedHosts: readonly string[] = []) =>
    createTenantry({ catalogUrl, transport: { unverifiedHosts }, secrets: () => '' }).close()
  for (const mode of ['disable', 'prefer', 'require', 'verify-ca'])
    expect(() => open(`postgres://a:b@db.example.org/c?sslmode=${mode}`)).toThrow(/leads to db\.example\.org:5432 with sslmode=/)
  expect(() => open('postgres://a:b@db.example.org/c?sslmode=require', ['*.example.org'])).not.toThrow()
  expect(() => open('postgres://a:b@db.example.org/c')).not.toThrow()
})
