import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTenantry, type Tenantry, type TenantryOptions } from '../../src/client/tenantry.js'
import { isFault } from '../../src/kernel/faults.js'
import { sql } from '../../src/kernel/sql.js'
import { CONTRACT_HIDDEN, CONTRACT_MIGRATIONS } from '../../src/testing/contract-project.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { type FaultProxy, openFaultProxy, type Watch, type WireFault, type WireMessage } from '../support/fault-proxy.js'
import { fleetOn, urlOf } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'
import { type Eyes, openEyes } from './eyes.js'
import { inWords } from './proxied.js'

// The application's connections: to the catalog and to the tenants' databases, both through the proxy.

let fleet: Fleet
let eyes: Eyes
let proxy: FaultProxy
let database: string
let schema: string
// These take their time, while the other tests are busy.
let silent: Promise<readonly string[]>

beforeAll(async () => {
  const server = testServer()
  fleet = await fleetOn(server, { migrations: CONTRACT_MIGRATIONS, config: { hidden: CONTRACT_HIDDEN }, tenants: { acme: 'schema' } })
  eyes = openEyes(urlOf(server))
  proxy = await openFaultProxy(server)
  ;({ silent } = await goSilent())
  await reachThrough(proxy)
  const catalog = fleet.platform.config.catalog.database
  database = (await fleet.tenant('acme')).database
  const [home] = await eyes.see<{ name: string }>(catalog, `select schema_name as name from catalog.home where isolation = 'schema'`)
  schema = home!.name
})
afterAll(async () => {
  await proxy?.close()
  await eyes?.close()
  await fleet?.stop()
})

/** New connections to tenants' databases lead through this one. */
const reachThrough = ({ host, port }: FaultProxy): Promise<unknown> =>
  eyes.see(fleet.platform.config.catalog.database, 'update catalog.cluster set app_host = $1, app_port = $2', [host, port])

const answered = ({ type, from }: WireMessage): boolean => from === 'server' && type === 'C'

/** Two clients whose server goes silent, each behind a proxy of its own: the tenant's for a scope with a timeout, and the catalog. */
async function goSilent(): Promise<{ readonly silent: Promise<readonly string[]> }> {
  const { id } = await fleet.tenant('acme')
  const begin = async (work: (app: Tenantry) => Promise<unknown>): Promise<{ readonly told: Promise<string> }> => {
    const wire = await openFaultProxy(testServer())
    await reachThrough(wire)
    const app = connectClient({}, wire)
    await app.tenant('acme').query(sql`select 1`)
    wire.watch({ at: answered, do: 'stall' })
    const told = seen(work(app), 25_000).finally(() => app.close().then(() => wire.close()))
    return { told }
  }
  const query = await begin((app) => app.tenant('acme').query(sql`select 1`, { timeoutMs: 200 }))
  const catalog = await begin((app) => app.tenant(id).query(sql`select 1`))
  return { silent: Promise.all([query.told, catalog.told]) }
}

const connectClient = (options: Partial<TenantryOptions> = {}, through = proxy): Tenantry => {
  const url = new URL(fleet.catalogUrl)
  url.port = String(through.port)
  return createTenantry({ catalogUrl: url.href, secrets: fleet.secrets, ...options })
}

type Work = (app: Tenantry, body: string) => Promise<unknown>

const insert = (body: string) => sql`insert into note (body) values (${body}) returning id`

const WORKS: Readonly<Record<string, Work>> = {
  query: (app, body) => app.tenant('acme').query(insert(body)),
  'query in an explicit transaction': (app, body) => app.tenant('acme').query(insert(body), { isolation: 'repeatable read' }),
  transaction: (app, body) =>
    app.tenant('acme').transaction(async (tx) => {
      await tx.rows(sql`select count(*) from note`)
      await tx.transaction((inner) => inner.run(insert(body)))
    }),
}

/** How the caller saw it end: well, or with which code; something else than a fault in words. It never takes long. */
async function seen(work: Promise<unknown>, withinMs = 8_000): Promise<string> {
  const hangs = new Promise<string>((resolve) => setTimeout(() => resolve('hangs'), withinMs).unref())
  const ends = work.then(
    () => 'success',
    (error: unknown) => (isFault(error) ? error.code : `raw: ${String(error)}`),
  )
  return Promise.race([ends, hangs])
}

/** Waits until the server is done with whatever was cut off, and counts. */
async function rowsOf(body: string): Promise<number> {
  const busy = `select from pg_stat_activity where datname = $1 and application_name = 'tenantry' and state <> 'idle'`
  while ((await eyes.see(database, busy, [database])).length > 0) await new Promise((resolve) => setTimeout(resolve, 5))
  return (await eyes.see(database, `select from "${schema}".note where body = $1`, [body])).length
}

interface Cut {
  readonly watch: Watch
  readonly wrong: readonly string[]
}

async function cut(app: Tenantry, work: Work, body: string, fault: WireFault): Promise<Cut> {
  const watch = proxy.watch(fault)
  const saw = await seen(work(app, body))
  proxy.watch()
  const where = `${body}, cut at ${inWords(watch)}`
  const wrong: string[] = []
  const told = ['success', 'CONNECTION_LOST', 'SERVER_UNREACHABLE', 'CATALOG_UNREACHABLE'].includes(saw)
  if (!told) wrong.push(`${where}: the caller was told ${saw}`)
  if (saw !== 'success' && watch.hit() === undefined) wrong.push(`${where}: ${saw} without a reason`)
  // The news of an end that came after the answer needs a moment.
  if (saw === 'success') await new Promise((resolve) => setTimeout(resolve, 20))
  const next = await seen(app.tenant('acme').query(sql`select 1`))
  if (next !== 'success') wrong.push(`${where}: the next scope was told ${next}`)
  const rows = await rowsOf(body)
  if (rows > 1 || (saw === 'success' && rows !== 1)) wrong.push(`${where}: the caller was told ${saw}, and there are ${rows} rows`)
  return { watch, wrong }
}

// What a test that ran out of time leaves going would disturb the next one: all of them share the proxy.
describe.each(Object.entries(WORKS))('%s of an insert', (name, work) => {
  test.for([
    ['new connections', false],
    ['connections that are there', true],
  ] as const)(
    'on %s, cut at every message: told the truth, once or not at all, and the next scope works',
    { timeout: 90_000 },
    async ([ways, warm]) => {
      const wrong: string[] = []
      for (const how of ['kill', 'reset'] as const) {
        const shared = warm ? connectClient() : undefined
        // Every message of the opening of a connection once; for the rest a sample will do.
        const step = warm || (how === 'kill' && name === 'query') ? 1 : 7
        for (let n = 1; ; n += step) {
          const app = shared ?? connectClient()
          if (warm) {
            await app.tenant('acme').query(sql`select 1`)
            await work(app, 'warm')
          }
          const one = await cut(app, work, `${name} on ${ways}, ${how} ${n}`, { at: n, do: how, moment: 'before' })
          wrong.push(...one.wrong)
          if (!warm) await app.close()
          if (one.watch.hit() === undefined) {
            expect(n).toBeGreaterThan(warm ? 8 : 50)
            break
          }
        }
        await shared?.close()
      }
      expect(wrong).toEqual([])
    },
  )
})

describe('a server that has gone silent', () => {
  /** What the caller is told, and after how long. */
  const stalled = async (app: Tenantry, work: () => Promise<unknown>, at: (message: WireMessage) => boolean) => {
    const watch = proxy.watch({ at, do: 'stall' })
    const start = performance.now()
    const told = await seen(work(), 14_000)
    proxy.watch()
    expect(watch.hit()).toBeDefined()
    expect(await seen(app.tenant('acme').query(sql`select 1`))).toBe('success')
    expect(app.connections()).toMatchObject({ open: 1, waiting: 0 })
    return { told, ms: performance.now() - start }
  }

  test('a scope ends when the bound of the client is over, and the connection is given up', async () => {
    const app = connectClient({ answerTimeoutMs: 3_000 })
    const tenant = app.tenant('acme')
    await tenant.query(sql`select 1`)
    const query = await stalled(app, () => tenant.query(insert('stalled')), answered)
    expect(query.told).toBe('CONNECTION_LOST')
    expect(query.ms).toBeLessThan(12_000)
    const commit = await stalled(
      app,
      () => tenant.transaction((tx) => tx.run(insert('stalled'))),
      (message) => answered(message) && message.text === 'COMMIT',
    )
    expect(commit.told).toBe('CONNECTION_LOST')
    await app.close()
  })
  test('a scope with a timeout of its own is given 10 s more than that, and the catalog 3 s', async () => {
    expect(await silent).toEqual(['CONNECTION_LOST', 'CATALOG_UNREACHABLE'])
  })
})
