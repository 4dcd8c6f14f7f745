import { expect, test } from 'vitest'
import { fault } from '../../kernel/faults.js'
import { figuresOf } from '../../operations/leak/figures.js'
import { measureLeaks } from './meter.js'
import type { LeakWay } from './way.js'

const TENANT = { id: 'one', isolation: 'shared', database: 'd' }
const NEVER = { cutWhen: () => {}, cuts: () => ({ open: 0, idle: 0, flight: 0 }) }
const CLIENTS = 4

/** Answers what `reading` does, once the tenant has its rows. */
const wayOf = (reading: () => Promise<readonly never[]>): LeakWay => {
  let asked = 0
  const ask = () => (asked++ < 12 ? Promise.resolve([]) : reading())
  return {
    ...{ name: 'away', tenants: [TENANT], one: ask },
    several: (_client, _tenant, body) => body(ask),
    stored: async () => ({ rows: 0, misplaced: 0, doomed: 0 }),
  }
}

const figures = (count: Awaited<ReturnType<typeof measureLeaks>>) =>
  figuresOf({ ...{ count, controls: [], pooler: false, tenants: { shared: 1 }, leftOut: [] }, clients: CLIENTS, seconds: 1 })

test('a server that is away is asked now and then, and given up before the rows are there', async () => {
  const way = wayOf(() => Promise.reject(fault('SERVER_UNREACHABLE', { server: 'nowhere:1', reason: 'refused' })))
  const count = await measureLeaks(way, NEVER, { rows: 1_000, clients: CLIENTS, silenceMs: 500 })
  expect(count).toMatchObject({ gaveUp: true, judged: 0 })
  expect(count.units).toBeLessThan(CLIENTS * 12)
  expect(figures(count)).toMatchObject({ passed: false, gaveUp: true, lost: count.units })
})

test('units that do not end are no proof, although what was read before was right', async () => {
  let answers = 0
  const way = wayOf(() => (answers++ < 20 ? Promise.resolve([{ owner: TENANT.id, backend: 1 } as never]) : new Promise(() => {})))
  const count = await measureLeaks(way, NEVER, { rows: 1_000, clients: CLIENTS, hangMs: 5, silenceMs: 5_000 })
  expect(count).toMatchObject({ gaveUp: true, wrong: 0, empty: 0 })
  expect(count.judged).toBeGreaterThan(0)
  expect(figures(count)).toMatchObject({ passed: false })
})
