import { join } from 'node:path'
import pg from 'pg'
import { sql } from '../src/kernel/sql.js'
import { readMigrations } from '../src/schema/migration-files.js'
import { type Fleet, startFleet } from '../src/testing/fleet.js'
import { startTestServers } from '../test/support/servers.js'
import { makeServersFolder } from '../test/support/servers-folder.js'
import { type Figure, figure, median, report } from './measuring/figures.js'

const MIGRATIONS = join(import.meta.dirname, '../../examples/pos/migrations')
const AT_ONCE = 200
const PAIRS = 15
// PostgreSQL looks through all foreign keys of a database whenever a partition is made: the warm tenants are spread over several, as a fleet is.
const PER_DATABASE = 100

/** The making of tenants with the 51 tables of the point-of-sale example: warm, cold, and the bare DDL, on a server that writes durably. */
async function main(argv: readonly string[]): Promise<number> {
  const say = (doing: string): boolean => process.stderr.write(`${doing}\n`)
  const claims = argv.includes('--quick') ? 50 : 1_000
  const folder = await makeServersFolder()
  const servers = await startTestServers({
    from: process.cwd(),
    folder,
    engines: ['embedded-18'],
    settings: { fsync: true, full_page_writes: true, synchronous_commit: true, max_locks_per_transaction: 64 },
  })
  const figures: Figure[] = []
  try {
    const server = servers.servers['embedded-18']!
    const url = `postgres://${server.superuser}:${encodeURIComponent(server.password)}@${server.host}:${server.port}/postgres`
    const fleet = await startFleet({
      url,
      migrations: MIGRATIONS,
      config: { extensions: ['ltree', 'btree_gist', 'pg_trgm', 'pgcrypto'] },
      tenants: { first: 'schema' },
    })
    try {
      say(`cold creation and bare DDL, ${PAIRS} pairs`)
      const { cold, bare } = await pairs(fleet)
      say(`making ${claims} warm tenants`)
      const before = process.hrtime.bigint()
      for (let made = 0; made < claims; made += PER_DATABASE) {
        const cluster = `more-${made}`
        await fleet.run('cluster.add', { name: cluster, database: `${fleet.platform.config.catalog.database}_${made}` })
        await fleet.run('stock.fill', { target: Math.min(PER_DATABASE, claims - made), isolation: 'schema', cluster, parallel: 2 })
        say(`${made + PER_DATABASE} are warm after ${(milliseconds(before) / 1_000).toFixed(0)} s`)
      }
      const filling = milliseconds(before)
      say(`claiming them; making them took ${(filling / 1_000).toFixed(0)} s`)
      const times: number[] = []
      for (let i = 0; i < claims; i++) {
        const start = process.hrtime.bigint()
        await fleet.run('tenant.create', { slug: `claimed-${i}`, isolation: 'schema' })
        times.push(milliseconds(start))
      }
      times.sort((a, b) => a - b)
      const p99 = times[Math.floor(times.length * 0.99)]!
      figures.push(figure('bare DDL of 51 tables, in one transaction', median(bare), 'ms', 'lower'))
      figures.push(figure('cold creation of a schema tenant', median(cold), 'ms', 'lower'))
      figures.push(figure('cold creation against the bare DDL', median(cold.map((ms, i) => ms / bare[i]!)), '×', 'lower', 1.3))
      figures.push(figure('warm tenants made per second, two at once', claims / (filling / 1_000), '1/s', 'higher'))
      figures.push(figure(`warm claim, median of ${claims}`, median(times), 'ms', 'lower'))
      figures.push(figure('warm claim, 99th percentile', p99, 'ms', 'lower', 10))
      figures.push(figure('warm claim, times faster than the bare DDL', median(bare) / median(times), '×', 'higher', 50))
      say(`${AT_ONCE} claims at once on ${AT_ONCE / 2} warm tenants`)
      await rush(fleet, figures)
    } finally {
      await fleet.stop()
    }
  } finally {
    await servers.stop()
  }
  return report('suite', 'provision', figures, argv)
}

/** Cold creation and the same statements alone, in turns, each first every other time. */
async function pairs(fleet: Fleet): Promise<{ readonly cold: readonly number[]; readonly bare: readonly number[] }> {
  const files = (await readMigrations(MIGRATIONS, 'tenant')).map(({ up }) => up)
  const { database } = await fleet.platform.tenantDatabase((await fleet.tenant('first')).databaseId)
  const { user, password, host, port } = database.config
  const client = new pg.Client({ user, password, host, port, database: database.config.database })
  await client.connect()
  const [cold, bare]: [number[], number[]] = [[], []]
  try {
    for (let i = 0; i < PAIRS; i++) {
      const coldOne = async (): Promise<void> => {
        const next = process.hrtime.bigint()
        await fleet.run('tenant.create', { slug: `cold-${i}`, isolation: 'schema' })
        cold.push(milliseconds(next))
      }
      if (i % 2 === 1) await coldOne()
      const start = process.hrtime.bigint()
      const schema = `bare_${i}`
      await client.query('begin')
      await client.query(`create schema ${schema}; set local search_path = ${schema}, ext, pg_temp`)
      for (const file of files) await client.query(file)
      await client.query('commit')
      bare.push(milliseconds(start))
      if (i % 2 === 0) await coldOne()
    }
  } finally {
    await client.end()
  }
  // The first of each pays for what is read for the first time.
  return { cold: cold.slice(1), bare: bare.slice(1) }
}

/** Twice as many claims at once as there are warm tenants. */
async function rush(fleet: Fleet, figures: Figure[]): Promise<void> {
  await fleet.run('stock.fill', { target: AT_ONCE / 2, isolation: 'schema', cluster: 'main', parallel: 2 })
  const made = await Promise.all(
    Array.from(
      { length: AT_ONCE },
      (_, i) => fleet.run('tenant.create', { slug: `rush-${i}`, isolation: 'schema' }) as Promise<{ id: string; schema: string }>,
    ),
  )
  figures.push(
    figure(
      `of ${AT_ONCE} claims at once on ${AT_ONCE / 2} warm tenants: tenants`,
      new Set(made.map(({ id }) => id)).size,
      'tenants',
      'higher',
      AT_ONCE,
    ),
  )
  figures.push(figure('their homes', new Set(made.map(({ schema }) => schema)).size, 'homes', 'higher', AT_ONCE))
  const left = await fleet.platform.catalog.one(
    sql<{ n: number }>`select count(*)::int as n from catalog.tenant where state in ('warm', 'creating')`,
  )
  figures.push(figure('warm or half-made tenants left', left.n, 'tenants', 'lower', 0))
}

const milliseconds = (start: bigint): number => Number(process.hrtime.bigint() - start) / 1e6

process.exitCode = await main(process.argv.slice(2))
