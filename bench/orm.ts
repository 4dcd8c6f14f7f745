import { rm } from 'node:fs/promises'
import { ident, sql } from '../src/index.js'
import { type Fleet, startFleet } from '../src/testing/fleet.js'
import { LIBRARIES } from '../test/orms/libraries.js'
import { fillLedgers, LEDGER_MIGRATIONS } from '../test/orms/matrix.js'
import type { Library } from '../test/orms/subject.js'
import { startTestServers, type TestServer } from '../test/support/servers.js'
import { makeServersFolder } from '../test/support/servers-folder.js'
import { type Figure, figure, type LineUp, race, rate, ratio, report } from './measuring/figures.js'

const CLIENTS = 8
const TENANTS = 20
const IDS = 50
const GOAL = 0.9
const RACES = [
  { isolation: 'shared', assurance: 'standard' },
  { isolation: 'schema', assurance: 'standard' },
  // A token costs the server its verification, with any library. The goal is the same: what it misses is to be seen.
  { isolation: 'shared', assurance: 'strict' },
] as const

/** Each library in a scope, against itself on a bare pool in a transaction of its own: one row by its key. Names of libraries select some. */
async function main(argv: readonly string[]): Promise<number> {
  const quick = argv.includes('--quick')
  const wanted = argv.filter((word) => !word.startsWith('-')).map((word) => word.toLowerCase())
  const libraries = LIBRARIES.filter(({ name }) => wanted.length === 0 || wanted.includes(name.toLowerCase()))
  if (libraries.length === 0) {
    process.stderr.write(
      `usage: npm run bench -- orm [${LIBRARIES.map(({ name }) => name.toLowerCase()).join('|')} …] [--quick] [--json]\n`,
    )
    return 2
  }
  const folder = await makeServersFolder()
  const servers = await startTestServers({ from: process.cwd(), folder, engines: ['embedded-18'] })
  const figures: Figure[] = []
  try {
    const server = servers.servers['embedded-18']!
    const url = `postgres://${server.superuser}:${encodeURIComponent(server.password)}@${server.host}:${server.port}/postgres`
    for (const { isolation, assurance } of RACES) {
      const slugs = Array.from({ length: TENANTS }, (_, i) => `${isolation}-${i + 1}`)
      const fleet = await startFleet({
        url,
        assurance,
        migrations: LEDGER_MIGRATIONS,
        tenants: Object.fromEntries(slugs.map((slug) => [slug, isolation])),
      })
      try {
        await fillLedgers(fleet, slugs)
        await makeBareTable(fleet, slugs[0]!)
        // Whoever came first would pay for what all have in common: placements asked for, code not yet compiled.
        await race(() => lineUp(server, fleet, libraries[0]!, slugs), { workers: CLIENTS, sliceMs: 1_000, rounds: 1, lineUps: 1 })
        for (const library of libraries) {
          const samples = await race(
            () => lineUp(server, fleet, library, slugs),
            quick ? { workers: CLIENTS, sliceMs: 300, rounds: 3, lineUps: 1 } : { workers: CLIENTS, sliceMs: 400, rounds: 4, lineUps: 5 },
          )
          const name = `${library.name}, ${isolation}, ${assurance}`
          figures.push(figure(`${name}: scopes per second`, rate(samples, 'scope'), '1/s', 'higher'))
          figures.push(figure(`${name}: bare transactions per second`, rate(samples, 'bare'), '1/s', 'higher'))
          figures.push(figure(`${name}: against itself, bare`, ratio(samples, 'scope', 'bare'), '×', 'higher', GOAL))
        }
      } finally {
        await fleet.stop()
      }
    }
  } finally {
    await servers.stop()
    await rm(folder, { recursive: true, force: true })
  }
  return report('suite', 'orm', figures, argv)
}

const BARE = 'bare'

/** The same rows without tenants, as an application of one customer would have them. */
async function makeBareTable(fleet: Fleet, slug: string): Promise<void> {
  const { id, schema } = await fleet.tenant(slug)
  const witness = await fleet.witness(slug)
  await witness.run(sql`create schema ${ident(BARE)}`)
  await witness.run(sql`create table ${ident(BARE, 'ledger')} (id integer primary key, owner text not null, secret text not null)`)
  await witness.run(sql`
    insert into ${ident(BARE, 'ledger')} (id, owner, secret)
    select id, owner, secret from ${ident(schema, 'ledger')} where tenant_id = ${id}`)
  await witness.run(sql`analyze`)
}

/** Both with connections of their own. */
async function lineUp(server: TestServer, fleet: Fleet, library: Library, slugs: readonly string[]): Promise<LineUp> {
  const { database } = await fleet.tenant(slugs[0]!)
  const app = fleet.client({ maxConnections: CLIENTS })
  const scoped = await library.scoped(app)
  const bare = await library.bare(
    {
      host: server.host,
      port: server.port,
      user: server.superuser,
      password: server.password,
      database,
      max: CLIENTS,
      options: `-c search_path=${BARE}`,
    },
    BARE,
  )
  const handles = slugs.map((slug) => app.tenant(slug))
  const id = (round: number): number => 1 + ((round * 31) % IDS)
  return {
    contenders: [
      {
        name: 'scope',
        work: (worker, round) => handles[(worker * 7 + round) % TENANTS]!.transaction(() => scoped.byId(id(round))),
      },
      { name: 'bare', work: (_, round) => bare.inTransaction((queries) => queries.byId(id(round))) },
    ],
    end: async () => {
      await Promise.all([scoped.close(), bare.close()])
      await app.close()
    },
  }
}

process.exitCode = await main(process.argv.slice(2))
