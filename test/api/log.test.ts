import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MOST_NOTES } from '../../src/catalog/notes.js'
import { openNotes } from '../../src/engine/notes.js'
import { sql } from '../../src/kernel/sql.js'
import { forgetOldEvents } from '../../src/worker/event-keeper.js'
import { type Api, startApi } from './api-server.js'

let api: Api
let viewer: string

beforeAll(async () => {
  api = await startApi()
  viewer = (await api.key('viewer')).key
})
afterAll(() => api.close())

const catalog = () => api.control.platform.catalog

/** All pages. */
async function walk(path: string, limit: number) {
  const rows: Readonly<Record<string, unknown>>[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const reply = await api.call(
      'GET',
      `${path}${path.includes('?') ? '&' : '?'}limit=${limit}${cursor === '' ? '' : `&cursor=${cursor}`}`,
      {
        key: viewer,
      },
    )
    expect(reply.status).toBe(200)
    rows.push(...reply.body.data)
    cursor = reply.body.nextCursor
  }
  return rows
}

const begun = async () => {
  const id = randomUUID()
  await catalog().run(sql`
    insert into catalog.operation (id, name, input, state, actor, lease_until) values (${id}, 'migrate.up', '{}', 'running', 'test', now() + interval '1 hour')`)
  return id
}

test('what an operation has done can be read as soon as it has answered', async () => {
  const reply = await api.call('POST', '/v1/tenants', {
    key: (await api.key('operator')).key,
    json: { slug: 'mine', isolation: 'schema' },
  })
  const notes = await walk(`/v1/operations/${reply.headers.get('operation-id')}/log`, 3)
  const texts = notes.map(({ level, text }) => `${level}: ${text}`)
  expect(texts.filter((text) => text.endsWith(' begins'))).toEqual(
    ['database', 'home', 'tables', 'place', 'seeds', 'activate'].map((step) => `info: ${step} begins`),
  )
  expect(texts.filter((text) => / is done, in \d/.test(text))).toHaveLength(6)
  const times = notes.map(({ time }) => Date.parse(time as string))
  expect([...times].sort()).toEqual(times)
})

test('what fails, and what is taken back, is noted with its reason', async () => {
  const { databaseId } = await catalog().one(sql<{ databaseId: string }>`select id as "databaseId" from catalog.database`)
  const { database } = await api.control.platform.tenantDatabase(databaseId)
  await database.script(sql`
    create function public.stop() returns event_trigger language plpgsql as $$ begin raise exception 'no room' using errcode = 'P0042'; end $$;
    create event trigger stop on ddl_command_start when tag in ('CREATE TABLE') execute function public.stop()`)
  await expect(api.control.run('tenant.create', { slug: 'never', isolation: 'schema' })).rejects.toMatchObject({ code: 'MIGRATION_FAILED' })
  await database.run(sql`drop event trigger stop`)
  const { id } = await catalog().one(sql<{ id: string }>`select id from catalog.operation order by created_at desc limit 1`)
  const told = (await walk(`/v1/operations/${id}/log`, 50))
    .filter(({ level }) => level !== 'info')
    .map(({ level, text }) => `${level}: ${text}`)
  expect(told[0]).toMatch(/^error: tables: MIGRATION_FAILED: .*no room/)
  expect(told).toContain('warn: home is taken back')
})

test('an operation that tells much has a thousand notes, and the last one says so', async () => {
  const id = await begun()
  const notes = openNotes(api.control.platform, id)
  for (let at = 0; at < 600; at++) notes.note('info', `note ${at}`)
  await notes.drain()
  for (let at = 600; at < 1_400; at++) notes.note('info', `note ${at}\0`)
  await notes.drain()
  notes.note('error', 'too late')
  await notes.drain()
  const rows = await walk(`/v1/operations/${id}/log`, 300)
  expect(rows).toHaveLength(MOST_NOTES)
  expect(rows.slice(0, -1).map(({ text }) => String(text).trim())).toEqual(Array.from({ length: MOST_NOTES - 1 }, (_, at) => `note ${at}`))
  expect(rows.at(-1)).toMatchObject({ text: 'more than this is not kept' })
})

test('progress is noted once a second, and the catalog being away stops nothing', async () => {
  const id = await begun()
  const notes = openNotes(api.control.platform, id)
  for (let at = 0; at < 20; at++) notes.progress(`${at} of 20`)
  await notes.drain()
  expect((await walk(`/v1/operations/${id}/log`, 50)).map(({ text }) => text)).toEqual(['0 of 20'])
  const nowhere = openNotes(api.control.platform, randomUUID())
  nowhere.note('info', 'of no operation')
  await nowhere.drain()
})

test('items are listed in the order of the work, by state, also while they change', async () => {
  const id = await begun()
  await catalog().run(sql`
    insert into catalog.operation_item (operation_id, item, state, wave, place) select ${id}, 'item-' || n, 'waiting', n % 2, 1000 - n from generate_series(1, 50) n`)
  const order = [
    ...Array.from({ length: 25 }, (_, at) => `item-${50 - 2 * at}`),
    ...Array.from({ length: 25 }, (_, at) => `item-${49 - 2 * at}`),
  ]
  expect((await walk(`/v1/operations/${id}/items`, 7)).map(({ item }) => item)).toEqual(order)
  const first = await api.call('GET', `/v1/operations/${id}/items?limit=5&state=waiting`, { key: viewer })
  await catalog().run(sql`
    update catalog.operation_item set state = 'done', ended_at = now() where operation_id = ${id} and item = any(${order.slice(0, 3)}::text[])`)
  const next = await api.call('GET', `/v1/operations/${id}/items?limit=5&state=waiting&cursor=${first.body.nextCursor}`, { key: viewer })
  expect(next.body.data.map(({ item }: { item: string }) => item)).toEqual(order.slice(5, 10))
  expect((await walk(`/v1/operations/${id}/items?state=done`, 2)).map(({ item }) => item)).toEqual(order.slice(0, 3))
})

test('notes that are older than 7 days are removed, the operation is not', async () => {
  await catalog().run(sql`update catalog.operation_note set at = at - interval '8 days'`)
  const id = await begun()
  const notes = openNotes(api.control.platform, id)
  notes.note('info', 'new')
  await notes.drain()
  await forgetOldEvents(api.control.platform)
  const { kept } = await catalog().one(sql<{ kept: string[] }>`select array_agg(text) as kept from catalog.operation_note`)
  expect(kept).toEqual(['new'])
})
