import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { publishEvents as publishSome } from '../../src/catalog/events.js'
import { OPERATION_STATES } from '../../src/catalog/operations.js'
import { EVENT_TYPES, eventType, kindsOf, TOLD } from '../../src/engine/event-names.js'
import { publishEvents } from '../../src/engine/events.js'
import { sql } from '../../src/kernel/sql.js'
import { OPERATIONS } from '../../src/operations/registry.js'
import type { Session } from '../../src/postgres/session.js'
import { forgetOldEvents } from '../../src/worker/event-keeper.js'
import { type Api, expectProblem, startApi } from './api-server.js'

let api: Api
let viewer: string
const ids: Record<string, string> = {}

beforeAll(async () => {
  api = await startApi()
  for (const slug of ['mine', 'other'])
    ids[slug] = ((await api.control.run('tenant.create', { slug, isolation: 'schema' })) as { id: string }).id
  viewer = (await api.key('viewer')).key
})
afterAll(() => api.close())

const list = async (query = '', key = viewer) => {
  const reply = await api.call('GET', `/v1/events${query}`, { key })
  expect(reply.status).toBe(200)
  return reply.body.data as readonly Readonly<Record<string, string | null>>[]
}
const catalog = () => api.control.platform.catalog

/** A transaction that stays open until it is told to commit. */
async function heldOpen(body: (tx: Session) => Promise<unknown>) {
  let commit = (): void => {}
  let begun = (): void => {}
  const wait = new Promise<void>((resolve) => (commit = resolve))
  const under = new Promise<void>((resolve) => (begun = resolve))
  const done = catalog().transaction(async (tx) => {
    await body(tx)
    begun()
    await wait
  })
  await under
  return {
    commit: async () => {
      commit()
      await done
    },
  }
}

const finished = (name: string) => sql`
  insert into catalog.operation (id, name, input, state, actor, ended_at)
  values (${randomUUID()}, ${name}, '{}', 'succeeded', 'test', now())`

describe('what is told', () => {
  test('a creation is told by what became of the operation and of the tenant, newest first', async () => {
    const events = await list('?tenant=mine')
    expect(events.map(({ type, state, operation }) => [type, state, operation])).toEqual([
      ['tenant.created', 'succeeded', 'tenant.create'],
      ['tenant.state_changed', 'active', null],
      ['operation.started', 'running', 'tenant.create'],
    ])
    expect(events[0]).toEqual({
      id: expect.stringMatching(/^\d{13}$/),
      time: expect.any(String),
      type: 'tenant.created',
      tenant: ids.mine,
      slug: 'mine',
      cluster: null,
      webhook: null,
      operation: 'tenant.create',
      operationId: expect.any(String),
      state: 'succeeded',
      from: null,
      code: null,
      actor: expect.any(String),
    })
    expect(events[1]).toMatchObject({ from: 'creating', slug: 'mine' })
  })

  test('what is refused has never been: only what has begun is told', async () => {
    const before = await list()
    await expect(api.control.run('tenant.create', { slug: 'mine' })).rejects.toMatchObject({ code: 'TENANT_EXISTS' })
    expect(await list()).toEqual(before)
  })

  test('a cluster that drains is told by its name', async () => {
    await api.control.run('cluster.drain', { cluster: 'main' })
    await api.control.run('cluster.undrain', { cluster: 'main' })
    expect((await list('?type=cluster.state_changed')).map(({ cluster, from, state }) => [cluster, from, state])).toEqual([
      ['main', 'draining', 'live'],
      ['main', 'live', 'draining'],
    ])
  })

  test('a fault is told by its code alone', async () => {
    const id = randomUUID()
    await catalog().run(sql`
      insert into catalog.operation (id, name, input, state, actor) values (${id}, 'backup.create', '{}', 'running', 'test')`)
    await catalog().run(sql`
      update catalog.operation set state = 'failed', fault = '{"code": "DISK_FULL", "facts": {}, "message": "secret"}', ended_at = now() where id = ${id}`)
    const events = await list(`?operation=${id}`)
    expect(events.map(({ type, code }) => [type, code])).toEqual([
      ['backup.failed', 'DISK_FULL'],
      ['backup.started', null],
    ])
    expect(JSON.stringify(events)).not.toContain('secret')
  })

  test('a page ends where the next begins', async () => {
    const all = await list('?limit=500')
    const walked: unknown[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body } = await api.call('GET', `/v1/events?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`, { key: viewer })
      walked.push(...body.data)
      cursor = body.nextCursor
    }
    expect(walked).toEqual(all)
  })
})

describe('types', () => {
  test('every journaled operation has its types, and nothing else has', () => {
    const journaled = OPERATIONS.filter(({ kind }) => kind !== 'direct').map(({ name }) => name)
    expect(Object.keys(TOLD).sort()).toEqual([...journaled].sort())
    for (const told of Object.values(TOLD)) expect(Object.keys(told).sort()).toEqual([...OPERATION_STATES].sort())
    for (const type of EVENT_TYPES) expect(type).toMatch(/^[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*$/)
  })

  test('a type leads to what has it, and nothing to a type that is not listed', () => {
    for (const type of EVENT_TYPES)
      for (const { source, name, state } of kindsOf(type)) expect(eventType({ source, name: name ?? 'x', state: state ?? 'y' })).toBe(type)
    expect(eventType({ source: 'operation', name: 'newer.thing', state: 'failed' })).toBe('operation.failed')
    expect(eventType({ source: 'operation', name: 'constructor', state: 'succeeded' })).toBe('operation.completed')
  })

  test('the filter takes these and no others', async () => {
    expect((await list('?type=tenant.created')).map(({ slug }) => slug)).toEqual(['other', 'mine'])
    expectProblem(await api.call('GET', '/v1/events?type=tenant.exploded', { key: viewer }), 400, 'INPUT_INVALID')
  })
})

describe('the order', () => {
  test('what is committed late comes after what was read before, and is not lost', async () => {
    const late = await heldOpen((tx) => tx.run(finished('tier.apply')))
    await catalog().run(finished('migrate.freeze'))
    const [before] = await list()
    expect(before?.type).toBe('migration.frozen')
    await late.commit()
    const [after, second] = await list()
    expect([after?.type, second?.id]).toEqual(['tier.applied', before?.id])
    expect(Number(after?.id)).toBeGreaterThan(Number(before?.id))
    // It was written before, all the same.
    expect(Date.parse(after!.time!)).toBeLessThan(Date.parse(before!.time!))
  })

  test('no transaction of a neighbour holds it up, in the catalog or in another database of the server', async () => {
    const { facts } = await databaseOfTenants()
    const open = await heldOpen((tx) => tx.run(sql`select pg_current_xact_id()`))
    const neighbour = facts.transaction(async (tx) => {
      await tx.run(sql`select pg_current_xact_id()`)
      await catalog().run(finished('migrate.unfreeze'))
      expect((await list())[0]?.type).toBe('migration.unfrozen')
    })
    await neighbour
    await open.commit()
  })

  test('while one publishes, others neither wait for it nor number the same events', async () => {
    const [before] = await list()
    await catalog().run(finished('tier.apply'))
    const other = await heldOpen(async (tx) => {
      await tx.run(publishSome(10))
    })
    await catalog().run(finished('migrate.freeze'))
    expect((await list())[0]).toEqual(before)
    await other.commit()
    const after = (await list('?limit=3')).map(({ id, type }) => [Number(id), type])
    expect(after).toEqual([
      [Number(before?.id) + 2, 'migration.frozen'],
      [Number(before?.id) + 1, 'tier.applied'],
      [Number(before?.id), before?.type],
    ])
  })

  test('of many who publish at once each event gets one number, and none is missing', async () => {
    const first = Number((await list())[0]?.id)
    await Promise.all(
      Array.from({ length: 60 }, async (_, at) => {
        await catalog().run(finished('tier.apply'))
        if (at % 3 === 0) await publishEvents(catalog())
      }),
    )
    const numbers = (await list('?limit=60')).map(({ id }) => Number(id))
    expect(numbers).toEqual(Array.from({ length: 60 }, (_, at) => first + 60 - at))
  })
})

const databaseOfTenants = async () => {
  const { id } = await catalog().one(sql<{ id: string }>`select id from catalog.database limit 1`)
  return { facts: (await api.control.platform.tenantDatabase(id)).database }
}

describe('who may see it', () => {
  test('a tenant-admin sees what is about its own tenant, and not who did it', async () => {
    const { key } = await api.key('tenant-admin', 'mine')
    const events = await list('', key)
    expect(new Set(events.map(({ tenant }) => tenant))).toEqual(new Set([ids.mine]))
    expect(new Set(events.map(({ actor }) => actor))).toEqual(new Set([null]))
    expect(await list('?tenant=mine', key)).toEqual(events)
    for (const tenant of ['other', ids.other, 'absent'])
      expectProblem(await api.call('GET', `/v1/events?tenant=${tenant}`, { key }), 404, 'TENANT_NOT_FOUND')
  })

  test('a purged tenant is found by its id, under the name that it had', async () => {
    const { id } = (await api.control.run('tenant.create', { slug: 'gone', isolation: 'schema' })) as { id: string }
    await api.control.run('tenant.delete', { tenant: 'gone', reason: 'test' })
    await catalog().run(sql`update catalog.tenant set purge_after = now() where id = ${id}`)
    await api.control.run('tenant.purge', { tenant: 'gone', waiveBackup: 'a test' })
    const [purged] = await list(`?tenant=${id}`)
    expect(purged).toMatchObject({ type: 'tenant.purged', slug: 'gone', tenant: id })
  })
})

test('what is older than 7 days is removed, also what nobody had looked at, and its numbers do not come again', async () => {
  await catalog().run(finished('tier.apply'))
  await catalog().run(sql`update catalog.event set at = at - interval '8 days'`)
  await catalog().run(finished('migrate.freeze'))
  await forgetOldEvents(api.control.platform)
  const events = await list('?limit=500')
  expect(events.map(({ type }) => type)).toEqual(['migration.frozen'])
  await catalog().run(sql`update catalog.event set at = at - interval '8 days'`)
  await forgetOldEvents(api.control.platform)
  expect(await list()).toEqual([])
  await catalog().run(finished('migrate.freeze'))
  expect(Number((await list())[0]?.id)).toBe(Number(events[0]?.id) + 1)
})
