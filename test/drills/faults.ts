import { rm } from 'node:fs/promises'
import { type Figure, figure, report } from '../../bench/measuring/figures.js'
import { startProxied } from '../faults/proxied.js'
import { killAt, SCENARIOS, type Scenario, type Tally } from '../faults/proxied-kills.js'
import { startTestServers, type TestServer } from '../support/servers.js'
import { makeServersFolder } from '../support/servers-folder.js'

// Homes in a database of their own take room: after so many kills everything is removed and begun anew.
const BATCH = 120

/** Kills the control plane's connections at every single message of its operations. The long form of test/faults/proxy-kill.test.ts. */
async function main(argv: readonly string[]): Promise<number> {
  const every = numberAfter(argv, '--every') ?? 1
  if (Number.isNaN(every)) {
    process.stderr.write('usage: npm run drill -- faults [--every 1] [--json]\n')
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
    const figures: Figure[] = []
    const all: Tally[] = []
    for (const scenario of SCENARIOS) {
      const tally = await killEvery(server, scenario, every)
      all.push(tally)
      figures.push(...figuresOf(scenario, tally, every))
      for (const violation of tally.violations) process.stderr.write(`violation: ${violation}\n`)
    }
    return report('drill', 'faults', [...figures, ...summary(all)], argv)
  } finally {
    await servers.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function killEvery(server: TestServer, scenario: Scenario, every: number): Promise<Tally> {
  let [messages, kills] = [0, 0]
  const violations: string[] = []
  const convergedMs: number[] = []
  for (let done = 0; ; done += BATCH) {
    let left = 0
    const proxied = await startProxied(server, { 'peace-shared': 'shared', 'peace-schema': 'schema', 'peace-database': 'database' })
    try {
      const tally = await killAt(proxied, scenario, (count) => {
        const points = Array.from({ length: Math.floor(count / every) }, (_, i) => (i + 1) * every)
        left = points.length - done - BATCH
        return points.slice(done, done + BATCH)
      })
      messages = tally.messages
      kills += tally.kills
      violations.push(...tally.violations)
      convergedMs.push(...tally.convergedMs)
    } finally {
      await proxied.stop()
    }
    if (left <= 0) return { messages, kills, violations, convergedMs }
  }
}

const figuresOf = (scenario: Scenario, { messages, kills, violations, convergedMs }: Tally, every: number): readonly Figure[] => [
  figure(`${scenario}: messages`, messages, '', 'higher', 1),
  // The journal of a run that was disturbed may be a message longer or shorter than that of the one that was counted.
  figure(`${scenario}: connections killed, each at another message`, kills, '', 'higher', Math.floor((0.98 * messages) / every)),
  figure(`${scenario}: violations`, violations.length, '', 'lower', 0),
  figure(`${scenario}: time to converge, p95`, percentile95(convergedMs), 'ms', 'lower', 10_000),
]

function summary(tallies: readonly Tally[]): readonly Figure[] {
  const convergedMs = tallies.flatMap((tally) => tally.convergedMs)
  return [
    figure('kills', convergedMs.length, '', 'higher', 1),
    figure('violations', tallies.flatMap((tally) => tally.violations).length, '', 'lower', 0),
    figure('time to converge, p95', percentile95(convergedMs), 'ms', 'lower', 10_000),
    figure('time to converge, longest', convergedMs.length === 0 ? Number.NaN : Math.max(...convergedMs), 'ms', 'lower'),
  ]
}

/** NaN, which meets no goal, of nothing. */
function percentile95(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.ceil(0.95 * sorted.length) - 1] ?? Number.NaN
}

/** NaN when what follows is no positive whole number. */
function numberAfter(argv: readonly string[], flag: string): number | undefined {
  const at = argv.indexOf(flag)
  if (at < 0) return undefined
  const value = Number(argv[at + 1])
  return Number.isInteger(value) && value > 0 ? value : Number.NaN
}

process.exitCode = await main(process.argv.slice(2))
