import pg from 'pg'
import { ident, sql } from '../src/kernel/sql.js'
import { CONTRACT_HIDDEN, CONTRACT_MIGRATIONS } from '../src/testing/contract-project.js'
import { type Fleet, startFleet } from '../src/testing/fleet.js'
import { startTestServers, type TestServer } from '../test/support/servers.js'
import { makeServersFolder } from '../test/support/servers-folder.js'
import { type Contender, type Figure, figure, type LineUp, race, rate, ratio, report } from './measuring/figures.js'

const CLIENTS = 8
const TENANTS = 20
const ROWS = 1_000
// Of each rival the goal at `standard`, and at the assurances that want a token.
const RIVALS = [
  ['bare', 'a bare named query', 0.7, 0.55],
  ['documents', "the documents' pattern as written", 1.8, undefined],
  ['documents, safe', 'that pattern in a transaction', 2.5, undefined],
] as const
const RACES = (['shared', 'schema', 'database'] as const).flatMap((isolation) =>
  (['standard', 'strict'] as const).map((assurance) => ({ isolation, assurance, name: `${isolation}, ${assurance}` })),
)

/** A single-statement scope against what people use instead, per isolation and assurance: `design` goals in the figures. */
async function main(argv: readonly string[]): Promise<number> {
  const quick = argv.includes('--quick')
  const folder = await makeServersFolder()
  const servers = await startTestServers({ from: process.cwd(), folder, engines: ['embedded-18'] })
  const figures: Figure[] = []
  try {
    const server = servers.servers['embedded-18']!
    const url = `postgres://${server.superuser}:${encodeURIComponent(server.password)}@${server.host}:${server.port}/postgres`
    for (const { isolation, assurance, name } of RACES) {
      const slugs = Array.from({ length: TENANTS }, (_, i) => `${isolation}-${i + 1}`)
      const fleet = await startFleet({
        url,
        assurance,
        migrations: CONTRACT_MIGRATIONS,
        config: { hidden: CONTRACT_HIDDEN },
        tenants: Object.fromEntries(slugs.map((slug) => [slug, isolation])),
      })
      try {
        const tenants = await Promise.all(slugs.map((slug) => fleet.tenant(slug)))
        const first: number[] = []
        const filler = fleet.client()
        for (const slug of slugs) {
          const [row] = await filler.tenant(slug).transaction(async (scope) => {
            await scope.run(sql`insert into note (body, size) select 'note ' || g, g from generate_series(1, ${ROWS}) g`)
            return scope.rows(sql<{ id: string }>`select min(id) as id from note`)
          })
          first.push(Number(row!.id))
        }
        await filler.close()
        for (const slug of slugs) await (await fleet.witness(slug)).run(sql`analyze`)
        const samples = await race(
          () => lineUp(server, fleet, tenants, slugs, first),
          quick ? { workers: CLIENTS, sliceMs: 300, rounds: 3, lineUps: 1 } : { workers: CLIENTS, sliceMs: 500, rounds: 4, lineUps: 7 },
        )
        figures.push(figure(`${name}: scopes per second`, rate(samples, 'tenantry'), '1/s', 'higher'))
        figures.push(figure(`${name}: bare named queries per second`, rate(samples, 'bare'), '1/s', 'higher'))
        for (const [other, title, standard, signed] of RIVALS) {
          const goal = assurance === 'standard' ? standard : signed
          figures.push(figure(`${name}: against ${title}`, ratio(samples, 'tenantry', other), '×', 'higher', goal))
        }
      } finally {
        await fleet.stop()
      }
    }
  } finally {
    await servers.stop()
  }
  return report('suite', 'scope', figures, argv)
}

/** Everybody with connections of their own. */
async function lineUp(
  server: TestServer,
  fleet: Fleet,
  tenants: readonly Awaited<ReturnType<Fleet['tenant']>>[],
  slugs: readonly string[],
  first: readonly number[],
): Promise<LineUp> {
  const clients: pg.Client[] = []
  const app = fleet.client({ maxConnections: CLIENTS })
  // Bare clients: superuser, no wall, no tenant; one per worker, and per database where tenants have their own.
  const databases = [...new Set(tenants.map((tenant) => tenant.database))]
  const connect = async (database: string): Promise<pg.Client> => {
    const client = new pg.Client({
      host: server.host,
      port: server.port,
      user: server.superuser,
      password: server.password,
      database,
    })
    await client.connect()
    clients.push(client)
    return client
  }
  const bare = await Promise.all(
    Array.from(
      { length: CLIENTS },
      async () => new Map(await Promise.all(databases.map(async (database) => [database, await connect(database)] as const))),
    ),
  )
  const pick = (worker: number, round: number) => {
    const index = (worker * 7 + round) % TENANTS
    return { index, tenant: tenants[index]!, slug: slugs[index]!, id: first[index]! + ((round * 31) % ROWS) }
  }
  const texts = tenants.map((tenant) => `select id, body, size from ${ident(tenant.schema, 'note').text} where tenant_id = $2 and id = $1`)
  const path = tenants.map((tenant) => ident(tenant.schema).text)

  const handles = slugs.map((slug) => app.tenant(slug))
  const contenders: readonly Contender[] = [
    {
      name: 'tenantry',
      work: (worker, round) => {
        const { index, id } = pick(worker, round)
        return handles[index]!.query(sql`select id, body, size from note where id = ${id}`)
      },
    },
    {
      name: 'bare',
      work: (worker, round) => {
        const { index, tenant, id } = pick(worker, round)
        return bare[worker]!.get(tenant.database)!.query({ name: `q${index}`, text: texts[index]!, values: [id, tenant.id] })
      },
    },
    {
      name: 'documents',
      work: async (worker, round) => {
        const { index, tenant, id } = pick(worker, round)
        const client = bare[worker]!.get(tenant.database)!
        await client.query('select 1 from information_schema.schemata where schema_name = $1', [tenant.schema])
        await client.query(`set search_path to ${path[index]}`)
        return client.query('select id, body, size from note where tenant_id = $2 and id = $1', [id, tenant.id])
      },
    },
    {
      name: 'documents, safe',
      work: async (worker, round) => {
        const { tenant, id } = pick(worker, round)
        const client = bare[worker]!.get(tenant.database)!
        await client.query('begin')
        await client.query('select 1 from information_schema.schemata where schema_name = $1', [tenant.schema])
        await client.query("select set_config('search_path', $1, true)", [tenant.schema])
        const result = await client.query('select id, body, size from note where tenant_id = $2 and id = $1', [id, tenant.id])
        await client.query('commit')
        return result
      },
    },
  ]
  const end = async (): Promise<void> => {
    await Promise.all([app.close(), ...clients.map((client) => client.end())])
    // Their processes take a moment to go, and the next ones need the room.
    const witness = await fleet.witness(slugs[0]!)
    const left = sql<{
      n: number
    }>`select count(*)::int as n from pg_catalog.pg_stat_activity where backend_type = 'client backend' and application_name in ('tenantry', '')`
    while ((await witness.one(left)).n > CLIENTS) await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return { contenders, end }
}

process.exitCode = await main(process.argv.slice(2))
