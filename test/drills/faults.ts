import { rm } from 'node:fs/promises'
import { type Figure, report } from '../../bench/measuring/figures.js'
import { sum, type Tally } from '../faults/tally.js'
import { startTestServers } from '../support/servers.js'
import { makeServersFolder } from '../support/servers-folder.js'
import { KINDS } from './faults/kinds.js'
import { figuresOf, summaryOf } from './faults/scenario.js'

/** Disturbs the control plane in every way that it must survive. The long form of test/faults. */
async function main(argv: readonly string[]): Promise<number> {
  const every = numberAfter(argv, '--every') ?? 1
  const asked = wordAfter(argv, '--kind')?.split(',') ?? Object.keys(KINDS)
  if (Number.isNaN(every) || asked.some((kind) => !(kind in KINDS))) {
    process.stderr.write(`usage: npm run drill -- faults [--every 1] [--kind ${Object.keys(KINDS).join('|')}] [--json]\n`)
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
    const tallies: Tally[] = []
    for (const kind of asked) {
      for await (const scenario of KINDS[kind]!(server, every)) {
        tallies.push(scenario.tally)
        figures.push(...figuresOf(scenario))
        process.stderr.write(`${scenario.name}: ${scenario.tally.kills}, violations ${scenario.tally.violations.length}\n`)
        for (const violation of scenario.tally.violations) process.stderr.write(`violation: ${violation}\n`)
      }
    }
    return report('drill', 'faults', [...figures, ...summaryOf(sum(tallies))], argv)
  } finally {
    await servers.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

function wordAfter(argv: readonly string[], flag: string): string | undefined {
  const at = argv.indexOf(flag)
  return at < 0 ? undefined : (argv[at + 1] ?? '')
}

/** NaN when what follows is no positive whole number. */
function numberAfter(argv: readonly string[], flag: string): number | undefined {
  const word = wordAfter(argv, flag)
  if (word === undefined) return undefined
  const value = Number(word)
  return Number.isInteger(value) && value > 0 ? value : Number.NaN
}

process.exitCode = await main(process.argv.slice(2))
