import { type AddressInfo, createServer } from 'node:net'
import pg from 'pg'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { failWith } from '../../src/engine/operation.js'
import { systemClock } from '../../src/kernel/clock.js'
import { sql } from '../../src/kernel/sql.js'
import { listActivity } from '../../src/operations/activity/list.js'
import { type LockRow, listLocks } from '../../src/operations/activity/locks.js'
import type { SessionRow } from '../../src/operations/activity/row.js'
import type { Database } from '../../src/postgres/session.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn, urlOf } from '../support/fleet.js'
import { describeOn } from '../support/servers-injected.js'
import { enter, type Trap } from '../watchdog/trap.js'

const MIGRATION = `-- migrate:up
create table note (tenant_id uuid not null default tenantry.tenant(), id bigint, body text, primary key (tenant_id, id));
-- migrate:down
drop table note;
`
type Row = SessionRow & { readonly blockedBy: readonly number[] }
interface Listed {
  readonly data: readonly Row[]
  readonly others: number
  readonly unseen: readonly string[]
}

describeOn(['embedded-18', 'debian-15'], 'activity', (server) => {
  let fleet: Fleet
  let witness: Database
  let database: string

  beforeAll(async () => {
    fleet = await fleetOn(server, {
      migrations: { 'tenant/20260101000000_note.sql': MIGRATION },
      tenants: { acme: 'shared', other: 'shared', alone: 'schema' },
    })
    witness = await fleet.witness('acme')
    database = (await fleet.tenant('acme')).database
    await fleet.app.tenant('acme').query(sql`insert into note (id, body) values (1, 'a')`)
  })
  afterAll(() => fleet?.stop())

  const list = (input: object = {}) => fleet.run<Listed>('activity.list', input)
  const find = async (pid: number, input: object = {}): Promise<Row> => (await list(input)).data.find((row) => row.pid === pid)!
  const locks = (input: object = {}) => fleet.run<{ data: readonly LockRow[] }>('activity.locks', input)

  /** What it holds stands in the way of no other try. */
  const endsWithTest = (client: pg.Client): void => onTestFinished(() => client.end().catch(() => {}))

  /** A superuser in the tenants' database, in a transaction, whom nobody saves from a ring. */
  async function superuser(): Promise<pg.Client & { processID: number }> {
    const client = new pg.Client({ connectionString: urlOf(server, database), application_name: 'somebody' })
    await client.connect()
    client.on('error', () => {})
    endsWithTest(client)
    await client.query(`set deadlock_timeout = '1h'; begin`)
    return client as pg.Client & { processID: number }
  }

  /** A trap that keeps nobody waiting beyond its test, however that ends. */
  async function inside(slug: string): Promise<Trap> {
    const trap = await enter(fleet, slug)
    // Not one after the other: one may wait for another.
    onTestFinished(() => void trap.end().catch(() => {}))
    return trap
  }

  /** Resolves when this session waits for a lock: others of the database may do so for a moment. */
  async function untilWaits(pid: number): Promise<void> {
    const state = sql<{
      waits: boolean
    }>`select wait_event_type is not distinct from 'Lock' as waits from pg_catalog.pg_stat_activity where pid = ${pid}`
    while (!(await witness.one(state)).waits) await systemClock.sleep(20)
  }

  async function untilActive(pid: number): Promise<void> {
    const state = sql<{ state: string }>`select state from pg_catalog.pg_stat_activity where pid = ${pid}`
    while ((await witness.one(state)).state !== 'active') await systemClock.sleep(20)
  }

  const endOf = async (what: Promise<unknown>): Promise<string> =>
    what.then(
      () => 'done',
      (error: { code?: string }) => error.code ?? String(error),
    )

  test('a session is known by the scope that it is in, and its statement is told to those alone who ask and may', async () => {
    const trap = await inside('acme')
    await trap.say(`select 'a secret of acme'`)
    const { id } = await fleet.tenant('acme')

    const row = await find(trap.pid)
    expect(row).toMatchObject({
      ...{ cluster: 'main', tenant: id, slug: 'acme', database, state: 'idle in transaction', ours: true, kind: 'client backend' },
      ...{ wait: null, text: null, blockedBy: [] },
    })
    expect(row.transactionMs).toBeGreaterThanOrEqual(row.stateMs!)
    expect(row.backend).toMatch(new RegExp(`^${trap.pid}-[0-9a-z]+-[0-9a-z]+$`))
    expect((await find(trap.pid, { text: true })).text).toBe(`select 'a secret of acme'`)

    expect((await list({ tenant: 'acme' })).data.map(({ pid }) => pid)).toEqual([trap.pid])
    expect((await list({ tenant: 'other' })).data).toEqual([])
    expect((await list({ tenant: 'acme', cluster: 'main', busy: true })).data).toHaveLength(1)
    await expect(list({ cluster: 'absent' })).rejects.toMatchObject({ code: 'CLUSTER_NOT_FOUND' })
    await expect(list({ tenant: 'absent' })).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' })
    expect(await trap.end()).toBe('committed')
  })

  test('whoever may see one tenant is shown no session that is not in its scopes alone, and no other tenant', async () => {
    const [acme, other, both] = [await inside('acme'), await inside('other'), await superuser()]
    const [{ id }, { id: otherId }] = [await fleet.tenant('acme'), await fleet.tenant('other')]
    for (const one of [id, otherId]) await both.query(`select pg_advisory_xact_lock_shared(uuid_hash_extended($1::uuid, 7426))`, [one])
    const seenBy = (onlyTenant: string, input: object = {}) =>
      listActivity.kind === 'direct' &&
      listActivity.call(
        { platform: fleet.platform, caller: { actor: 'test', source: 'http', onlyTenant }, fail: failWith },
        { busy: false, text: false, ...input },
      )

    expect(await seenBy(id)).toMatchObject({ data: [{ pid: acme.pid }], others: 0, unseen: [] })
    expect(await seenBy(otherId)).toMatchObject({ data: [{ pid: other.pid }] })
    expect(await seenBy(id, { tenant: 'acme' })).toMatchObject({ data: [{ pid: acme.pid }] })
    await expect(seenBy(id, { tenant: 'other' })).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND' })
    expect(await find(both.processID)).toMatchObject({ tenant: null, slug: null, ours: false, application: 'somebody' })

    await both.query('rollback')
    await Promise.all([acme.end(), other.end()])
  })

  test('of whoever is in no transaction none is told, not one of no time', async () => {
    const idle = new pg.Client({ connectionString: urlOf(server, database), application_name: 'idle' })
    await idle.connect()
    endsWithTest(idle)
    const { processID } = idle as unknown as { processID: number }
    expect(await find(processID)).toMatchObject({ state: 'idle', transactionSince: null, transactionMs: null })
  })

  test('what others do on the same server is counted, and not shown', async () => {
    const elsewhere = new pg.Client({ connectionString: urlOf(server) })
    await elsewhere.connect()
    endsWithTest(elsewhere)
    const { data, others } = await list()
    expect(others).toBeGreaterThan(0)
    expect(data.map(({ pid }) => pid)).not.toContain((elsewhere as unknown as { processID: number }).processID)
  })

  test('a queue behind a row and an advisory lock is a tree, each below the one for whom it waits', async () => {
    const { schema } = await fleet.tenant('acme')
    const holder = await inside('acme')
    await holder.say(`update note set body = 'b' where id = 1`)
    const first = await inside('acme')
    // It waits for as long as this test takes, and not for the second that scopes have by themselves.
    await first.say(`set local lock_timeout = 0`)
    const firstEnd = endOf(first.say(`update note set body = 'c' where id = 1`))
    await untilWaits(first.pid)
    const [second, third] = [await superuser(), await superuser()]
    await second.query('select pg_advisory_xact_lock(4711)')
    const secondEnd = endOf(second.query(`update "${schema}".note set body = 'd' where id = 1`))
    await untilWaits(second.processID)
    const thirdEnd = endOf(third.query('select pg_advisory_xact_lock(4711)'))
    await untilWaits(third.processID)

    const { data } = await locks({ cluster: 'main' })
    expect(
      data.map(({ pid, depth, behind, slug, lock, blocks, cycle, again }) => ({ pid, depth, behind, slug, lock, blocks, cycle, again })),
    ).toEqual([
      { pid: holder.pid, depth: 0, behind: null, slug: 'acme', lock: null, blocks: 1, cycle: false, again: false },
      { pid: first.pid, depth: 1, behind: holder.pid, slug: 'acme', lock: 'transactionid', blocks: 1, cycle: false, again: false },
      { pid: second.processID, depth: 2, behind: first.pid, slug: null, lock: 'tuple', blocks: 1, cycle: false, again: false },
      { pid: third.processID, depth: 3, behind: second.processID, slug: null, lock: 'advisory', blocks: 0, cycle: false, again: false },
    ])
    expect([data[0]!.waitMs, data[0]!.transactionMs]).toEqual([null, expect.any(Number)])
    expect(data[2]).toMatchObject({ table: `${schema}.note`, mode: 'ExclusiveLock', text: null, state: 'active' })
    expect(data[2]!.waitMs).toBeGreaterThanOrEqual(data[3]!.waitMs!)
    expect((await locks({ text: true })).data.find(({ pid }) => pid === first.pid)!.text).toContain('update note')
    expect((await find(first.pid)).blockedBy).toEqual([holder.pid])
    const lines = listLocks.words.says({ data: [...data], unseen: ['second: no answer'] }).split('\n')
    expect(lines[0]).toMatch(/^main \d+-\w+-\w+ acme: idle in transaction, its transaction runs for .+, 1 waits for it$/)
    expect(lines[2]).toMatch(/^ {4}└ main \S+ \S+: waits .+ for ExclusiveLock on \S+\.note, 1 waits for it$/)
    expect(lines.slice(4)).toEqual(['second: no answer'])

    expect(await holder.end()).toBe('committed')
    expect(await firstEnd).toBe('done')
    expect(await first.end()).toBe('committed')
    expect(await secondEnd).toBe('done')
    await second.query('rollback')
    expect(await thirdEnd).toBe('done')
    await third.query('rollback')
    expect((await locks()).data).toEqual([])
  })

  test('of whoever is none of the platform only that it is in the way is told, but to those who may ask for more', async () => {
    const elsewhere = new pg.Client({ connectionString: urlOf(server), application_name: 'a canary of others' })
    await elsewhere.connect()
    endsWithTest(elsewhere)
    await elsewhere.query('begin')
    // What all databases share; whoever only reads it, as a server does for each connection of replication, waits for neither.
    await elsewhere.query('lock table pg_catalog.pg_replication_origin in share mode')
    const ours = await superuser()
    const waiting = endOf(ours.query('lock table pg_catalog.pg_replication_origin in share row exclusive mode'))
    await untilWaits(ours.processID)
    const { data } = await locks()
    const [first, second] = data
    expect(data.map(({ foreign, depth, blocks }) => [foreign, depth, blocks])).toEqual([
      [true, 0, 1],
      [false, 1, 0],
    ])
    expect(first).toMatchObject({ login: null, database: null, application: '', backend: null, table: null, state: 'idle in transaction' })
    expect(second).toMatchObject({ database, table: 'pg_catalog.pg_replication_origin' })
    expect(listLocks.words.says({ data: [...data], unseen: [] }).split('\n')[0]).toMatch(
      /^main foreign client backend \d+: idle in transaction/,
    )
    const [whole] = (await locks({ foreign: true })).data
    expect(whole).toMatchObject({ foreign: true, database: 'postgres', application: 'a canary of others' })
    expect(listLocks.access.stronger).toMatchObject({ foreign: ['fleet-admin'] })
    await elsewhere.query('rollback')
    await waiting
    await ours.query('rollback')
  })

  test('two who wait for each other are a ring, which is cut', async () => {
    const [one, two] = [await superuser(), await superuser()]
    await one.query('select pg_advisory_xact_lock(1)')
    await two.query('select pg_advisory_xact_lock(2)')
    const oneEnd = endOf(one.query('select pg_advisory_xact_lock(2)'))
    await untilWaits(one.processID)
    const twoEnd = endOf(two.query('select pg_advisory_xact_lock(1)'))
    await untilWaits(two.processID)

    const { data } = await locks()
    expect(data.map(({ pid, depth, cycle, again }) => [pid, depth, cycle, again])).toEqual([
      [one.processID, 0, true, false],
      [two.processID, 1, true, false],
      [one.processID, 2, true, true],
    ])
    await witness.run(sql`select pg_cancel_backend(${one.processID})`)
    expect([await oneEnd, await endOf(one.query('rollback')), await twoEnd]).toEqual(['57014', 'done', 'done'])
    await two.query('rollback')
  })

  const stop = (backend: string, more: object = {}) => fleet.run('activity.stop', { cluster: 'main', backend, ...more })
  const stopped = async (trap: Trap): Promise<string> => (await find(trap.pid)).backend

  test('a statement is cancelled, a session is ended, and both are audited with the tenant', async () => {
    const trap = await inside('acme')
    const running = endOf(trap.say('select count(*) from (select generate_series(1, 100000000000)) as endless'))
    await untilActive(trap.pid)
    const { id } = await fleet.tenant('acme')

    expect(await stop(await stopped(trap))).toMatchObject({ act: 'cancel', tenant: id, slug: 'acme', state: 'active' })
    expect(await running).toBe('57014')
    expect(await trap.end()).not.toBe('committed')
    const idle = await inside('acme')
    expect(await stop(await stopped(idle), { end: true })).toMatchObject({ act: 'end', tenant: id, state: 'idle in transaction' })
    expect(await idle.end()).toBe('CONNECTION_LOST')

    const { data } = await fleet.run<{ data: readonly { outcome: string; tenant: string | null }[] }>('audit.log', {
      operation: 'activity.stop',
    })
    expect(data.map(({ outcome, tenant }) => [outcome, tenant])).toEqual([
      ['succeeded', id],
      ['accepted', null],
      ['succeeded', id],
      ['accepted', null],
    ])
  })

  test('whoever has the number of a session that has ended is let alone, and so is one that has gone on to another transaction', async () => {
    const trap = await inside('acme')
    const [pid, startedAt, transactionAt] = (await stopped(trap)).split('-')
    const earlier = (moment: string): string => (Number.parseInt(moment, 36) - 1).toString(36)
    const changed = { code: 'BACKEND_CHANGED' }

    await expect(stop(`${pid}-${earlier(startedAt!)}`, { end: true })).rejects.toMatchObject(changed)
    await expect(stop(`${pid}-${startedAt}-${earlier(transactionAt!)}`, { end: true })).rejects.toMatchObject(changed)
    // It waits for its application: there is nothing to be cancelled.
    await expect(stop(`${pid}-${startedAt}`)).rejects.toMatchObject(changed)
    await expect(stop(`999999999-${startedAt}`, { end: true })).rejects.toMatchObject({ code: 'BACKEND_NOT_FOUND' })
    await expect(stop('1; select 1', { end: true })).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    await expect(fleet.run('activity.stop', { cluster: 'absent', backend: `${pid}-${startedAt}` })).rejects.toMatchObject({
      code: 'CLUSTER_NOT_FOUND',
    })
    expect(await trap.end()).toBe('committed')
  })

  test('nobody is stopped who is no application: no administrator, in a scope or not, and nothing of the control plane', async () => {
    const admin = await superuser()
    const { id } = await fleet.tenant('acme')
    await admin.query(`select pg_advisory_xact_lock_shared(uuid_hash_extended($1::uuid, 7426))`, [id])
    await fleet.platform.catalog.transaction(async (tx) => {
      const { pid } = await tx.one(sql<{ pid: number }>`select pg_backend_pid() as pid`)
      for (const backend of [(await find(admin.processID)).backend, (await find(pid)).backend])
        await expect(stop(backend, { end: true })).rejects.toMatchObject({ code: 'BACKEND_FOREIGN' })
    })
    expect(await endOf(admin.query('commit'))).toBe('done')
  })

  test('of many who ask at once, nobody takes a connection of the server for himself', async () => {
    const used = sql<{ n: number }>`
      select count(*)::int as n from pg_catalog.pg_stat_activity where application_name = 'tenantry activity' and datname is not null`
    let [most, going] = [0, true]
    const watching = (async () => {
      while (going) most = Math.max(most, (await witness.one(used)).n)
    })()
    const answers = await Promise.all(Array.from({ length: 60 }, (_, n) => list({ text: n % 2 === 0 })))
    going = false
    await watching
    expect(answers.every(({ data, unseen }) => data.length > 0 && unseen.length === 0)).toBe(true)
    // One that is about to go may still stand beside the next, and other platforms of the same server have theirs.
    expect(most).toBeLessThan(10)
  })

  // What never answers has no version: once is enough.
  if (server.engine === 'embedded-18')
    test('of one that takes connections and says nothing, nobody waits for the looks of others', async () => {
      let taken = 0
      const hole = createServer((socket) => {
        taken++
        socket.on('error', () => {})
      })
      await new Promise<void>((done) => hole.listen(0, '127.0.0.1', done))
      const { port } = hole.address() as AddressInfo
      const platform = { ...fleet.platform, secrets: () => `postgres://nobody@127.0.0.1:${port}/nothing` }
      const look = () =>
        listActivity.kind === 'direct' &&
        listActivity.call({ platform, caller: { actor: 'test', source: 'cli' }, fail: failWith }, { busy: false, text: false })
      const many = Array.from({ length: 8 }, look)
      try {
        for (const seen of await Promise.all(many))
          expect(seen).toMatchObject({ data: [], unseen: [expect.stringMatching(new RegExp(`^main: .*127\\.0\\.0\\.1:${port}`))] })
        // One after the other each would have made a connection of its own.
        expect([taken > 0, taken < many.length / 2]).toEqual([true, true])
      } finally {
        hole.close()
      }
    })

  test('a server that does not answer is told of, and keeps nobody from seeing the others', async () => {
    const { platform } = fleet
    const secrets = (): string => 'postgres://nobody@127.0.0.1:1/nothing'
    const blind = listActivity.kind === 'direct' && listActivity.call
    const seen = await (blind as Exclude<typeof blind, false>)(
      { platform: { ...platform, secrets }, caller: { actor: 'test', source: 'cli' }, fail: failWith },
      { busy: false, text: false },
    )
    expect(seen).toMatchObject({ data: [], unseen: [expect.stringMatching(/^main: .*127\.0\.0\.1:1/)] })
  })
})
