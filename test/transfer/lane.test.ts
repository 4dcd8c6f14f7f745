import { EventEmitter } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import { parseUrl } from '../../src/postgres/connection.js'
import { copyOut } from '../../src/postgres/copy-out.js'
import { type Lane, openLane } from '../../src/postgres/lane.js'
import { adminUrl } from '../cli/cli.js'
import { testServer } from '../support/servers-injected.js'

describe('rows on their way out', () => {
  let lane: Lane
  const open = () => openLane(parseUrl(adminUrl(testServer()), 'url'), 'lane test')
  beforeAll(async () => {
    lane = await open()
  })
  afterAll(() => lane.close())

  const all = async (rows: AsyncIterable<Buffer>): Promise<string> => {
    const pieces: Buffer[] = []
    for await (const piece of rows) pieces.push(piece)
    return Buffer.concat(pieces).toString()
  }

  test('come whole and in order, of no bytes and of megabytes, and the lane goes on', async () => {
    const rows = sql`copy (
      select g, case when g % 5 = 0 then '' else repeat('é', g % 97) end from generate_series(1, 50000) g
      union all select 0, repeat('x', 5000000)) to stdout`
    const wanted = `${Array.from({ length: 50_000 }, (_, i) => `${i + 1}\t${(i + 1) % 5 === 0 ? '' : 'é'.repeat((i + 1) % 97)}\n`).join('')}0\t${'x'.repeat(5_000_000)}\n`
    expect((await all(lane.copyOut(rows))) === wanted).toBe(true)
    expect(await all(lane.copyOut(sql`copy (select where false) to stdout`))).toBe('')
    expect(await lane.session.one(sql<{ one: number }>`select 1 as one`)).toEqual({ one: 1 })
  })

  test('what the server says beside them is no row', async () => {
    await lane.session.script(sql`
      create function pg_temp.tells(i int) returns int language plpgsql as $$ begin raise warning 'row %', i; return i; end $$`)
    expect(await all(lane.copyOut(sql`copy (select pg_temp.tells(g) from generate_series(1, 200) g) to stdout`))).toBe(
      Array.from({ length: 200 }, (_, i) => `${i + 1}\n`).join(''),
    )
  })

  test('that end with an error are followed by it, and the lane is broken', async () => {
    const own = await open()
    let bytes = 0
    const reading = (async () => {
      for await (const piece of own.copyOut(sql`copy (select 1 / (90000 - g) from generate_series(1, 100000) g) to stdout`))
        bytes += piece.length
    })()
    await expect(reading).rejects.toMatchObject({ code: '22012' })
    expect(bytes).toBeGreaterThan(0)
    expect(own.broken()).toBe(true)
  })

  test('of a statement that is wrong, there are none', async () => {
    const own = await open()
    await expect(all(own.copyOut(sql`copy (select nothing from nowhere) to stdout`))).rejects.toMatchObject({ code: '42P01' })
  })

  test('of a session that was ended from outside, the reader hears', async () => {
    const own = await open()
    const { pid } = await own.session.one(sql<{ pid: number }>`select pg_backend_pid() as pid`)
    const reading = all(own.copyOut(sql`copy (select pg_sleep(0.001), repeat('x', 1000) from generate_series(1, 100000)) to stdout`))
    const heard = expect(reading).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' })
    await lane.session.run(sql`select pg_terminate_backend(${pid})`)
    await heard
  })

  test('wait on the server for a reader who takes his time', async () => {
    const own = await open()
    const { pid } = await own.session.one(sql<{ pid: number }>`select pg_backend_pid() as pid`)
    const rows = own.copyOut(sql`copy (select repeat('x', 10000) from generate_series(1, 200000)) to stdout`)
    const held = (): number => process.memoryUsage().arrayBuffers
    const before = held()
    await rows.next()
    await new Promise((resolve) => setTimeout(resolve, 700))
    expect(held() - before).toBeLessThan(50_000_000)
    const { event } = await lane.session.one(
      sql<{ event: string | null }>`select wait_event as event from pg_stat_activity where pid = ${pid}`,
    )
    expect(event).toBe('ClientWrite')
    await rows.return()
    expect(own.broken()).toBe(true)
  })

  test('who has had enough closes the lane', async () => {
    const own = await open()
    for await (const _ of own.copyOut(sql`copy (select repeat('x', 1000) from generate_series(1, 200000)) to stdout`)) break
    expect(own.broken()).toBe(true)
  })
})

describe('however the bytes of an answer are cut', () => {
  const message = (kind: string, payload: string): Buffer => {
    const body = Buffer.from(payload)
    const head = Buffer.alloc(5)
    head.write(kind)
    head.writeInt32BE(body.length + 4, 1)
    return Buffer.concat([head, body])
  }
  const rows = Array.from({ length: 40 }, (_, i) => `${'r'.repeat(i * 7)}\n`)
  const answer = Buffer.concat([
    message('H', '\0\0\0'),
    ...rows.flatMap((row, i) => (i % 9 === 0 ? [message('N', 'dSdCdM'), message('d', row)] : [message('d', row)])),
    message('c', ''),
    message('C', 'COPY 40\0'),
  ])

  const SIZES = [1, 2, 3, 4, 5, 6, 7, 11, 64, 100, 1_000, 100_000]

  async function cut(answer: Buffer, size: number, most: number) {
    let paused = 0
    const socket = Object.assign(new EventEmitter(), { pause: () => paused++, resume: () => {} })
    const rest: Buffer[] = []
    socket.on('data', (bytes: Buffer) => rest.push(bytes))
    const copy = copyOut('copy', most)
    copy.submit({ stream: socket, query: () => {} } as never)
    for (let at = 0; at < answer.length; at += size) socket.emit('data', Buffer.from(answer.subarray(at, at + size)))
    copy.handleReadyForQuery()
    const found: Buffer[] = []
    for await (const piece of copy) found.push(piece)
    return { rows: Buffer.concat(found).toString(), rest: Buffer.concat(rest), paused }
  }

  test.each(SIZES)('in pieces of %i bytes, the rows are the same and the rest is for pg', async (size) => {
    const end = Buffer.concat([message('c', ''), message('C', 'COPY 40\0')])
    expect(await cut(answer, size, 1e6)).toEqual({ rows: rows.join(''), rest: end, paused: 0 })
  })

  test.each(SIZES)('in pieces of %i bytes, an error is for pg, whole and with what follows it', async (size) => {
    const error = Buffer.concat([message('E', 'SERROR\0C22012\0'), message('Z', 'I')])
    expect((await cut(error, size, 1e6)).rest).toEqual(error)
    const found = await cut(Buffer.concat([answer.subarray(0, answer.length - 18), error]), size, 1e6)
    expect(found).toEqual({ rows: rows.join(''), rest: error, paused: 0 })
  })

  test('what has no place in it is for pg: another kind of message, and a length that cannot be', async () => {
    const other = message('Z', 'I')
    const impossible = Buffer.from('d\xff\xff\xff\xffd', 'latin1')
    const short = Buffer.from('d\0\0\0\x03rows', 'latin1')
    expect(await cut(Buffer.concat([message('d', 'a\n'), other]), 3, 1e6)).toEqual({ rows: 'a\n', rest: other, paused: 0 })
    expect((await cut(short, 100, 1e6)).rest).toEqual(short)
    expect(await cut(impossible, 1, 1e6)).toMatchObject({ rows: 'd', rest: Buffer.alloc(0) })
  })

  test('the socket is paused when more waits than may, counted as it came', async () => {
    expect((await cut(answer, 100, 1_000)).paused).toBeGreaterThan(40)
    const tiny = Buffer.concat(Array.from({ length: 300 }, () => message('d', '\n')))
    expect((await cut(tiny, 60, 1_000)).paused).toBeGreaterThan(10)
  })
})
