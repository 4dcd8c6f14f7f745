import pg from 'pg'
import { homeById } from '../src/catalog/homes.js'
import { limitBounds, watchedServers } from '../src/catalog/watchdog.js'
import { openEyes } from '../src/engine/watch/eyes.js'
import { findOffenders } from '../src/engine/watch/offenders.js'
import { loginName } from '../src/isolation/names.js'
import { type Fleet, startFleet } from '../src/testing/fleet.js'
import { keepWatch } from '../src/worker/watchdog.js'
import { startTestServers, type TestServer } from '../test/support/servers.js'
import { makeServersFolder } from '../test/support/servers-folder.js'
import { type Figure, figure, median, report } from './measuring/figures.js'

const SESSIONS = 200
const GOAL_MS = 5_000
const NOTE = `-- migrate:up
create table note (tenant_id uuid not null default tenantry.tenant(), id bigint generated always as identity, primary key (tenant_id, id));
-- migrate:down
drop table note;
`

/** How long a lock on a shared table stands in the way of others, and what it costs to look for such. */
async function main(argv: readonly string[]): Promise<number> {
  const say = (doing: string): boolean => process.stderr.write(`${doing}\n`)
  const times = argv.includes('--quick') ? 3 : 20
  const folder = await makeServersFolder()
  const servers = await startTestServers({ from: process.cwd(), folder, engines: ['embedded-18'] })
  try {
    const server = servers.servers['embedded-18']!
    const url = `postgres://${server.superuser}:${encodeURIComponent(server.password)}@${server.host}:${server.port}/postgres`
    const fleet = await startFleet({ url, migrations: { 'tenant/20260101000000_note.sql': NOTE }, tenants: { quiet: 'shared' } })
    try {
      say(`${times} locks, one after the other`)
      const { removed, freed } = await locks(fleet, server, times)
      say(`looks with ${SESSIONS} sessions`)
      const { quiet, loud } = await looks(fleet, server)
      return report('suite', 'watchdog', [...figuresOfLocks(removed, freed), ...figuresOfLooks(quiet, loud)], argv)
    } finally {
      await fleet.stop()
    }
  } finally {
    await servers.stop()
  }
}

const figuresOfLocks = (removed: readonly number[], freed: readonly number[]): readonly Figure[] => [
  figure(`from a lock's begin until it is removed, median of ${removed.length}`, median(removed), 'ms', 'lower'),
  figure('  the longest', Math.max(...removed), 'ms', 'lower', GOAL_MS),
  figure('from when another tenant waits until it goes on, the longest', Math.max(...freed), 'ms', 'lower', GOAL_MS),
]

const figuresOfLooks = (quiet: readonly number[], loud: readonly number[]): readonly Figure[] => [
  figure(`a look at ${SESSIONS} sessions in transactions, median`, median(quiet), 'ms', 'lower', 30),
  figure('  of one second, so much', median(quiet) / 10, '%', 'lower', 3),
  figure('a look while somebody waits for a lock, so that locks are read, median', median(loud), 'ms', 'lower', 100),
]

/** One bare session after the other locks a table of all tenants, and a tenant writes. */
async function locks(
  fleet: Fleet,
  server: TestServer,
  times: number,
): Promise<{ readonly removed: readonly number[]; readonly freed: readonly number[] }> {
  const stop = new AbortController()
  const watching = keepWatch(fleet.platform, stop.signal)
  const { schema, database } = await fleet.tenant('quiet')
  const [removed, freed]: [number[], number[]] = [[], []]
  try {
    for (let i = 0; i < times; i++) {
      const holder = await session(fleet, server, database)
      const gone = new Promise<void>((resolve) => {
        holder.on('end', resolve)
      })
      await asTenants(fleet, holder)
      await holder.query(`set idle_in_transaction_session_timeout = 0; lock table "${schema}".note in access exclusive mode`)
      const start = process.hrtime.bigint()
      const waiter = await session(fleet, server, database)
      await asTenants(fleet, waiter)
      const waits = process.hrtime.bigint()
      await waiter.query(`select 1 from "${schema}".note limit 0`)
      freed.push(milliseconds(waits))
      await gone
      removed.push(milliseconds(start))
      await waiter.end()
      // The looks come at their own beat, and the locks at any moment of it.
      await new Promise((resolve) => setTimeout(resolve, (i * 137) % 1_000))
    }
  } finally {
    stop.abort()
    await watching
  }
  return { removed, freed }
}

/** Begins a transaction as the role of the shared home, without a tenant: more than SQL that was smuggled in could do. */
async function asTenants(fleet: Fleet, client: pg.Client): Promise<void> {
  const { home } = await fleet.tenant('quiet')
  const { role } = await fleet.platform.catalog.one(homeById(home))
  await client.query(`begin; set local role ${role}`)
}

async function session(fleet: Fleet, { host, port }: TestServer, database: string): Promise<pg.Client> {
  const user = loginName(fleet.platform.id, 1)
  const client = new pg.Client({ host, port, user, password: fleet.secrets('env:TENANTRY_APP_PASSWORD'), database })
  client.on('error', () => {})
  await client.connect()
  return client
}

async function looks(fleet: Fleet, server: TestServer): Promise<{ readonly quiet: readonly number[]; readonly loud: readonly number[] }> {
  const { schema, database } = await fleet.tenant('quiet')
  const clients = await Promise.all(Array.from({ length: SESSIONS }, () => session(fleet, server, database)))
  const eyes = openEyes(fleet.platform)
  try {
    for (const client of clients) {
      await asTenants(fleet, client)
      await client.query(`select 1 from "${schema}".note limit 0`)
    }
    const bounds = await fleet.platform.catalog.one(limitBounds)
    const [watched] = await fleet.platform.catalog.rows(watchedServers)
    const look = async (): Promise<number> => {
      const start = process.hrtime.bigint()
      await findOffenders(fleet.platform, watched!, eyes, bounds)
      return milliseconds(start)
    }
    const many = async (): Promise<readonly number[]> => {
      const found: number[] = []
      for (let i = 0; i < 60; i++) found.push(await look())
      return found.slice(10)
    }
    const quiet = await many()
    const waiting = clients[0]!.query(`lock table "${schema}".note in access exclusive mode`).catch(() => {})
    const loud = await many()
    await Promise.all(clients.slice(1).map((client) => client.end()))
    await waiting
    await clients[0]!.end()
    return { quiet, loud }
  } finally {
    await eyes.close()
  }
}

const milliseconds = (start: bigint): number => Number(process.hrtime.bigint() - start) / 1e6

process.exitCode = await main(process.argv.slice(2))
