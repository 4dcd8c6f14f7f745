import { systemClock } from '../kernel/clock.js'
import { fault } from '../kernel/faults.js'
import { didYouMean, nearest } from '../kernel/suggest.js'
import { INDEX } from './index.generated.js'
import type { Io } from './io.js'
import { impliedBy, nounOf, overview, verbOf } from './overview.js'
import { printFault } from './print-fault.js'
import { createRedactor, type Redactor } from './redact.js'

export type { Io }

const INTERRUPTED = 130
// The catalog is asked what is left behind; somebody who pressed Ctrl-C waits no longer than this for the answer.
const LAST_WORDS_MS = 1_000

/** Runs one command and answers its exit status; never throws. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const text = overview(argv)
  if (text !== undefined) {
    io.stdout.write(text)
    return 0
  }
  const redactor = createRedactor()
  let leavesBehind = async (): Promise<readonly string[]> => []
  const running = dispatch(argv, io, redactor, (say) => {
    leavesBehind = say
  }).catch((error: unknown) => (io.interrupt?.aborted ? INTERRUPTED : printFault(error, io, { json: wantsJson(argv), redactor })))
  // `serve` ends by being interrupted, in its own time.
  const status = await (argv[0] === 'serve' ? running : Promise.race([running, interruption(io)]))
  if (status !== undefined) return status
  const left = await Promise.race([leavesBehind().catch(() => []), systemClock.sleep(LAST_WORDS_MS).then((): readonly string[] => [])])
  io.stderr.write(`${io.isTTY.stderr ? '\r\u001b[2K' : ''}interrupted${left.length === 0 ? '' : `; ${left.join('\n')}`}\n`)
  return INTERRUPTED
}

type OnRunning = (leavesBehind: () => Promise<readonly string[]>) => void

async function dispatch(argv: readonly string[], io: Io, redactor: Redactor, onRunning: OnRunning): Promise<number> {
  // What was no UTF-8 has become replacement characters by now, and would be another name.
  const unreadable = argv.findIndex((word) => word.includes('\ufffd'))
  if (unreadable >= 0) throw unknown(`argument ${unreadable + 1} is not UTF-8`, '')
  const { words, flags, rest } = splitWords(argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv)
  const [first, second] = words
  if (first === 'init') {
    const { runInit } = await import('./init.js')
    return runInit([...flags, ...(second === undefined ? [] : [second]), ...rest], io, redactor)
  }
  if (first === 'serve' && io.services !== undefined) {
    const { runServe } = await import('./serve.js')
    return runServe([...flags, ...(second === undefined ? [] : [second]), ...rest], io, redactor, await io.services())
  }
  if (first === 'catalog' && second === 'rebuild') {
    const { runCatalogRebuild } = await import('./catalog-rebuild.js')
    return runCatalogRebuild([...flags, ...rest], io, redactor)
  }
  const plural =
    second === undefined || second.startsWith('-')
      ? INDEX.find((entry) => `${nounOf(entry)}s` === first && verbOf(entry) === 'list')
      : undefined
  const implied = second === undefined && first !== undefined ? impliedBy(first) : undefined
  const sibling = implied && INDEX.find((known) => nounOf(known) === first && rest.includes(`--${verbOf(known)}`))
  if (sibling !== undefined) rest.splice(rest.indexOf(`--${verbOf(sibling)}`), 1)
  const entry = plural ?? sibling ?? implied ?? INDEX.find((known) => known.name === `${first}.${second}`)
  if (entry === undefined) return answerUnknown(first, second, rest, io)
  if (entry.name === 'tenant.sql') {
    const { runSql } = await import('./sql.js')
    return runSql([...flags, ...rest], io, redactor)
  }
  if (entry.name === 'tenant.connect') {
    const { runConnect } = await import('./connect.js')
    return runConnect([...flags, ...rest], io, redactor)
  }
  if (entry.name === 'migrate.lint') {
    const { runLint } = await import('./lint.js')
    return runLint([...flags, ...rest], io, redactor)
  }
  if (entry.name === 'migrate.new' || entry.name === 'migrate.import') {
    const { runNew, runImport } = await import('./on-files.js')
    return (entry.name === 'migrate.new' ? runNew : runImport)([...flags, ...rest], io, redactor)
  }
  if (entry.name === 'platform.upgrade') {
    const { runUpgrade } = await import('./upgrade.js')
    return runUpgrade([...flags, ...rest], io, { redactor, onRunning })
  }
  if (entry.name === 'migrate.verify') {
    const { runVerify } = await import('./verify.js')
    return runVerify([...flags, ...rest], io, { redactor, onRunning })
  }
  if (entry.name === 'migrate.down' || entry.name === 'migrate.redo') {
    const { runUndo } = await import('./undo.js')
    return runUndo(entry, [...flags, ...rest], io, { redactor, onRunning })
  }
  if (entry.name === 'drift.repair') {
    const { runDriftRepair } = await import('./drift-repair.js')
    return runDriftRepair([...flags, ...rest], io, { redactor, onRunning })
  }
  const { runOperationCommand } = await import('./run-operation.js')
  return runOperationCommand(entry, [...flags, ...rest], io, { redactor, onRunning })
}

const TAKES_VALUE = new Set(['--config', '-o', '--output'])
const SWITCHES = new Set(['--json', '--yes', '--no-input', '-h', '--help'])

/** The noun and the verb, with the flags that stand before and between them. */
function splitWords(argv: readonly string[]): {
  readonly words: readonly string[]
  readonly flags: readonly string[]
  readonly rest: string[]
} {
  const words: string[] = []
  const flags: string[] = []
  let at = 0
  for (; at < argv.length && words.length < 2; at++) {
    const word = argv[at]!
    if (!word.startsWith('-')) words.push(word)
    else if (SWITCHES.has(word) || word.startsWith('-o') || TAKES_VALUE.has(word.split('=')[0]!)) {
      flags.push(word)
      if (TAKES_VALUE.has(word)) {
        if (argv[at + 1] === undefined) throw unknown(`the flag ${word} needs a value`, '')
        flags.push(argv[++at]!)
      }
    } else if (words.length === 1) break
    else
      throw unknown(
        `unknown flag "${shown(word.split('=')[0]!)}" before the command`,
        didYouMean(word, [...TAKES_VALUE, ...SWITCHES, '--version']),
      )
  }
  return { words, flags, rest: argv.slice(at) }
}

/** A noun alone lists its verbs; all else is a mistake, which is helped along where it can be. */
function answerUnknown(first: string | undefined, second: string | undefined, rest: readonly string[], io: Io): number {
  const nouns = [...new Set(INDEX.map(nounOf))]
  if (second === undefined) {
    if (rest[0] !== undefined)
      throw unknown(`unknown flag "${shown(rest[0].split('=')[0]!)}"`, didYouMean(rest[0], [...TAKES_VALUE, ...SWITCHES]))
    const text = overview(first === undefined ? [] : [first])
    if (text !== undefined) {
      io.stdout.write(text)
      return 0
    }
    throw unknown(
      `unknown command "${shown(first!)}"`,
      didYouMean(first!, [...nouns, 'init', 'serve', 'catalog', 'help', ...nouns.map((noun) => `${noun}s`)]),
    )
  }
  if (nouns.includes(first!)) {
    const verbs = INDEX.filter((entry) => nounOf(entry) === first).map(verbOf)
    const meant = nearest(second, verbs)
    throw unknown(
      `unknown command "${first} ${shown(second)}"`,
      meant === undefined ? `; ${verbsOf(first!, verbs)}` : `; did you mean "${first} ${meant}"?`,
    )
  }
  if (first === 'catalog') throw unknown(`unknown command "catalog ${second}"`, '; catalog has rebuild')
  if (nouns.includes(second) && INDEX.some((entry) => entry.name === `${second}.${first}`)) {
    throw unknown(`unknown command "${first} ${second}"`, `; did you mean "${second} ${first}"?`)
  }
  throw unknown(`unknown command "${shown(first!)}"`, didYouMean(first!, [...nouns, 'init', 'serve', 'catalog', 'help']))
}

/** A line takes no more than a few. */
const MOST_VERBS = 12

const verbsOf = (noun: string, verbs: readonly string[]): string =>
  verbs.length > MOST_VERBS ? `\`tenantry ${noun}\` lists its ${verbs.length} verbs` : `${noun} has ${verbs.join(', ')}`

/** An argument can have megabytes. */
const shown = (word: string): string => (word.length > 60 ? `${word.slice(0, 60)}…` : word)

const unknown = (what: string, hint: string) => fault('INPUT_INVALID', { issues: [`${what}${hint}`] })

/** Asked before anything is parsed: a fault of the parsing itself must come in the form that was wanted. */
const wantsJson = (argv: readonly string[]): boolean =>
  argv.some(
    (word, index) =>
      word === '--json' ||
      word === '-ojson' ||
      word === '--output=json' ||
      ((word === '-o' || word === '--output') && argv[index + 1] === 'json'),
  )

/** Resolves (to undefined) on Ctrl-C. */
function interruption(io: Io): Promise<undefined> {
  return new Promise((resolve) => {
    if (io.interrupt?.aborted) resolve(undefined)
    io.interrupt?.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}
