import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ProgressEvent } from '../../src/engine/progress.js'
import { submit } from '../../src/engine/submit.js'
import { ident, type Sql, sql } from '../../src/kernel/sql.js'
import type { Database, Session } from '../../src/postgres/session.js'
import { createApp } from '../../src/server/app.js'
import type { Fleet } from '../../src/testing.js'
import { runWorker } from '../../src/worker/worker.js'
import { commandLine } from '../cli/cli.js'
import { runKilled, withWorkers, writeConfig } from '../faults/children.js'
import { holdHome, itemsBy, ledgers, newestRun, nextMigration, startWaves, thrown, until } from './waves-rig.js'

let fleet: Fleet
const HOMES = ['one', 'two', 'three', 'four'] as const
beforeAll(async () => {
  fleet = await startWaves({ one: 'schema', two: 'schema', three: 'schema', four: 'schema' })
  await writeConfig(fleet)
})
afterAll(() => fleet?.stop())

const cli = async (...argv: readonly string[]) => {
  const secret = (name: string): string => fleet.secrets(`env:${name}`)
  const { run } = await commandLine({ DATABASE_URL: secret('DATABASE_URL'), TENANTRY_APP_PASSWORD: secret('TENANTRY_APP_PASSWORD') })
  return run(...argv, '--config', join(fleet.folder, 'tenantry.config.json'))
}
const runEnded = (id: string) =>
  until(async () => {
    const seen = await newestRun(fleet)
    return seen.id === id && seen.state === 'succeeded' && seen
  })

describe('a worker is killed', () => {
  test('between the commit of a home and its journal: whoever goes on finds it done, and does not do it again', async () => {
    const version = await nextMigration(fleet)
    const { schema, home } = await fleet.tenant('two')
    await runKilled(fleet, 'migrate.up', { parallel: 1, canaries: 1, waves: '50%' }, `migrate.up/tenant[${schema} ${home}]:acted`)
    const { id } = await newestRun(fleet)
    // They have gone together, and the catalog knows of neither.
    expect(await ledgers(fleet, 'two', 'three', 'four')).toEqual([version, version, expect.not.stringMatching(version)])
    for (const slug of ['two', 'three']) expect(await fleet.tenant(slug)).toMatchObject({ version: expect.not.stringMatching(version) })
    const order = await itemsBy(fleet, id)
    // The shared home, which serves nobody yet, is the last.
    expect(order.map(({ wave }) => wave)).toEqual([1, 2, 2, 3, 3])

    await withWorkers(fleet, 1, () => runEnded(id))
    expect(await ledgers(fleet, ...HOMES)).toEqual(Array(4).fill(version))
    expect((await itemsBy(fleet, id)).map(({ item, wave, state }) => [item, wave, state])).toEqual(
      order.map(({ item, wave }) => [item, wave, 'done']),
    )
    const witness = await fleet.witness('two')
    const written = sql`select count(*)::int as times from tenantry.migration where home_id = ${home} and version = ${version}`
    expect(await witness.one(written)).toEqual({ times: 1 })
  })

  test('while the operation is paused, nobody takes it up; it is there after all of them have gone', async () => {
    await nextMigration(fleet)
    await thrown(fleet.run('migrate.up', { canaries: 1, pauseBetween: true }))
    const { id } = await newestRun(fleet)
    await withWorkers(fleet, 1, () => new Promise((resolve) => setTimeout(resolve, 1_500)))
    expect(await newestRun(fleet)).toMatchObject({ id, state: 'paused', attempts: 1 })
    await fleet.run('operation.resume', { operation: id })
    expect(await newestRun(fleet)).toMatchObject({ id, state: 'succeeded' })
  })
})

describe('nobody has it', () => {
  test('is told once the lease is over, and whoever retries it goes on in its place', async () => {
    const version = await nextMigration(fleet)
    const { schema, home } = await fleet.tenant('two')
    await runKilled(fleet, 'migrate.up', { parallel: 1 }, `migrate.up/tenant[${schema} ${home}]:acted`)
    const { id } = await newestRun(fleet)
    await fleet.platform.catalog.run(sql`update catalog.operation set lease_until = clock_timestamp() + interval '1 hour' where id = ${id}`)
    expect(await cli('operation', 'retry', id)).toMatchObject({ status: 6 })
    expect((await cli('operation', 'show', id)).stdout).not.toContain('nobody')
    await fleet.platform.catalog.run(sql`update catalog.operation set lease_until = clock_timestamp() where id = ${id}`)
    expect((await cli('operation', 'show', id)).stdout).toContain('nobody has it')
    expect((await cli('operation', 'list')).stderr).toContain(`nobody has ${id}`)
    expect(await cli('operation', 'retry', id)).toMatchObject({ status: 0 })
    expect(await newestRun(fleet)).toMatchObject({ id, state: 'succeeded', attempts: 2 })
    expect(await ledgers(fleet, ...HOMES)).toEqual(Array(4).fill(version))
  })
})

describe('progressive', () => {
  test('answers at once; a worker goes through the fleet, puts the run down when it stops, and another goes on', async () => {
    const version = await nextMigration(fleet)
    const { status, stdout } = await cli('migrate', 'up', '--mode', 'progressive', '--rate', '60/min', '--parallel', '1', '--json')
    expect(status).toBe(0)
    const { operation } = JSON.parse(stdout) as { operation: string }
    expect(await newestRun(fleet)).toMatchObject({ id: operation, state: 'running', leased: false, attempts: 0 })
    expect(await ledgers(fleet, ...HOMES)).not.toContain(version)

    const stop = new AbortController()
    const worker = runWorker(fleet.platform, stop.signal)
    const done = async (): Promise<number> => (await itemsBy(fleet, operation)).filter(({ state }) => state === 'done').length
    await until(async () => (await done()) >= 1)
    stop.abort()
    await worker
    expect(await newestRun(fleet)).toMatchObject({ id: operation, state: 'running', leased: false, attempts: 1 })
    expect(await done()).toBeLessThan(5)
    await withWorkers(fleet, 1, () => runEnded(operation))
    expect(await ledgers(fleet, ...HOMES)).toEqual(Array(4).fill(version))
  })
})

describe('from the command line', () => {
  const dirty = async (slug: string, rows: number): Promise<void> => {
    const { schema, id } = await fleet.tenant(slug)
    const witness = await fleet.witness(slug)
    await witness.run(sql`delete from ${ident(schema, 'note')}`)
    await witness.run(
      sql`insert into ${ident(schema, 'note')} (tenant_id, id, body) select ${id}, n, 'same' from generate_series(1, ${rows}::int) n`,
    )
  }

  test('a run is paused, gone on with, a home of it left out, retried, and another one ended', async () => {
    await nextMigration(fleet, 'create unique index once on note (tenant_id, body);\ndrop index once;\n')
    for (const slug of ['one', 'two']) await dirty(slug, 2)
    const running = cli('migrate', 'up', '--parallel', '1', '--canaries', '1', '--soak', '1h', '--error-budget', '9')
    const { id } = await until(async () => {
      const seen = await newestRun(fleet).catch(() => undefined)
      return seen?.waitsFor?.includes('soaked') === true && seen
    })
    const verb = (name: string, ...more: readonly string[]) => cli('operation', name, id, ...more)
    expect(await verb('pause', '--reason', 'the shop is open')).toMatchObject({ status: 0 })
    const { status, stderr } = await running
    expect(status).toBe(3)
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(/^failed: .*once/),
      'wave 1 of 2 (canaries) is over: 0 done, 1 failed',
      expect.stringContaining('is paused: the shop is open'),
      expect.stringContaining('tenantry operation resume'),
      '',
    ])
    await fleet.platform.catalog.run(sql`update catalog.operation_wave set ended_at = ended_at - interval '1 hour'`)
    expect(await verb('resume')).toMatchObject({ status: 3, stderr: expect.stringContaining('2 of 5 homes') })
    await dirty('one', 1)
    const { schema } = await fleet.tenant('two')
    expect(await verb('skip', schema, '--reason', 'later')).toMatchObject({ status: 0, stdout: expect.stringContaining(schema) })
    expect(await verb('retry')).toMatchObject({ status: 0 })
    expect((await verb('show')).stdout).toMatch(/succeeded[\s\S]*4 of 5 done, 0 failed, 1 skipped/)

    await dirty('two', 1)
    await nextMigration(fleet)
    expect(await cli('migrate', 'up', '--canaries', '1', '--pause-between')).toMatchObject({ status: 3 })
    const { id: paused } = await newestRun(fleet)
    expect(await cli('operation', 'cancel', paused)).toMatchObject({ status: 0, stdout: expect.stringContaining('what it has done stays') })
    expect(await cli('migrate', 'up')).toMatchObject({ status: 0 })
  })
})

describe('whoever looks on', () => {
  test('reads failures and progress as lines of JSON, exit 3 for a part, 8 for what is pending', async () => {
    await nextMigration(fleet)
    const held = await holdHome(fleet, 'one')
    const running = cli('migrate', 'up', '--progress', 'json')
    await until(async () => (await newestRun(fleet)).state === 'running')
    await new Promise((resolve) => setTimeout(resolve, 700))
    await held.release()
    const { status, stderr } = await running
    const events = stderr
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as ProgressEvent)
    expect(events).toContainEqual(expect.objectContaining({ event: 'progress', name: 'migrate.up', total: 5 }))
    expect(events.at(-1)).toMatchObject({ event: 'ended', state: 'succeeded' })
    expect(status).toBe(0)
  })

  test('the same facts come through the API as server-sent events, failures included', async () => {
    await nextMigration(fleet, "do $$ begin raise exception 'no room' using errcode = 'P0042'; end $$;\n")
    expect((await cli('migrate', 'status', '--exit-code')).status).toBe(8)
    const failed = await cli('migrate', 'up')
    expect(failed).toMatchObject({ status: 3, stderr: expect.stringContaining('tenantry operation retry') })
    const { id } = await newestRun(fleet)
    const { key } = await fleet.run<{ key: string }>('key.create', { name: 'reader', role: 'viewer' })
    const app = createApp(fleet.platform)
    const ask = (path: string, headers: Record<string, string>) => app.fetch(new Request(`http://api${path}`, { headers }))
    const events = { accept: 'text/event-stream' }
    const response = await ask(`/v1/operations/${id}/watch`, { ...events, authorization: `Bearer ${key}` })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    const text = await response.text()
    expect(text.match(/^event: (\w+)$/gm)).toEqual([...Array(5).fill('failed'), 'progress', 'ended'].map((name) => `event: ${name}`))
    expect(text).toContain('"sqlstate":"P0042"')
    expect(text).toContain('"failed":5')
    expect((await ask(`/v1/operations/${id}/watch`, events)).status).toBe(401)
    const nobody = await ask(`/v1/operations/${id.replace(/^.{8}/, '00000000')}/watch`, { ...events, authorization: `Bearer ${key}` })
    expect(nobody.status).toBe(404)
    await nextMigration(fleet)
  })
})

/** The statements that a platform sends its catalog. */
function counted(fleetOf: Fleet): { readonly platform: Fleet['platform']; readonly texts: string[] } {
  const texts: string[] = []
  const told = <S extends Session>(session: S): S =>
    new Proxy(session, {
      get: (target, name: keyof S) => {
        const found = target[name] as (...given: unknown[]) => unknown
        if (name === 'transaction')
          return (body: (tx: Session) => Promise<unknown>, options: object) =>
            (target as unknown as Database).transaction((tx) => body(told(tx)), options)
        if (!['rows', 'one', 'maybe', 'run', 'script'].includes(String(name))) return found
        return (statement: Sql) => {
          texts.push(statement.text)
          return found(statement)
        }
      },
    })
  return { platform: { ...fleetOf.platform, catalog: told(fleetOf.platform.catalog) }, texts }
}

describe('ten thousand homes', () => {
  let large: Fleet
  beforeAll(async () => {
    large = await startWaves({ one: 'schema' })
    const { catalog } = large.platform
    // Whoever visits a home fails: the way to the server is gone.
    await catalog.run(sql`update catalog.cluster set admin_ref = 'env:NOWHERE'`)
    await catalog.transaction(async (tx) => {
      // Without the triggers, which keep what was before of each row.
      await tx.script(sql`set local session_replication_role = replica`)
      await tx.run(sql`
        insert into catalog.home (id, database_id, isolation, track, schema_name, role_name, login_name, state, version, applied, digest)
        select gen_random_uuid(), h.database_id, 'schema', h.track, 'x' || n, 'x' || n, h.login_name, 'live', h.version, h.applied, h.digest
        from catalog.home h, generate_series(1, 9998) n where h.isolation = 'schema'`)
      await tx.run(sql`
        insert into catalog.tenant (id, slug, name, isolation, state)
        select gen_random_uuid(), 'x' || h.number, 'x', 'schema', 'active' from catalog.home h where h.schema_name like 'x%'`)
      await tx.run(sql`
        insert into catalog.placement (tenant_id, home_id, epoch)
        select t.id, h.id, 1 from catalog.home h join catalog.tenant t on t.slug = 'x' || h.number`)
    })
    await catalog.run(sql`analyze`)
  })
  afterAll(() => large?.stop())

  const ask = async (name: string, input: object = {}) => {
    const { platform, texts } = counted(large)
    const { output } = await submit(platform, platform.find(name)!, input, { actor: 'test', source: 'library' })
    return { output, texts }
  }

  test('a run with nothing to do asks for them once, and visits none', async () => {
    const { output, texts } = await ask('migrate.up')
    expect(output).toMatchObject({ homes: 0 })
    expect(texts.filter((text) => /catalog\.home\b/.test(text) && !/catalog\.database d\n/.test(text))).toHaveLength(1)
    expect(texts.length).toBeLessThan(8)
  })

  test('the status and a dry run in waves visit none either', async () => {
    const { output, texts } = await ask('migrate.status')
    expect(output).toMatchObject({
      pendingHomes: 0,
      data: [
        { homes: 9_999, tenants: 9_999 },
        { homes: 1, tenants: 0 },
      ],
    })
    expect(texts).toHaveLength(6)
    await nextMigration(large)
    const plan = await ask('migrate.up', { dryRun: true, canaries: 10, waves: '1%,10%' })
    expect(plan.output).toMatchObject({
      homes: 10_000,
      waves: [
        { name: 'canaries', homes: 10 },
        { name: '1%', homes: 90 },
        { name: '10%', homes: 900 },
        { name: 'the rest', homes: 9_000 },
      ],
    })
    expect(plan.texts.length).toBeLessThan(8)
  })
})
