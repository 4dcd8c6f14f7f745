import { join } from 'node:path'
import { stopwatch } from '../src/kernel/clock.js'
import { sql } from '../src/kernel/sql.js'
import { startFleet } from '../src/testing/fleet.js'
import { claimFleet, prepareFleets } from '../src/testing.js'
import { startTestServers } from '../test/support/servers.js'
import { makeServersFolder } from '../test/support/servers-folder.js'
import { type Figure, figure, median, report } from './measuring/figures.js'

const MIGRATIONS = join(import.meta.dirname, '../../examples/pos/migrations')
const RUNS = 20
const SPARE = 4

/** How long a test waits for a fleet of its own, with the 51 tables of the point-of-sale example: claimed from those that are ready, and made. */
async function main(argv: readonly string[]): Promise<number> {
  const servers = await startTestServers({ from: process.cwd(), folder: await makeServersFolder(), engines: ['embedded-18'] })
  const figures: Figure[] = []
  try {
    const server = servers.servers['embedded-18']!
    const options = {
      url: `postgres://${server.superuser}:${encodeURIComponent(server.password)}@${server.host}:${server.port}/postgres`,
      migrations: MIGRATIONS,
      config: { extensions: ['ltree', 'btree_gist', 'pg_trgm', 'pgcrypto'] },
      tenants: { acme: 'schema', globex: 'shared' },
    } as const
    const runs = argv.includes('--quick') ? 8 : RUNS
    const made: number[] = []
    for (let i = 0; i < 3; i++) {
      const elapsed = stopwatch()
      const fleet = await startFleet(options)
      made.push(elapsed())
      await fleet.stop()
    }
    const [claims, firsts]: [number[], number[]] = [[], []]
    await using fleets = await prepareFleets({ ...options, spare: SPARE })
    for (let i = 0; i < runs; i++) {
      // A suite whose tests do more than claim: the next one is ready. That others are being made meanwhile is what happens there as well.
      while (fleets.counts().ready === 0) await new Promise((resolve) => setTimeout(resolve, 5))
      const elapsed = stopwatch()
      const fleet = await claimFleet()
      claims.push(elapsed())
      await fleet.app.tenant('acme').query(sql`select 1`)
      firsts.push(elapsed())
      await fleet.stop()
    }
    claims.sort((a, b) => a - b)
    figures.push(figure('a fleet made on the spot, median of 3', median(made), 'ms', 'lower'))
    figures.push(figure(`a fleet claimed, median of ${runs}`, median(claims), 'ms', 'lower', 150))
    figures.push(figure(`a fleet claimed, the slowest of ${runs}`, claims.at(-1)!, 'ms', 'lower'))
    figures.push(figure('claimed, and its first scope answered, median', median(firsts), 'ms', 'lower'))
  } finally {
    await servers.stop()
  }
  return report('suite', 'testing', figures, argv)
}

process.exitCode = await main(process.argv.slice(2))
