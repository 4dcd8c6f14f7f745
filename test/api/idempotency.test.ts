import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { operation } from '../../src/engine/operation.js'
import type { Platform } from '../../src/engine/platform.js'
import { submit } from '../../src/engine/submit.js'
import { fault } from '../../src/kernel/faults.js'
import { sql } from '../../src/kernel/sql.js'
import { keepKeysFew } from '../../src/worker/idempotency-keeper.js'
import { type Api, expectProblem, startApi, tablesWith } from './api-server.js'

let api: Api
let key: string
let platform: Platform

beforeAll(async () => {
  api = await startApi()
  platform = api.control.platform
  key = (await api.key('fleet-admin')).key
  await api.control.run('tenant.create', { slug: 'corner' })
  await api.control.run('migrate.up', {})
})
afterAll(() => api.close())

const post = (path: string, json: object, name?: string, headers: Readonly<Record<string, string>> = {}) =>
  api.call('POST', path, { key, json, headers: { ...headers, ...(name === undefined ? {} : { 'idempotency-key': name }) } })
const statement = (text: string, name?: string, more: object = {}) => post('/v1/tenants/corner/sql', { statement: text, ...more }, name)
const keysNamed = async (name: string): Promise<number> =>
  (await platform.catalog.one(sql<{ n: number }>`select count(*)::int as n from catalog.idempotency where key = ${name}`)).n
const age = (name: string) =>
  platform.catalog.run(sql`update catalog.idempotency set created_at = created_at - interval '25 hours' where key = ${name}`)

/** A request that no operation journals, as this test would have it. */
function direct(call: () => Promise<object>, answersRows = false) {
  const definition = operation({
    kind: 'direct',
    name: 'test.direct',
    summary: 'What a test does.',
    effect: 'change',
    input: z.strictObject({ n: z.number().default(0) }),
    output: z.looseObject({ at: z.date().optional() }),
    faults: ['OPERATION_NOT_FOUND', 'FLEET_PARTIAL', 'CONNECTION_LOST'],
    access: { roles: [] },
    words: { says: () => '' },
    ...(answersRows ? { answersRows: true } : {}),
    call,
  })
  return async (idempotencyKey: string, input: object = {}, of: Platform = platform): Promise<unknown> =>
    (await submit(of, definition, input, { actor: 'test', source: 'library' }, { idempotencyKey })).output
}

const impatient = (leaseMs: number): Platform => ({ ...platform, config: { ...platform.config, leaseMs } })
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

describe('what is not journaled', () => {
  test('is done once under its key, and answered alike', async () => {
    let calls = 0
    const run = direct(async () => ({ calls: ++calls, at: new Date(86_400_000) }))
    const first = await run('direct-twice')
    expect(await run('direct-twice', { n: 0 })).toEqual(first)
    expect(first).toEqual({ calls: 1, at: new Date(86_400_000) })
    await expect(run('direct-twice', { n: 1 })).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' })
    expect(calls).toBe(1)
  })

  test('is told to be running for as long as it runs, however long that is', async () => {
    let calls = 0
    let end = () => {}
    const run = direct(async () => {
      calls++
      await new Promise<void>((resolve) => {
        end = resolve
      })
      return { calls }
    })
    const of = impatient(3_000)
    const name = `direct-long-${randomUUID()}`
    const first = run(name, {}, of)
    await expect.poll(() => calls).toBe(1)
    try {
      for (let look = 0; look < 5; look++) {
        await pause(1_000)
        await expect(run(name, {}, of)).rejects.toMatchObject({ code: 'REQUEST_RUNNING' })
      }
    } finally {
      end()
    }
    await first
    expect(await run(name, {}, of)).toEqual({ calls: 1 })
    expect(calls).toBe(1)
  })

  test('is done by one of 20 who ask at once', async () => {
    let calls = 0
    const run = direct(async () => {
      await pause(100)
      return { calls: ++calls }
    })
    const ended = await Promise.allSettled(Array.from({ length: 20 }, () => run('direct-many')))
    expect(ended.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(1)
    for (const one of ended) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'REQUEST_RUNNING' })
    expect(calls).toBe(1)
  })

  test('is not done again when the process that did it has died before it could say so', async () => {
    let calls = 0
    let dead = false
    const run = direct(async () => {
      calls++
      dead = true
      return { calls }
    })
    // From the moment that it is dead, nothing of it reaches the catalog.
    const gone: Platform = {
      ...impatient(300),
      catalog: {
        ...platform.catalog,
        run: async (given) =>
          dead ? Promise.reject(fault('CATALOG_UNREACHABLE', { server: 'x', reason: 'dead' })) : platform.catalog.run(given),
      },
    }
    await run('direct-crash', {}, gone)
    await pause(400)
    dead = false
    await expect(run('direct-crash')).rejects.toMatchObject({ code: 'REQUEST_UNSURE' })
    expect(calls).toBe(1)
    await age('direct-crash')
    expect(await run('direct-crash')).toEqual({ calls: 2 })
  })

  test('leaves its key free where it was refused', async () => {
    let calls = 0
    const run = direct(async () => {
      if (++calls === 1) throw fault('OPERATION_NOT_FOUND', { operation: 'x' })
      return { calls }
    })
    await expect(run('direct-refused')).rejects.toMatchObject({ code: 'OPERATION_NOT_FOUND' })
    expect(await run('direct-refused')).toEqual({ calls: 2 })
  })

  test.each([
    ['FLEET_PARTIAL', () => fault('FLEET_PARTIAL', { operation: 'x', failed: 1, total: 2, first: 'y' }), 'FLEET_PARTIAL'],
    ['CONNECTION_LOST', () => fault('CONNECTION_LOST', { server: 'x', reason: 'y' }), 'CONNECTION_LOST'],
    ['what it does not declare', () => fault('TENANT_EXISTS', { slug: 'x' }), 'TENANT_EXISTS'],
    ['what nobody has foreseen', () => new TypeError('secret'), 'INTERNAL'],
  ] as const)('ends for good with what may have been done: %s', async (name, made, code) => {
    let calls = 0
    const run = direct(async () => {
      calls++
      throw made()
    })
    const first = await run(`direct-${name}`).catch((error: Error) => error)
    const again = await run(`direct-${name}`).catch((error: Error) => error)
    expect(again).toMatchObject({ code })
    if (code !== 'INTERNAL') expect((again as Error).message).toBe((first as Error).message)
    expect(calls).toBe(1)
  })

  test.each([
    ['65,000 bytes are kept', 65_000, undefined],
    ['66,000 bytes are not', 66_000, 'ANSWER_NOT_KEPT'],
  ] as const)('of an answer %s', async (name, length, code) => {
    let calls = 0
    const run = direct(async () => ({ calls: ++calls, text: 'x'.repeat(length) }))
    const first = await run(name)
    if (code === undefined) expect(await run(name)).toEqual(first)
    else await expect(run(name)).rejects.toMatchObject({ code })
    expect(calls).toBe(1)
  })
})

describe('over HTTP', () => {
  test('a statement that writes is run once, and its rows are kept nowhere', async () => {
    const canary = 'the-name-of-a-shop-4711'
    const insert = `insert into shops (name) values ('${canary}') returning name`
    const first = await statement(insert, 'sql-once', { write: true })
    expect([first.status, first.body.data]).toEqual([200, [{ name: canary }]])
    expectProblem(await statement(insert, 'sql-once', { write: true }), 409, 'ANSWER_NOT_KEPT')
    expectProblem(await statement('select 1', 'sql-once'), 422, 'IDEMPOTENCY_MISMATCH')
    expect((await statement('select count(*)::int as n from shops')).body.data).toEqual([{ n: 1 }])
    expect((await statement('select name from shops', 'sql-read')).body.data).toEqual([{ name: canary }])
    const explain = { statement: `select * from shops where name = '${canary}'` }
    expect((await post('/v1/tenants/corner/explain', explain, 'explain-once')).status).toBe(200)
    expectProblem(await post('/v1/tenants/corner/explain', explain, 'explain-once'), 409, 'ANSWER_NOT_KEPT')
    expect(await tablesWith(api, canary)).toEqual([])
  })

  test('a statement that has failed leaves its key free, and nothing of its rows', async () => {
    const canary = 'a-number-that-is-none'
    for (let n = 0; n < 2; n++) expectProblem(await statement(`select '${canary}'::int`, 'sql-failed'), 422, 'SQL_FAILED')
    expect(await keysNamed('sql-failed')).toBe(0)
    expect(await tablesWith(api, canary)).toEqual([])
  })

  test('an operation is retried once', async () => {
    const id = '0192f7a0-0000-7000-8000-000000000001'
    await platform.catalog.run(sql`
      insert into catalog.operation (id, name, input, state, actor, ended_at)
      values (${id}, 'tenant.create', '{"slug": "second-try"}', 'cancelled', 'test', clock_timestamp())`)
    const first = await post(`/v1/operations/${id}/retry`, {}, 'retry-once')
    expect([first.status, first.body]).toEqual([
      200,
      { operation: expect.any(String), name: 'tenant.create', retried: id, background: false },
    ])
    const again = await post(`/v1/operations/${id}/retry`, {}, 'retry-once')
    expect([again.status, again.body]).toEqual([200, first.body])
    expectProblem(await post(`/v1/operations/${id}/retry`, {}), 409, 'TENANT_EXISTS')
  })

  test('a secret is told once: the second answer says what was made, and that it is not told again', async () => {
    const made = await post('/v1/keys', { name: 'once', role: 'viewer' }, 'key-once')
    expect([made.status, made.body.key]).toEqual([201, expect.stringMatching(/^tny_/)])
    const again = await post('/v1/keys', { name: 'once', role: 'viewer' }, 'key-once')
    expectProblem(again, 409, 'ANSWER_NOT_KEPT')
    expect(again.body.remedy).toContain(made.body.id)
    expect(again.text).not.toContain(made.body.key)
    const keys = (await api.call('GET', '/v1/keys', { key })).body.data.filter((one: { name: string }) => one.name === 'once')
    expect(keys.length).toBe(1)
  })

  test('who prefers not to wait is told how it has ended, once it has', async () => {
    const ask = () => post('/v1/tenants', { slug: 'later' }, 'later', { prefer: 'respond-async' })
    const id = (await ask()).headers.get('operation-id')
    await api.call('GET', `/v1/operations/${id}/watch?seconds=20`, { key })
    const again = await ask()
    expect([again.status, again.body.slug, again.headers.get('operation-id')]).toEqual([201, 'later', id])
    const failure = JSON.stringify({ code: 'TENANT_EXISTS', facts: { tenant: 'later' }, message: '' })
    await platform.catalog.run(sql`update catalog.operation set state = 'failed', fault = ${failure}::jsonb where id = ${id}`)
    expectProblem(await ask(), 409, 'TENANT_EXISTS')
  })
})

test('keys are worth a day, and are removed then; one that somebody is at work on is not', async () => {
  await post('/v1/tenants', { slug: 'kept' }, 'young')
  await post('/v1/tenants', { slug: 'aged' }, 'aged')
  await post('/v1/tenants', { slug: 'aged-open' }, 'aged-open')
  const stateOf = (state: string) =>
    platform.catalog.run(sql`
      update catalog.operation set state = ${state} where id = (select operation_id from catalog.idempotency where key = 'aged-open')`)
  await stateOf('paused')
  let end = () => {}
  const run = direct(
    () =>
      new Promise((resolve) => {
        end = () => resolve({})
      }),
  )
  const working = run('aged-at-work')
  while ((await keysNamed('aged-at-work')) === 0) await pause(20)
  for (const name of ['aged', 'aged-at-work', 'aged-open']) await age(name)
  const stop = new AbortController()
  const keeping = keepKeysFew(platform, stop.signal)
  while ((await keysNamed('aged')) > 0) await pause(20)
  expect([await keysNamed('young'), await keysNamed('aged-at-work'), await keysNamed('aged-open')]).toEqual([1, 1, 1])
  // Accepted a second time, it would find that the tenant is there.
  expect((await post('/v1/tenants', { slug: 'aged-open' }, 'aged-open')).status).toBe(201)
  await stateOf('succeeded')
  end()
  await working
  stop.abort()
  await keeping
})
