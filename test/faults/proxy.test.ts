import { connect } from 'node:net'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FaultProxy, openFaultProxy, type WireMessage } from '../support/fault-proxy.js'
import { testServer } from '../support/servers-injected.js'

// The proxy itself, with the plain driver.

const database = `test_proxy_${process.pid}`
const server = testServer()
const config = { host: server.host, user: server.superuser, password: server.password }
let straight: pg.Client
let proxy: FaultProxy

beforeAll(async () => {
  const admin = new pg.Client({ ...config, port: server.port, database: 'postgres' })
  await admin.connect()
  await admin.query(`create database ${database}`)
  await admin.end()
  straight = new pg.Client({ ...config, port: server.port, database })
  await straight.connect()
  await straight.query('create table note (body text)')
  proxy = await openFaultProxy(server)
})
afterAll(async () => {
  await proxy?.close()
  await straight?.end()
  const admin = new pg.Client({ ...config, port: server.port, database: 'postgres' })
  await admin.connect()
  await admin.query(`drop database ${database} with (force)`)
  await admin.end()
})

async function through(): Promise<pg.Client> {
  const client = new pg.Client({ ...config, port: proxy.port, database })
  client.on('error', () => {})
  await client.connect()
  return client
}

const isCommit = ({ from, text }: WireMessage): boolean => from === 'client' && text === 'commit'

/** Inserts in a transaction; answers what the client saw, and how many rows there are when its session is over. */
async function insert(client: pg.Client, body: string): Promise<readonly [string, number]> {
  const { rows } = await client.query('select pg_backend_pid() as pid')
  await client.query('begin')
  await client.query('insert into note values ($1)', [body])
  const saw = await client.query('commit').then(
    ({ command }) => command,
    (error: Error) => error.message,
  )
  for (;;) {
    const found = await straight.query('select 1 from pg_stat_activity where pid = $1 and state <> $2', [rows[0].pid, 'idle'])
    if (found.rows.length === 0) break
  }
  await client.end().catch(() => {})
  return [saw, (await straight.query('select from note where body = $1', [body])).rows.length]
}

test('every message is seen, in order, with its words; the count is the same from run to run', async () => {
  const ask = async (): Promise<readonly WireMessage[]> => {
    const watch = proxy.watch()
    const client = await through()
    await client.query('select $1::int', [1])
    await client.end()
    return watch.messages
  }
  const [first, second] = [await ask(), await ask()]
  const words = first.map(({ from, type }) => (from === 'client' ? type : type.toLowerCase()))
  expect(words[0]).toBe('startup')
  expect(words.slice(words.indexOf('P'))).toEqual(['P', 'B', 'D', 'E', 'S', '1', '2', 't', 'd', 'c', 'z', 'X'])
  expect(first.find(({ type }) => type === 'P')).toMatchObject({ text: 'select $1::int', database, onConnection: words.indexOf('P') + 1 })
  expect(first.find(({ type }) => type === 'C')?.text).toBe('SELECT 1')
  expect(second.length).toBe(first.length)
})

test.for([
  ['kill', 'before', 0],
  ['kill', 'after', 1],
  ['reset', 'before', 0],
  ['reset', 'after', 1],
] as const)('%s %s the COMMIT of the client was passed on: its answer is lost, and %i rows are there', async ([what, moment, there]) => {
  for (let round = 0; round < 10; round++) {
    const client = await through()
    const watch = proxy.watch({ at: isCommit, do: what, moment })
    const [saw, rows] = await insert(client, `${what} ${moment} ${round}`)
    expect(saw).toMatch(what === 'kill' ? /terminated/ : /terminated|ECONNRESET/)
    expect(rows).toBe(there)
    expect(watch.hit()?.message.text).toBe('commit')
  }
})

test('after the answer of the server was passed on, the client has it', async () => {
  for (let round = 0; round < 10; round++) {
    const client = await through()
    const ended = new Promise((resolve) => client.once('end', resolve))
    proxy.watch({ at: ({ type, text }) => type === 'Z' && text === 'I', do: 'kill', moment: 'after' })
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    await ended
  }
})

test('the n-th message of a connection is not the n-th of all', async () => {
  const [a, b] = [await through(), await through()]
  await a.query('select 1')
  const watch = proxy.watch({ at: 3, counting: 'connection', do: 'kill', moment: 'before' })
  const both = [a.query('select 1'), b.query('select 1')]
  await Promise.allSettled(both)
  expect(watch.hit()?.message.onConnection).toBe(3)
  await Promise.allSettled([a.end(), b.end()])
})

test('a message that is delayed comes late, and nothing comes before it', async () => {
  const client = await through()
  proxy.watch({ at: ({ type }) => type === 'D', do: 'delay', ms: 120 })
  const start = performance.now()
  const answers = await Promise.all([client.query('select 1 as one'), client.query('select 2 as one')])
  expect(answers.map(({ rows }) => rows[0].one)).toEqual([1, 2])
  expect(performance.now() - start).toBeGreaterThan(110)
  await client.end()
})

test('a stalled connection stays open and silent', async () => {
  const client = await through()
  proxy.watch({ at: ({ type, from }) => type === 'Q' && from === 'client', do: 'stall' })
  const answer = client.query(`insert into note values ('stalled')`).then(
    () => 'answered',
    () => 'failed',
  )
  expect(await Promise.race([answer, new Promise((resolve) => setTimeout(() => resolve('silent'), 200))])).toBe('silent')
  expect((await straight.query(`select from note where body = 'stalled'`)).rows).toEqual([])
  client.end().catch(() => {})
  ;(client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy()
  expect(await answer).toBe('failed')
})

test('encryption is refused, and messages that come byte by byte are still messages', async () => {
  const watch = proxy.watch()
  const socket = connect(proxy.port, proxy.host)
  socket.setNoDelay(true)
  const request = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])
  for (const byte of request) {
    socket.write(Buffer.from([byte]))
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(String(await new Promise((resolve) => socket.once('data', resolve)))).toBe('N')
  const words = Buffer.from(`user\0${server.superuser}\0database\0${database}\0\0`)
  const startup = Buffer.concat([Buffer.from([0, 0, 0, 8 + words.length, 0, 3, 0, 0]), words])
  for (const byte of startup) socket.write(Buffer.from([byte]))
  expect((await new Promise<Buffer>((resolve) => socket.once('data', resolve))).toString('latin1', 0, 1)).toBe('R')
  expect(watch.messages.slice(0, 2).map(({ from, type }) => [from, type])).toEqual([
    ['client', 'startup'],
    ['server', 'R'],
  ])
  socket.destroy()
})
