import { sql } from '../src/kernel/sql.js'
import { serve } from '../src/server.js'
import { CONTRACT_HIDDEN, CONTRACT_MIGRATIONS } from '../src/testing/contract-project.js'
import { startFleet } from '../src/testing/fleet.js'
import { startTestServers } from '../test/support/servers.js'
import { makeServersFolder } from '../test/support/servers-folder.js'
import { type Figure, figure, report } from './measuring/figures.js'

const TENANTS = 1_000
const SCOPES = 50

/** What the platform's process (control plane, HTTP API, data plane) holds resident with many tenants known and many scopes in flight. */
async function main(argv: readonly string[]): Promise<number> {
  const servers = await startTestServers({ from: process.cwd(), folder: await makeServersFolder(), engines: ['embedded-18'] })
  const figures: Figure[] = []
  try {
    const server = servers.servers['embedded-18']!
    const fleet = await startFleet({
      url: `postgres://${server.superuser}:${encodeURIComponent(server.password)}@${server.host}:${server.port}/postgres`,
      migrations: CONTRACT_MIGRATIONS,
      config: { hidden: CONTRACT_HIDDEN },
      client: { maxConnections: SCOPES },
    })
    try {
      const slugs = Array.from({ length: TENANTS }, (_, i) => `tenant-${i + 1}`)
      const next = slugs[Symbol.iterator]()
      const create = async (): Promise<void> => {
        for (const slug of next) await fleet.run('tenant.create', { slug, isolation: 'shared' })
      }
      await Promise.all(Array.from({ length: 4 }, create))
      const { url, close } = await serve(fleet.platform, { port: 0, log: { info: () => {}, warn: () => {}, error: () => {} } })
      for (let i = 0; i < 50; i++) await (await fetch(`${url}/readyz`)).text()
      const insert = sql`insert into note (body) select 'note ' || g from generate_series(1, 20) g`
      for (const slug of slugs) await fleet.app.tenant(slug).query(insert)
      let most = 0
      let open = 0
      let release = (): void => {}
      const released = new Promise<void>((resolve) => {
        release = resolve
      })
      const inFlight = slugs.slice(0, SCOPES).map((slug) =>
        fleet.app.tenant(slug).transaction(async (scope) => {
          await scope.rows(sql`select * from note`)
          open++
          await released
        }),
      )
      while (open < SCOPES) await new Promise((resolve) => setTimeout(resolve, 10))
      for (let i = 0; i < 20; i++) {
        most = Math.max(most, process.memoryUsage().rss)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      release()
      await Promise.all(inFlight)
      await close()
      figures.push(figure('tenants known', TENANTS, 'tenants', 'higher'))
      figures.push(figure('scopes in flight', open, 'scopes', 'higher', SCOPES))
      figures.push(figure('resident memory of the platform process', most / 2 ** 20, 'MB', 'lower', 200))
    } finally {
      await fleet.stop()
    }
  } finally {
    await servers.stop()
  }
  return report('suite', 'memory', figures, argv)
}

process.exitCode = await main(process.argv.slice(2))
