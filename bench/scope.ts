import pg from 'pg'
import { ident, sql } from '../src/kernel/sql.js'
import { CONTRACT_HIDDEN, CONTRACT_MIGRATIONS } from '../src/testing/contract-project.js'
import { startFleet } from '../src/testing/fleet.js'
import { startTestServers } from '../test/support/servers.js'
import { makeServersFolder } from '../test/support/servers-folder.js'
import { type Figure, figure, race, report } from './measuring/figures.js'

const CLIENTS = 8
const TENANTS = 20
const ROWS = 1_000

/** A single-statement scope against what people use instead, per isolation: `design` goals in the figures. */
async function main(argv: readonly string[]): Promise<number> {
  const quick = argv.includes('--quick')
  const folder = await makeServersFolder()
  const servers = await startTestServers({ from: process.cwd(), folder, engines: ['embedded-18'] })
  const figures: Figure[] = []
  try {
    const server = servers.servers['embedded-18']!
    const url = `postgres://${server.superuser}:${encodeURIComponent(server.password)}@${server.host}:${server.port}/postgres`
    for (const isolation of ['shared', 'schema', 'database'] as const) {
      const slugs = Array.from({ length: TENANTS }, (_, i) => `${isolation}-${i + 1}`)
      const fleet = await startFleet({
        url,
        migrations: CONTRACT_MIGRATIONS,
        config: { hidden: CONTRACT_HIDDEN },
        tenants: Object.fromEntries(slugs.map((slug) => [slug, isolation])),
        client: { maxConnections: CLIENTS },
      })
      const clients: pg.Client[] = []
      try {
        const tenants = await Promise.all(slugs.map((slug) => fleet.tenant(slug)))
        const first: number[] = []
        for (const slug of slugs) {
          const [row] = await fleet.app.tenant(slug).transaction(async (scope) => {
            await scope.run(sql`insert into note (body, size) select 'note ' || g, g from generate_series(1, ${ROWS}) g`)
            return scope.rows(sql<{ id: string }>`select min(id) as id from note`)
          })
          first.push(Number(row!.id))
        }
        for (const slug of slugs) await (await fleet.witness(slug)).run(sql`analyze`)

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
        const texts = tenants.map(
          (tenant) => `select id, body, size from ${ident(tenant.schema, 'note').text} where tenant_id = $2 and id = $1`,
        )
        const path = tenants.map((tenant) => ident(tenant.schema).text)

        const handles = slugs.map((slug) => fleet.app.tenant(slug))
        const results = await race(
          [
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
          ],
          { workers: CLIENTS, sliceMs: quick ? 300 : 1_000, rounds: quick ? 3 : 7 },
        )
        const ours = results.get('tenantry')!
        figures.push(figure(`${isolation}: scopes per second`, ours, '1/s', 'higher'))
        figures.push(figure(`${isolation}: bare named queries per second`, results.get('bare')!, '1/s', 'higher'))
        figures.push(figure(`${isolation}: against a bare named query`, ours / results.get('bare')!, '×', 'higher', 0.7))
        figures.push(
          figure(`${isolation}: against the documents' pattern as written`, ours / results.get('documents')!, '×', 'higher', 1.8),
        )
        figures.push(
          figure(`${isolation}: against that pattern in a transaction`, ours / results.get('documents, safe')!, '×', 'higher', 2.5),
        )
      } finally {
        await Promise.all(clients.map((client) => client.end()))
        await fleet.stop()
      }
    }
  } finally {
    await servers.stop()
  }
  return report('suite', 'scope', figures, argv)
}

process.exitCode = await main(process.argv.slice(2))
