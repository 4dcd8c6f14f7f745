import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { limitBounds, watchedServers } from '../../src/catalog/watchdog.js'
import { type Eyes, openEyes } from '../../src/engine/watch/eyes.js'
import { findOffenders } from '../../src/engine/watch/offenders.js'
import { createRecorder } from '../../src/engine/watch/recorder.js'
import { createWatcher } from '../../src/engine/watch/watcher.js'
import { rolePrefix } from '../../src/isolation/doctor/finding.js'
import { loginName } from '../../src/isolation/names.js'
import { systemClock } from '../../src/kernel/clock.js'
import type { Log } from '../../src/kernel/log.js'
import { ident, literal, sql } from '../../src/kernel/sql.js'
import type { Database } from '../../src/postgres/session.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { keepWatch } from '../../src/worker/watchdog.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'
import { enter, timed } from './trap.js'

const TABLES = ['note', 'quiet', 'busy', 'kept', 'rows']
const MIGRATION = `-- migrate:up
${TABLES.map((name) => `create table "${name}" (tenant_id uuid not null default tenantry.tenant(), id bigint generated always as identity, body text, primary key (tenant_id, id));`).join('\n')}
-- migrate:down
drop table ${TABLES.map((name) => `"${name}"`).join(', ')};
`
// Without end, and without filling a disk.
const RUNAWAY = 'select count(*) from (select generate_series(1, 100000000000)) as endless'
const WITHIN_MS = 5_000

let fleet: Fleet
let witness: Database
let logged: string[] = []
const hear = (_: unknown, message: string): void => void logged.push(message)
const log: Log = { info: () => {}, warn: hear, error: hear }

const SHARED = ['locker', 'caught', 'asker', 'reader', 'neighbour', 'runaway', 'sleeper', 'rowlocker', 'slow', 'queued']
beforeAll(async () => {
  fleet = await fleetOn(testServer(), {
    migrations: { 'tenant/20260101000000_tables.sql': MIGRATION },
    config: { tiers: { hasty: { statementTimeout: '1s', idleTimeout: '1s' } } },
    tenants: { ...Object.fromEntries(SHARED.map((slug) => [slug, 'shared' as const])), alone: 'schema' },
    log,
  })
  for (const tenant of ['runaway', 'sleeper']) await fleet.run('tenant.set', { tenant, tier: 'hasty' })
  await fleet.run('tenant.set', { tenant: 'slow', tier: 'hasty', statementTimeoutMs: 60_000, idleTimeoutMs: 60_000 })
  witness = await fleet.witness('locker')
})
afterAll(() => fleet?.stop())

interface Row {
  readonly operation: string
  readonly tenant: string | null
  readonly changed: string
  readonly after: Readonly<Record<string, unknown>>
}

const acts = async (): Promise<readonly Row[]> =>
  (await fleet.run<{ data: readonly Row[] }>('audit.log', { actor: 'watchdog', limit: 100 })).data
const read = (slug: string, table: string) => timed(fleet.app.tenant(slug).query(sql`select from ${ident(table)}`))

async function until(what: () => Promise<boolean>, withinMs = WITHIN_MS): Promise<void> {
  const deadline = systemClock.now() + withinMs
  while (!(await what())) {
    if (systemClock.now() > deadline) throw new Error('it has not come to pass')
    await systemClock.sleep(20)
  }
}

const waiters = async (table?: string): Promise<number> =>
  (
    await witness.one(sql<{ n: number }>`
      select count(*)::int as n
      from pg_catalog.pg_locks
      where not granted and locktype = 'relation'
        and (${table ?? null}::text is null or relation = any (array(select c.oid from pg_catalog.pg_class c where c.relname = ${table ?? null})))
        and database = (select oid from pg_catalog.pg_database where datname = current_database())`)
  ).n

async function watched<T>(body: () => Promise<T>, watchers = 1, mode: 'act' | 'tell' = 'act'): Promise<T> {
  const stop = new AbortController()
  const platform = { ...fleet.platform, config: { ...fleet.platform.config, watchdog: mode } }
  const watching = Array.from({ length: watchers }, () => keepWatch(platform, stop.signal))
  try {
    return await body()
  } finally {
    stop.abort()
    await Promise.all(watching)
  }
}

describe('sessions', () => {
  test('what breaks its limits is stopped within 5 s, once, and told of; nobody else is touched', { timeout: 40_000 }, async () => {
    // A lock that its holder sits on.
    const locker = await enter(fleet, 'locker')
    await locker.say('set local idle_in_transaction_session_timeout = 0; lock table note in access exclusive mode')
    // One that its holder goes on working under: what is cancelled rolls back to after the lock, which is still held.
    const caught = await enter(fleet, 'caught')
    await caught.say('set local statement_timeout = 0; lock table busy in share mode; savepoint later')
    const caughtWork = timed(caught.say(RUNAWAY))
    // One that is only asked for, behind somebody who reads at leisure: everybody after it waits all the same.
    const reader = await enter(fleet, 'reader')
    await reader.say('select from quiet')
    const asker = await enter(fleet, 'asker')
    const asked = timed(asker.say('lock table quiet in access exclusive mode'))
    await until(async () => (await waiters()) === 1)
    const runaway = await enter(fleet, 'runaway')
    await runaway.say('set local statement_timeout = 0')
    const ran = timed(runaway.say(RUNAWAY))
    const sleeper = await enter(fleet, 'sleeper')
    await sleeper.say('set local idle_in_transaction_session_timeout = 0')

    // Those who keep within theirs: a limit of its own, locks on rows, a lock in a home of its own, and whoever is no application.
    const slow = await enter(fleet, 'slow')
    const slowWork = timed(slow.say(RUNAWAY))
    const rowlocker = await enter(fleet, 'rowlocker')
    await rowlocker.say(`insert into "rows" (body) values ('a'); select from "rows" for update`)
    const alone = await enter(fleet, 'alone')
    await alone.say('lock table note in access exclusive mode')
    const behindAlone = read('alone', 'note')
    const { schema } = await fleet.tenant('locker')
    const held = witness.transaction(async (session) => {
      await session.run(sql`lock table ${ident(schema, 'kept')} in access exclusive mode`)
      await systemClock.sleep(2_500)
    })
    await systemClock.sleep(100)
    // Somebody asks for a strong lock behind it, and has it at last: whoever waits longer than a second waits for us.
    const queued = await enter(fleet, 'queued')
    const got = timed(queued.say(`lock table kept in access exclusive mode`)).then(async (had) => [had.outcome, await queued.end()])
    await until(async () => (await waiters('kept')) === 1)
    const behindUs = read('neighbour', 'kept')

    await watched(async () => {
      const freed = await Promise.all([read('neighbour', 'note'), read('neighbour', 'quiet'), timed(insertInto('neighbour', 'busy'))])
      expect(freed.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done'])
      for (const { ms } of freed) expect(ms).toBeLessThan(WITHIN_MS)
      expect([(await caughtWork).outcome, (await asked).outcome]).toEqual(['57014', '57014'])
      expect(await ran).toMatchObject({ outcome: '57014' })
      expect((await ran).ms).toBeLessThan(1_000 + WITHIN_MS)
      await until(async () => (await acts()).some(({ changed }) => changed.includes('sleeper')))
      await held
      expect(await got).toEqual(['done', 'committed'])
      expect((await behindUs).outcome).toBe('done')
    }, 2)

    expect(await Promise.all([locker.end(), caught.end(), sleeper.end()])).toEqual([
      'CONNECTION_LOST',
      'CONNECTION_LOST',
      'CONNECTION_LOST',
    ])
    expect(await Promise.all([reader.end(), alone.end()])).toEqual(['committed', 'committed'])
    expect((await behindAlone).outcome).toBe('done')
    await witness.run(sql`select pg_cancel_backend(${slow.pid})`)
    expect((await slowWork).outcome).toBe('57014')
    await rowlocker.end()

    const seen = (await acts()).map(({ operation, changed }) => `${operation}: ${changed}`).sort()
    expect(seen).toHaveLength(6)
    for (const [at, pattern] of [
      /^watchdog.cancel: cancelled what a session of asker was doing: 1 session waits behind its ACCESS EXCLUSIVE lock on \S+\.quiet for [\d.]+ s; the limit is 1\.0 s$/,
      /^watchdog.cancel: cancelled what a session of caught was doing: 1 session waits behind its SHARE lock on \S+\.busy for/,
      /^watchdog.cancel: cancelled what a session of runaway was doing: its statement runs for [\d.]+ s; the limit is 1\.0 s$/,
      /^watchdog.end: ended a session of caught: 1 session waits behind its SHARE lock on/,
      /^watchdog.end: ended a session of locker: 1 session waits behind its ACCESS EXCLUSIVE lock on \S+\.note for/,
      /^watchdog.end: ended a session of sleeper: its transaction waits for the application for [\d.]+ s; the limit is 1\.0 s$/,
    ].entries())
      expect(seen[at]).toMatch(pattern)
    const { id } = await fleet.tenant('locker')
    expect((await acts()).find(({ tenant }) => tenant === id)?.after).toMatchObject({
      cluster: 'main',
      slug: 'locker',
      pid: locker.pid,
      login: loginName(fleet.platform.id, 1),
      offence: 'lock',
      limitMs: 1_000,
      mode: 'ACCESS EXCLUSIVE',
      table: `${schema}.note`,
    })
    expect(logged.filter((message) => message.startsWith('watchdog: '))).toHaveLength(6)
  })

  test('`watchdog show` says what would be stopped, and why; nor does it stop anything that is only to tell', async () => {
    expect(await fleet.run('watchdog.show')).toMatchObject({ mode: 'act', data: [], unseen: [] })
    const locker = await enter(fleet, 'locker')
    await locker.say('lock table note in exclusive mode')
    const waiting = timed(insertInto('neighbour', 'note'))
    await until(async () => (await waiters()) === 1)
    await systemClock.sleep(1_100)

    expect(await fleet.run('watchdog.show')).toMatchObject({
      data: [{ cluster: 'main', tenant: 'locker', pid: locker.pid, offence: 'lock', limitMs: 1_000 }],
    })
    logged = []
    await watched(() => until(async () => logged.length > 0), 1, 'tell')
    expect(logged).toEqual([expect.stringMatching(/^watchdog, which only tells: a session of locker is to be stopped: 1 session waits/)])
    expect(await locker.end()).toBe('committed')
    expect((await waiting).outcome).toBe('done')
  })
})

test('while the catalog is silent it acts all the same, and the audit follows', { timeout: 20_000 }, async () => {
  const { catalog } = fleet.platform
  let down = true
  // Neither an answer nor an error, until the connection is given up: that is how a server is silent.
  const lost: (() => void)[] = []
  const silent = <T>(answer: () => Promise<T>): Promise<T> =>
    down ? new Promise<T>((_, reject) => lost.push(() => reject(new Error('silent')))) : answer()
  const platform = {
    ...fleet.platform,
    catalog: {
      ...catalog,
      rows: (s) => silent(() => catalog.rows(s)),
      maybe: (s) => silent(() => catalog.maybe(s)),
      run: (s) => silent(() => catalog.run(s)),
    },
  } as typeof fleet.platform
  const [server] = await catalog.rows(watchedServers)
  const bounds = await catalog.one(limitBounds)
  const [eyes, recorder] = [openEyes(platform), createRecorder(platform)]
  const watcher = createWatcher(platform, server!, eyes, recorder)
  const before = (await acts()).length
  const locker = await enter(fleet, 'locker')
  await locker.say('lock table note in exclusive mode')
  const freed = timed(insertInto('neighbour', 'note'))

  await until(async () => {
    await watcher.round(bounds).catch(() => {})
    return (await Promise.race([freed, systemClock.sleep(200)])) !== undefined
  })

  expect((await freed).outcome).toBe('done')
  expect(await locker.end()).toBe('CONNECTION_LOST')
  expect(await acts()).toHaveLength(before)
  down = false
  for (const lose of lost) lose()
  await recorder.flush()
  await recorder.flush()
  expect((await acts())[0]).toMatchObject({ operation: 'watchdog.end', tenant: null, after: { slug: null, pid: locker.pid } })
  await eyes.close()
})

test('a database that does not answer blinds it for nothing else', async () => {
  const [server] = await fleet.platform.catalog.rows(watchedServers)
  const eyes = openEyes(fleet.platform)
  const blind: Eyes = {
    ...eyes,
    on: (adminRef, database) => (database === undefined ? eyes.on(adminRef) : ({ rows: () => Promise.reject(new Error('down')) } as never)),
  }
  const locker = await enter(fleet, 'locker')
  await locker.say('lock table note in exclusive mode')
  const waiting = timed(insertInto('neighbour', 'note'))
  const runaway = await enter(fleet, 'runaway')
  await runaway.say('set local statement_timeout = 0')
  const ran = timed(runaway.say(RUNAWAY))
  await until(async () => (await waiters()) === 1)
  await systemClock.sleep(2_100)
  const found = async (through: Eyes) => {
    const { offenders } = await findOffenders(fleet.platform, server!, through, await fleet.platform.catalog.one(limitBounds))
    return offenders.map(({ verdict }) => verdict.offence).sort()
  }
  expect(await found(eyes)).toEqual(['lock', 'statement'])
  expect(await found(blind)).toEqual(['statement'])
  await witness.run(sql`select pg_cancel_backend(${runaway.pid})`)
  await Promise.all([ran, locker.end(), runaway.end()])
  await waiting
  await eyes.close()
})

const insertInto = (slug: string, table: string) => fleet.app.tenant(slug).query(sql`insert into ${ident(table)} default values`)

describe('roles that change themselves', () => {
  test('settings that bind or break sessions are taken back, what is an administrator’s choice is only told', {
    timeout: 20_000,
  }, async () => {
    const login = loginName(fleet.platform.id, 1)
    const bare = await fleet.bare('locker')
    const settings = async (): Promise<readonly string[]> => {
      const found = await witness.rows(sql<{ one: string }>`
        select concat_ws(' ', r.rolname, d.datname, c.setting) as one
        from pg_catalog.pg_db_role_setting s
        join pg_catalog.pg_roles r on r.oid = s.setrole and starts_with(r.rolname, ${rolePrefix(fleet.platform.id)})
        cross join unnest(s.setconfig) as c (setting)
        left join pg_catalog.pg_database d on d.oid = s.setdatabase
        order by 1`)
      return found.map(({ one }) => one)
    }
    const before = await settings()
    logged = []
    await watched(async () => {
      // So that it has seen how it was.
      await systemClock.sleep(300)
      await bare.run(sql`alter role current_user set statement_timeout = 0`)
      await bare.run(sql`alter role current_user reset idle_in_transaction_session_timeout`)
      await bare.run(sql`alter role current_user set row_security = off`)
      await bare.run(sql`alter role current_user set default_transaction_read_only = on`)
      await bare.run(
        sql`alter role current_user in database ${ident((await fleet.tenant('locker')).database)} set search_path = pg_temp, "password=, one"`,
      )
      await bare.run(sql`alter role current_user set array_nulls = off`)
      await bare.run(sql`alter role current_user set work_mem = '8MB'`)
      // Inside a scope it is the role of the home.
      const inside = await enter(fleet, 'neighbour')
      await inside.say('alter role current_user set search_path = pg_temp')
      expect(await inside.end()).toBe('committed')
      await until(async () => (await settings()).filter((one) => one !== `${login} work_mem=8MB`).join() === before.join())
      await until(async () => (await acts()).filter(({ operation }) => operation === 'watchdog.settings').length === 7)
    })
    expect(await settings()).toContain(`${login} work_mem=8MB`)
    expect(logged).toContainEqual('a setting of a role is not as it was made; see `tenantry doctor`')
    expect((await acts()).map(({ changed }) => changed)).toContainEqual(`${login} had statement_timeout set to 0, which is 60s again`)
    await witness.run(sql`alter role ${ident(login)} reset work_mem`)
  })

  test('a password is set anew from the secret, and applications get in again', { timeout: 20_000 }, async () => {
    const login = loginName(fleet.platform.id, 1)
    const outcome = async (): Promise<string> => (await timed(fleet.client().tenant('neighbour').query(sql`select 1`))).outcome
    await watched(async () => {
      // So that it has seen how it was.
      await systemClock.sleep(300)
      const bare = await fleet.bare('locker')
      await bare.run(sql`alter role current_user password ${literal('mine now')}`)
      await until(async () => (await acts())[0]?.operation === 'watchdog.password')
      await until(async () => (await outcome()) === 'done')
    })

    expect((await acts())[0]).toMatchObject({
      operation: 'watchdog.password',
      changed: `the password of ${login} had been changed, and is again the one of env:TENANTRY_APP_PASSWORD`,
    })
  })

  test('one whose own secret was never seen to be right sets no password, and tells', { timeout: 20_000 }, async () => {
    const login = loginName(fleet.platform.id, 1)
    const verifier = sql<{ kept: string }>`select rolpassword as kept from pg_catalog.pg_authid where rolname = ${login}`
    const { kept } = await witness.one(verifier)
    const before = (await acts()).length
    await witness.run(sql`alter role ${ident(login)} password ${literal('of an administrator')}`)
    const changed = (await witness.one(verifier)).kept
    logged = []
    await watched(() => until(async () => logged.includes('the password of a login is not the one that its secret says')))
    expect((await witness.one(verifier)).kept).toBe(changed)
    expect((await acts()).length).toBe(before)
    await witness.run(sql`alter role ${ident(login)} password ${literal(kept)}`)
  })
})
