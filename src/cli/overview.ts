import { readFileSync } from 'node:fs'
import { INDEX } from './index.generated.js'
import type { IndexEntry } from './index-entry.js'
import { kebab } from './kebab.js'

// What is here is all that `tenantry --help` loads: no operation, no zod, no commander, no pg.

export const INIT_SUMMARY = 'Write a configuration here and create the catalog.'

export const REBUILD_SUMMARY = 'Restore a catalog that is lost from what the databases of the tenants say.'

export const SERVE_SUMMARY = 'Serve the HTTP API and finish what other workers have left.'

const GLOBAL_FLAGS = `Flags of every command
  --config <path>        the configuration (default: tenantry.config.ts, or TENANTRY_CONFIG)
  -o, --output <format>  table, json, yaml or csv (default: table)
  --json                 the same as --output json
  --yes                  confirm what asks for it
  --no-input             never ask
  -h, --help             describe the command
`

export const nounOf = (entry: IndexEntry): string => entry.name.slice(0, entry.name.indexOf('.'))
export const verbOf = (entry: IndexEntry): string => entry.name.slice(entry.name.indexOf('.') + 1)

/** What runs when a noun is said alone: `tenantry doctor` is doctor.run. Its other verbs may be said as flags: `tenantry doctor --fix` is doctor.fix. */
export const impliedBy = (noun: string): IndexEntry | undefined => INDEX.find((entry) => entry.name === `${noun}.run`)

/** An operation's command as people type it, without `tenantry`. */
export const commandOf = (name: string): string => (name.endsWith('.run') ? name.slice(0, -'.run'.length) : name.replace('.', ' '))

/** The answer to `tenantry`, `--help`, `--version` and a noun alone; undefined for everything else. */
export function overview(argv: readonly string[]): string | undefined {
  const [first, second] = argv
  const isHelp = (word: string | undefined): boolean => word === '--help' || word === '-h'
  if (argv.length === 0 || (argv.length === 1 && (isHelp(first) || first === 'help'))) return help()
  if (argv.length === 1 && (first === '--version' || first === '-V')) return `${version()}\n`
  if (argv.length === 1 || (argv.length === 2 && isHelp(second))) return helpOfNoun(first!)
  if (argv.length === 2 && first === 'help') return helpOfNoun(second!)
  return undefined
}

function help(): string {
  const groups = [...new Set(INDEX.map(nounOf))].map((noun) => INDEX.filter((entry) => nounOf(entry) === noun))
  return [
    'Tenantry: the tenant platform for PostgreSQL\n\nUsage: tenantry <noun> <verb> [flags]\n',
    lines([
      ['init', INIT_SUMMARY],
      ['serve', SERVE_SUMMARY],
      ['catalog rebuild', REBUILD_SUMMARY],
    ]),
    ...groups.map((entries) => lines(entries.map(line))),
    GLOBAL_FLAGS,
    '`tenantry <noun> <verb> --help` describes a command with its flags.\n',
  ].join('\n')
}

function helpOfNoun(noun: string): string | undefined {
  // Its one verb is no operation, since it works without a catalog.
  if (noun === 'catalog') return ['Usage: tenantry catalog <verb> [flags]\n', lines([['catalog rebuild', REBUILD_SUMMARY]])].join('\n')
  const entries = INDEX.filter((entry) => nounOf(entry) === noun)
  if (entries.length === 0 || impliedBy(noun) !== undefined) return undefined
  return [
    `Usage: tenantry ${noun} <verb> [flags]\n`,
    lines(entries.map(line)),
    `\`tenantry ${noun} <verb> --help\` describes a command with its flags.\n`,
  ].join('\n')
}

const line = (entry: IndexEntry): readonly [string, string] => [
  [commandOf(entry.name), ...entry.positionals.map((name) => `<${kebab(name)}>`)].join(' '),
  entry.summary,
]

const lines = (rows: readonly (readonly [string, string])[]): string =>
  rows.map(([left, right]) => `  ${left.padEnd(32)} ${right}\n`).join('')

export const version = (): string =>
  (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version
