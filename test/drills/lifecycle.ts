import { join } from 'node:path'
import { figure, report } from '../../bench/measuring/figures.js'
import { liveAndDie } from '../faults/life-and-death.js'
import { startOwnServer } from '../support/own-server.js'

const POS = join(process.cwd(), 'examples', 'pos', 'migrations')

/** Creates schema tenants with the tables of the whole example project, and purges half of them. The long form of test/faults/life-and-death.test.ts. */
async function main(argv: readonly string[]): Promise<number> {
  const at = argv.indexOf('--tenants')
  const tenants = at < 0 ? 1_000 : Number(argv[at + 1])
  if (!Number.isInteger(tenants) || tenants < 2) {
    process.stderr.write('usage: npm run drill -- lifecycle [--tenants 1000] [--json]\n')
    return 2
  }
  const purged = Math.floor(tenants / 2)
  // As it is installed: 100 connections, 64 locks for each.
  const server = await startOwnServer({ max_connections: 100 })
  try {
    const config = {
      extensions: ['ltree', 'btree_gist', 'pg_trgm', 'pgcrypto'],
      hidden: { user_account: ['password_hash', 'mfa_secret'] },
      lease: '5s',
    }
    const tell = (line: string): void => void process.stderr.write(`${line}\n`)
    const answer = await liveAndDie(server, { migrations: POS, config }, { tenants, purged, tell })
    for (const violation of answer.violations) process.stderr.write(`violation: ${violation}\n`)
    return report(
      'drill',
      'lifecycle',
      [
        figure('tenants created', tenants, '', 'higher', tenants),
        figure('  tables of each', answer.tablesPerTenant, '', 'higher', 1),
        figure('  time to create one, four at a time', answer.createdMs / tenants, 'ms', 'lower'),
        figure('tenants purged', purged, '', 'higher', purged),
        figure('  time to delete and purge one, four at a time', answer.purgedMs / purged, 'ms', 'lower'),
        figure('max_locks_per_transaction of the server', answer.maxLocksPerTransaction, '', 'lower', 64),
        figure('violations, such as anything left in a system catalog', answer.violations.length, '', 'lower', 0),
      ],
      argv,
    )
  } finally {
    await server.stop()
  }
}

process.exitCode = await main(process.argv.slice(2))
