import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runner } from 'node-pg-migrate'
import pg from 'pg'
import { type Home, homesBehind } from '../src/catalog/homes.js'

import { applyToHome } from '../src/schema/apply.js'
import { checkMigrations, trackDigests } from '../src/schema/check.js'
import { readMigrations } from '../src/schema/migration-files.js'
import { type Fleet, startFleet } from '../src/testing/fleet.js'
import { startTestServers } from '../test/support/servers.js'
import { makeServersFolder } from '../test/support/servers-folder.js'
import { type Figure, figure, median, report } from './measuring/figures.js'

const POS = join(import.meta.dirname, '../../examples/pos/migrations')
// Locations, employees, taxes, catalogue: twelve tables.
const FILES = 4
// Everybody has so many transactions open at once, one in each database: `--parallel` counts for each cluster, and a database is one here.
const PARALLEL = 4

interface Sizes {
  readonly homes: number
  /** Schemas with the same tables for each of the others. */
  readonly schemas: number
  readonly rounds: number
}

/** What the same three statements cost a fleet: with Tenantry, in a bare loop, and with node-pg-migrate looped over schemas, on a server that writes durably. */
async function main(argv: readonly string[]): Promise<number> {
  const sizes: Sizes = argv.includes('--quick') ? { homes: 300, schemas: 100, rounds: 3 } : { homes: 2_000, schemas: 400, rounds: 5 }
  const folder = await makeServersFolder()
  const servers = await startTestServers({
    from: process.cwd(),
    folder,
    engines: ['embedded-18'],
    settings: { fsync: true, full_page_writes: true, synchronous_commit: true },
  })
  try {
    const server = servers.servers['embedded-18']!
    const url = `postgres://${server.superuser}:${encodeURIComponent(server.password)}@${server.host}:${server.port}/postgres`
    const fleet = await startFleet({
      url,
      migrations: await cut(),
      config: { extensions: ['ltree', 'btree_gist', 'pg_trgm', 'pgcrypto'] },
    })
    try {
      return report('suite', 'migrate', await measure(fleet, url, sizes), argv)
    } finally {
      await fleet.stop()
    }
  } finally {
    await servers.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function cut(): Promise<Readonly<Record<string, string>>> {
  const names = (await readdir(join(POS, 'tenant'))).sort().slice(0, FILES)
  const files = await Promise.all(names.map(async (name) => [`tenant/${name}`, await readFile(join(POS, 'tenant', name), 'utf8')] as const))
  return Object.fromEntries(files)
}

const version = (round: number): string => `202701010000${String(round).padStart(2, '0')}`

/** What a feature brings to tables that are there: two columns and the index that finds by one. */
const statements = (round: number): string => `alter table products add column points_${round} integer not null default 0;
alter table employees add column badge_${round} text;
create index employees_badge_${round}_idx on employees (tenant_id, badge_${round});
`

async function measure(fleet: Fleet, url: string, sizes: Sizes): Promise<readonly Figure[]> {
  const databases = await makeHomes(fleet, sizes.homes)
  const bare = await makeSchemas(fleet, url, databases, 'bare', sizes.schemas)
  const looped = await makeSchemas(fleet, url, databases, 'looped', sizes.schemas)
  const folder = await mkdtemp(join(tmpdir(), 'migrate-'))
  const rates: Record<'tenantry' | 'flights' | 'bare' | 'message' | 'looped' | 'parallel', number[]> = {
    tenantry: [],
    flights: [],
    bare: [],
    message: [],
    looped: [],
    parallel: [],
  }
  try {
    let files = 0
    for (let round = 0; round <= sizes.rounds; round++) {
      const contenders = [
        async () => rates.tenantry.push(await withTenantry(fleet, files++)),
        async () => rates.flights.push(await withFlights(fleet, files++)),
        async () => rates.bare.push(await inBareLoop(bare, 2 * round)),
        async () => rates.message.push(await inBareLoop(bare, 2 * round + 1, true)),
        async () => rates.looped.push(await withNodePgMigrate(looped, folder, 2 * round, 1)),
        async () => rates.parallel.push(await withNodePgMigrate(looped, folder, 2 * round + 1, PARALLEL)),
      ]
      for (let place = 0; place < contenders.length; place++) await contenders[(place + round) % contenders.length]!()
      say(
        `round ${round}: ${Object.entries(rates)
          .map(([name, all]) => `${name} ${all.at(-1)!.toFixed(0)}/s`)
          .join(', ')}`,
      )
    }
    // The first round pays for what is read for the first time.
    for (const all of Object.values(rates)) all.shift()
    const ratio = (mine: readonly number[], other: readonly number[]): number => median(mine.map((rate, i) => rate / other[i]!))
    const homes = `${sizes.homes} homes`
    return [
      figure(`\`migrate up\` over ${homes}, ${PARALLEL} at once`, median(rates.tenantry), 'homes/s', 'higher'),
      figure('the flights alone, without the journal', median(rates.flights), 'homes/s', 'higher'),
      figure(`a bare loop of the statements, ${PARALLEL} at once`, median(rates.bare), 'homes/s', 'higher'),
      figure(`the same, each as one message, ${PARALLEL} at once`, median(rates.message), 'homes/s', 'higher'),
      figure('node-pg-migrate, looped over schemas', median(rates.looped), 'homes/s', 'higher'),
      figure(`node-pg-migrate, without its lock, ${PARALLEL} at once`, median(rates.parallel), 'homes/s', 'higher'),
      figure('`migrate up` against node-pg-migrate, looped', ratio(rates.tenantry, rates.looped), '×', 'higher', 7),
      figure('`migrate up` against the bare loop', ratio(rates.tenantry, rates.bare), '×', 'higher', 0.8),
      figure('the flights alone against the bare loop', ratio(rates.flights, rates.bare), '×', 'higher'),
      ...(await asking(fleet, homes)),
    ]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What visits no home. */
async function asking(fleet: Fleet, homes: string): Promise<readonly Figure[]> {
  const [nothing, status]: [number[], number[]] = [[], []]
  for (let i = 0; i < 7; i++) {
    nothing.push(await timed(() => fleet.run('migrate.up', { parallel: 1 })))
    status.push(await timed(() => fleet.run('migrate.status')))
  }
  const scan = await timed(() => fleet.run('drift.scan'))
  const { pending, data } = await fleet.run<{ pending: number; data: readonly unknown[] }>('drift.show')
  return [
    figure(`drift classes of ${homes}: ${data.length} classes, ${pending} homes drifted`, scan / 1_000, 's', 'lower', 30),
    figure(`\`migrate up\` with nothing to do over ${homes}`, median(nothing), 'ms', 'lower', 1_000),
    figure(`\`migrate status\` of ${homes}`, median(status), 'ms', 'lower', 200),
  ]
}

/** Warm tenants, over as many databases as work at once. Answers the databases. */
async function makeHomes(fleet: Fleet, homes: number): Promise<readonly string[]> {
  const databases: string[] = []
  const elapsed = process.hrtime.bigint()
  for (let at = 0; at < PARALLEL; at++) {
    const [cluster, database] = [`more-${at}`, `${fleet.platform.config.catalog.database}_${at}`]
    await fleet.run('cluster.add', { name: cluster, database })
    await fleet.run('stock.fill', { target: Math.ceil(homes / PARALLEL), isolation: 'schema', cluster, parallel: 4 })
    databases.push(database)
  }
  say(`${homes} homes in ${databases.length} databases after ${(Number(process.hrtime.bigint() - elapsed) / 1e9).toFixed(0)} s`)
  return databases
}

interface Schema {
  readonly url: string
  readonly database: string
  readonly schema: string
}

/** The same tables without Tenantry, beside the homes: catalogs are as large for everybody. */
async function makeSchemas(
  fleet: Fleet,
  url: string,
  databases: readonly string[],
  kind: string,
  count: number,
): Promise<readonly Schema[]> {
  const files = (await readMigrations(fleet.platform.config.migrations, 'tenant')).map(({ up }) => up)
  const here = Math.ceil(count / databases.length)
  const all: Schema[][] = []
  for (const database of databases) {
    const own = url.replace(/\/postgres$/, `/${database}`)
    const client = new pg.Client(own)
    await client.connect()
    const schemas = Array.from({ length: here }, (_, i) => `${kind}_${i}`)
    for (const schema of schemas)
      await client.query(`begin; create schema ${schema}; set local search_path = ${schema}, ext, pg_temp; ${files.join(';\n')}; commit`)
    all.push(schemas.map((schema) => ({ url: own, database, schema })))
    await client.end()
  }
  // Whoever takes them in turn is in every database at once.
  return Array.from({ length: here }, (_, i) => all.map((own) => own[i]!)).flat()
}

/** A new file, and the operation as it is. */
async function withTenantry(fleet: Fleet, round: number): Promise<number> {
  await newFile(fleet, round)
  const before = process.hrtime.bigint()
  const { homes } = await fleet.run<{ homes: number }>('migrate.up', { parallel: 1 })
  return homes / seconds(before)
}

/** What part of it the homes are: the flights, without the journal of the operation. */
async function withFlights(fleet: Fleet, round: number): Promise<number> {
  await newFile(fleet, round)
  const { platform } = fleet
  const { tracks } = await checkMigrations(platform.config)
  const homes = inTurn(await platform.catalog.rows(homesBehind(trackDigests(tracks), null)))
  const operation = crypto.randomUUID()
  const context = { names: platform.names, tenantColumn: platform.config.tenantColumn, hidden: {}, by: { operation, token: 1 } }
  const before = process.hrtime.bigint()
  await atOnce(homes, async (home: Home) => {
    const { database } = await platform.tenantDatabase(home.databaseId)
    await applyToHome(database, home, tracks.get(home.track)!, context)
  })
  const rate = homes.length / seconds(before)
  // Finds everything done, and tells the catalog.
  await fleet.run('migrate.up', { parallel: 1 })
  return rate
}

/** The first of each database, then the second. */
function inTurn(homes: readonly Home[]): readonly Home[] {
  const places = new Map<string, number>()
  const placed = homes.map((home) => {
    const place = places.get(home.databaseId) ?? 0
    places.set(home.databaseId, place + 1)
    return { home, place }
  })
  return placed.sort((a, b) => a.place - b.place).map(({ home }) => home)
}

const newFile = (fleet: Fleet, round: number): Promise<void> =>
  writeFile(join(fleet.platform.config.migrations, 'tenant', `${version(round)}_round.sql`), `-- migrate:up\n${statements(round)}`)

/** Nothing but the statements, on connections that are kept: begin, search_path, the file, commit. `once`: as one message. */
async function inBareLoop(schemas: readonly Schema[], round: number, once = false): Promise<number> {
  const pools = new Map(
    schemas
      .map(({ url, database }) => [database, url] as const)
      .map(([database, connectionString]) => [database, new pg.Pool({ connectionString, max: PARALLEL })]),
  )
  try {
    const before = process.hrtime.bigint()
    await atOnce(schemas, async ({ database, schema }) => {
      const client = await pools.get(database)!.connect()
      const path = `set local search_path = ${schema}, ext, pg_temp`
      if (once) await client.query(`begin; ${path}; ${statements(round)}; commit`)
      else for (const text of ['begin', path, statements(round), 'commit']) await client.query(text)
      client.release()
    })
    return schemas.length / seconds(before)
  } finally {
    await Promise.all([...pools.values()].map((pool) => pool.end()))
  }
}

/** As its manual has it: one call for each schema, which connects for itself. */
async function withNodePgMigrate(schemas: readonly Schema[], root: string, round: number, parallel: number): Promise<number> {
  const dir = join(root, 'migrations')
  await mkdir(dir, { recursive: true })
  await writeFile(join(dir, `${1_767_225_600_000 + round}_round.sql`), `-- Up Migration\n${statements(round)}\n-- Down Migration\n`)
  const before = process.hrtime.bigint()
  await atOnce(
    schemas,
    async ({ url, schema }) => {
      await runner({
        databaseUrl: url,
        dir,
        schema,
        migrationsSchema: schema,
        migrationsTable: 'pgmigrations',
        direction: 'up',
        noLock: parallel > 1,
        // Who goes first changes from round to round, and with it the order of the files.
        checkOrder: false,
        log: () => {},
        logger: QUIET,
      })
    },
    parallel,
  )
  return schemas.length / seconds(before)
}

const QUIET = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

async function atOnce<T>(items: readonly T[], work: (item: T) => Promise<void>, parallel = PARALLEL): Promise<void> {
  const next = items[Symbol.iterator]()
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      for (const item of next) await work(item)
    }),
  )
}

const seconds = (start: bigint): number => Number(process.hrtime.bigint() - start) / 1e9

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = process.hrtime.bigint()
  await work()
  return seconds(start) * 1_000
}

const say = (doing: string): boolean => process.stderr.write(`${doing}\n`)

process.exitCode = await main(process.argv.slice(2))
