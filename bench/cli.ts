import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { figure, median, report } from './measuring/figures.js'

const RUNS = 30
const bin = fileURLToPath(new URL('../../dist/bin.js', import.meta.url))

/** How long `tenantry --help` takes beside an empty program of Node, in turns. */
function main(argv: readonly string[]): number {
  const time = (args: readonly string[]): number => {
    const start = process.hrtime.bigint()
    spawnSync(process.execPath, args, { stdio: 'ignore' })
    return Number(process.hrtime.bigint() - start) / 1e6
  }
  const [help, empty]: [number[], number[]] = [[], []]
  for (let i = 0; i < RUNS; i++) {
    empty.push(time(['-e', '0']))
    help.push(time([bin, '--help']))
  }
  return report(
    'suite',
    'cli',
    [
      figure('node -e 0', median(empty), 'ms', 'lower'),
      figure('tenantry --help', median(help), 'ms', 'lower'),
      figure('tenantry --help against node -e 0', median(help) / median(empty), '×', 'lower', 1.6),
    ],
    argv,
  )
}

process.exitCode = main(process.argv.slice(2))
