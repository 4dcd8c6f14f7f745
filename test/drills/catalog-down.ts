import { rm } from 'node:fs/promises'
import { figure, report } from '../../bench/measuring/figures.js'
import { runOutage } from '../catalog/outage.js'
import { urlOf } from '../support/fleet.js'
import { startTestServers } from '../support/servers.js'
import { makeServersFolder } from '../support/servers-folder.js'

/** Stops the catalog for ten minutes while an application works. The long form of test/catalog/down.test.ts. */
async function main(argv: readonly string[]): Promise<number> {
  const at = argv.indexOf('--minutes')
  const minutes = at < 0 ? 10 : Number(argv[at + 1])
  if (!(minutes > 0)) {
    process.stderr.write('usage: npm run drill -- catalog-down [--minutes 10] [--json]\n')
    return 2
  }
  const folder = await makeServersFolder()
  const servers = await startTestServers({ from: process.cwd(), folder, engines: ['embedded-18'] })
  try {
    const server = servers.servers['embedded-18']
    if (server === undefined) {
      process.stderr.write(`this drill needs embedded-18: ${servers.missing['embedded-18']}\n`)
      return 1
    }
    const seen = await runOutage(urlOf(server), minutes * 60_000)
    for (const failure of new Set(seen.failures)) process.stderr.write(`failed: ${failure}\n`)
    const wrong = seen.unknown.filter(({ code }) => code !== 'CATALOG_UNREACHABLE')
    const refused = seen.api.filter(({ status, retryAfter }) => status !== 503 || retryAfter === null)
    return report(
      'drill',
      'catalog-down',
      [
        figure('catalog down', minutes, 'min', 'higher'),
        figure('scopes of tenants that are known', seen.scopes, '', 'higher', 1),
        figure('of these failed', seen.failures.length, '', 'lower', 0),
        figure('scopes of tenants that are not known', seen.unknown.length, '', 'higher', 1),
        figure('of these told something else than CATALOG_UNREACHABLE', wrong.length, '', 'lower', 0),
        figure('the slowest of these', Math.max(...seen.unknown.map(({ ms }) => ms)), 'ms', 'lower', 2_000),
        figure('requests to the API', seen.api.length, '', 'higher', 1),
        figure('of these not answered by 503 with Retry-After', refused.length, '', 'lower', 0),
        figure('until an unknown tenant could be opened again', seen.backMs, 'ms', 'lower', 10_000),
        figure('questions to the catalog just after', seen.questions, '', 'lower', 40),
      ],
      argv,
    )
  } finally {
    await servers.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

process.exitCode = await main(process.argv.slice(2))
