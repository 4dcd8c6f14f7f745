import { rm } from 'node:fs/promises'
import { type Figure, figure, report } from '../../bench/measuring/figures.js'
import { LIBRARIES } from '../orms/libraries.js'
import { fillLedgers, ISOLATIONS, interleave, LEDGER_MIGRATIONS, PAIRS, TENANTS } from '../orms/matrix.js'
import { straysOfSharedClient } from '../orms/prisma-control.js'
import { fleetOn } from '../support/fleet.js'
import { behindPooler } from '../support/pooler.js'
import { startTestServers, type TestServer } from '../support/servers.js'
import { makeServersFolder } from '../support/servers-folder.js'

// With one, no two scopes would be open at once; with many, no session would serve both tenants.
const POOL_SIZE = 2

/** Seven libraries, each for two tenants at the same tick: how many rows are wrong. The long form of test/orms/matrix.test.ts. */
async function main(argv: readonly string[]): Promise<number> {
  const at = argv.indexOf('--calls')
  const calls = at < 0 ? 10_000 : Number(argv[at + 1])
  if (!Number.isInteger(calls) || calls < 20 || calls % 20 !== 0) {
    process.stderr.write('usage: npm run drill -- orms [--calls 10000] [--json]\n  calls of each tenant, a multiple of 20\n')
    return 2
  }
  const folder = await makeServersFolder()
  const servers = await startTestServers({ from: process.cwd(), folder, engines: ['embedded-18'] })
  try {
    const server = servers.servers['embedded-18']
    if (server?.pooler === undefined) {
      const missing = server === undefined ? 'embedded-18' : 'pgbouncer'
      process.stderr.write(`this drill needs ${missing}: ${servers.missing[missing]}\n`)
      return 1
    }
    const pooled = await behindPooler(server, { poolSize: POOL_SIZE })
    try {
      return report('drill', 'orms', [...(await drill(server, false, calls)), ...(await drill(pooled, true, calls))], argv)
    } finally {
      await pooled.stopPooler()
    }
  } finally {
    await servers.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function drill(server: TestServer, pooled: boolean, calls: number): Promise<readonly Figure[]> {
  const way = pooled ? 'PgBouncer' : 'direct'
  const fleet = await fleetOn(server, { pooled, migrations: LEDGER_MIGRATIONS, tenants: TENANTS })
  const figures: Figure[] = []
  try {
    const truth = await fillLedgers(fleet, Object.keys(TENANTS))
    for (const { name, scoped } of LIBRARIES) {
      const sum = { calls: 0, rows: 0, wrong: 0, together: 0, shared: 0 }
      for (const isolation of ISOLATIONS) {
        const subject = await scoped(fleet.app)
        const started = performance.now()
        const judged = await interleave({ subject, fleet, pair: PAIRS[isolation], truth, calls })
        await subject.close()
        sum.calls += judged.calls
        sum.rows += judged.rows
        sum.wrong += judged.wrong
        sum.together += judged.together
        sum.shared += judged.shared
        const seconds = Math.round((performance.now() - started) / 1_000)
        process.stderr.write(`${way}, ${name}, ${isolation}: ${judged.calls} calls in ${seconds} s, ${judged.wrong} wrong\n`)
      }
      figures.push(
        figure(`${way}, ${name}: calls of two tenants, three isolations`, sum.calls, '', 'higher', ISOLATIONS.length * 2 * calls),
      )
      figures.push(figure(`${way}, ${name}: wrong rows among ${sum.rows}`, sum.wrong, 'rows', 'lower', 0))
      figures.push(figure(`${way}, ${name}: scopes that were open beside one of the other tenant`, sum.together, '', 'higher', calls / 20))
      figures.push(figure(`${way}, ${name}: sessions that served both tenants`, sum.shared, '', 'higher', 1))
    }
    const [unique] = await straysOfSharedClient(fleet, PAIRS.shared)
    figures.push(figure(`${way}, control: one PrismaClient for all tenants, answers of the other tenant`, unique!, '%', 'higher', 20))
  } finally {
    await fleet.stop()
  }
  return figures
}

process.exitCode = await main(process.argv.slice(2))
