import { rm } from 'node:fs/promises'
import { type Figure, figure, report } from '../../bench/measuring/figures.js'
import { type LeakCount, leakBound } from '../../src/testing/leak-meter.js'
import { startTestServers, type TestServer } from '../support/servers.js'
import { makeServersFolder } from '../support/servers-folder.js'
import { type RehearsalOptions, rehearseControl, rehearseDirect, rehearseLibrary } from './leak/rehearsal.js'

/** Many tenants on one server connection with clients that die: how many rows go to the wrong tenant. The long form of test/leak. */
async function main(argv: readonly string[]): Promise<number> {
  const rows = numberAfter(argv, '--rows') ?? 5_000_000
  const tenants = numberAfter(argv, '--tenants') ?? 200
  const seed = numberAfter(argv, '--seed') ?? 1
  if ([rows, tenants, seed].some((given) => Number.isNaN(given)) || tenants < 10) {
    process.stderr.write('usage: npm run drill -- leak [--rows 5000000] [--tenants 200] [--seed 1] [--json]\n')
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
    return report('drill', 'leak', await drill(server, { rows, tenants, seed, rowsPerRead: ROWS_PER_READ }), argv)
  } finally {
    await servers.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

// So that millions take minutes.
const ROWS_PER_READ = 40
// What a connection of the library's own shows, it shows sooner; and the controls are clear after a moment.
const DIRECT_SHARE = 10
const CONTROL_SHARE = 50

async function drill(server: TestServer, options: RehearsalOptions & { readonly tenants: number }): Promise<readonly Figure[]> {
  const { rows } = options
  const tellOf =
    (what: string): NonNullable<RehearsalOptions['tell']> =>
    ({ judged, wrong, elapsedMs }) =>
      void process.stderr.write(`${what}: ${judged} rows judged in ${Math.round(elapsedMs / 1_000)} s, ${wrong} wrong\n`)
  const some = (share: number): number => Math.max(Math.ceil(rows / share), Math.min(rows, 10_000))
  const library = await rehearseLibrary(server, { ...options, tell: tellOf('through a pooler') })
  const direct = await rehearseDirect(server, { ...options, rows: some(DIRECT_SHARE), tell: tellOf('without a pooler') })
  const controls = [
    await rehearseControl(server, 'schemas', { ...options, rows: some(CONTROL_SHARE) }),
    await rehearseControl(server, 'rows', { ...options, rows: some(CONTROL_SHARE) }),
  ]
  for (const message of [...library.unexpected, ...direct.unexpected]) process.stderr.write(`unexpected: ${message}\n`)
  const widest = library.backends.reduce((a, b) => (a.tenants > b.tenants ? a : b))
  return [
    figure('rows judged', library.judged, 'rows', 'higher', rows),
    figure('  tenants', Object.keys(library.byIsolation).length === 3 ? options.tenants : 0, 'tenants', 'higher', options.tenants),
    ...Object.entries(library.byIsolation).map(([isolation, { judged }]) =>
      figure(`  rows of ${isolation} tenants`, judged, 'rows', 'higher', 1),
    ),
    figure(`units of work, whose reads ask for ${ROWS_PER_READ} rows`, library.units, '', 'higher', 1),
    figure('rows written', library.written, 'rows', 'higher', 1),
    figure('rows of a wrong tenant', library.wrong, 'rows', 'lower', 0),
    figure('  so, at 95 %, the rate of wrong rows is below (3/n)', library.wrong === 0 ? leakBound(library) : 1, '', 'lower', 3 / rows),
    figure('reads that missed rows of their own', library.empty, 'reads', 'lower', 0),
    figure('rows stored', library.stored.rows, 'rows', 'higher', 1),
    figure('rows stored with a wrong tenant', library.stored.misplaced, 'rows', 'lower', 0),
    figure('rows stored of what was rolled back', library.stored.doomed, 'rows', 'lower', 0),
    figure('errors that nothing here had caused', library.unexpected.length, '', 'lower', 0),
    figure('units of work that never ended', library.hung, '', 'lower', 0),
    figure('connections cut with a transaction open', library.cuts.open, '', 'higher', 1),
    figure('connections cut otherwise', library.cuts.idle + library.cuts.flight, '', 'higher', 1),
    figure('statements that failed', library.faults.failing + library.faults.unknown, '', 'higher', 1),
    figure('errors thrown by the application', library.faults.thrown, '', 'higher', 1),
    figure('server connections per database', Math.max(...library.backends.map(({ connections }) => connections)), '', 'lower', 1),
    figure('  tenants on the most shared of them', widest.tenants, '', 'higher', 2),
    figure('  changes of tenant from one read to the next', library.handovers, '', 'higher', rows / 100),
    figure('without a pooler, one connection: rows judged', direct.judged, 'rows', 'higher', some(DIRECT_SHARE)),
    figure('without a pooler: rows of a wrong tenant, read or stored', direct.wrong + direct.stored.misplaced, 'rows', 'lower', 0),
    figure('without a pooler: errors without a cause, units that never ended', direct.unexpected.length + direct.hung, '', 'lower', 0),
    figure('without a pooler: backends terminated with a transaction open', direct.cuts.open, '', 'higher', 1),
    ...controls.flatMap(controlFigures),
  ]
}

/** The control must fail, or the meter has shown nothing. */
const controlFigures = (control: LeakCount): readonly Figure[] => [
  figure(`${control.way}: rows judged`, control.judged, 'rows', 'higher', 1),
  figure(`${control.way}: share of rows of a wrong tenant`, (100 * control.wrong) / Math.max(control.judged, 1), '%', 'higher', 10),
  figure(
    `${control.way}: share of rows stored with a wrong tenant`,
    (100 * control.stored.misplaced) / Math.max(control.stored.rows, 1),
    '%',
    'higher',
    5,
  ),
]

/** NaN when what follows is no positive whole number. */
function numberAfter(argv: readonly string[], flag: string): number | undefined {
  const at = argv.indexOf(flag)
  if (at < 0) return undefined
  const value = Number(argv[at + 1])
  return Number.isInteger(value) && value > 0 ? value : Number.NaN
}

process.exitCode = await main(process.argv.slice(2))
