import { createInterface } from 'node:readline'
import { firstWord } from '../kernel/row-statements.js'
import type { Io } from './io.js'
import { printFault } from './print-fault.js'
import type { Format } from './print-output.js'
import type { Redactor } from './redact.js'
import { relations, tableParts } from './sql-describe.js'
import { HISTORY_SIZE, openHistory } from './sql-history.js'
import { printRows, type SqlAnswer } from './sql-print.js'
import { isBlank, splitStatements } from './sql-split.js'

export interface SqlShellOptions {
  readonly write: boolean
  readonly format: Format
  readonly run: (
    what: { readonly statement: string; readonly write?: boolean; readonly limit?: number },
    signal?: AbortSignal,
  ) => Promise<SqlAnswer>
  readonly io: Io
  readonly redactor: Redactor
}

const HELP = `Each statement is a scope of its own: it commits, or is rolled back, before the next prompt. There is no begin, no commit,
and no setting lasts. A statement ends with ; and may take several lines.
  \\d           tables and views of the tenant's home, with estimated rows (of all tenants, where tables are shared)
  \\dt          tables only
  \\d TABLE     columns, indexes and foreign keys of a table
  \\x           one line for each column, on or off
  \\timing      show how long statements take, on or off
  \\?           this help
  \\q           leave; so does Ctrl-D. Ctrl-C cancels the running statement, or clears the line
`

const TRANSACTION_WORDS = new Set(['begin', 'start', 'commit', 'end', 'rollback', 'abort', 'savepoint', 'release'])

const onOff = (on: boolean): string => (on ? 'on' : 'off')

/** The prompt of `tenant sql`. Answers the exit status when it is left. Throws what keeps it from entering the tenant at all. */
export async function runSqlShell({ write, format, run, io, redactor }: SqlShellOptions): Promise<number> {
  // Whether the tenant can be entered is known before anybody types anything.
  const { tenant: slug } = await run({ statement: 'select' }, io.interrupt)
  const history = await openHistory(io.env)
  const terminal = io.isTTY.stdin && io.isTTY.stderr
  const rl = createInterface({ input: io.stdin!, output: io.stderr, terminal, history: [...history.lines], historySize: HISTORY_SIZE })
  const say = (text: string): void => void io.stderr.write(`${text}\n`)

  let buffer = ''
  let typed: string[] = []
  let expanded = false
  let timing = false
  let running: AbortController | undefined
  let left = false
  const waiting: string[] = []

  const prompt = (): void => {
    rl.setPrompt(`${slug}${isBlank(buffer) ? '' : '-'}${write ? '#' : '=>'} `)
    rl.prompt()
  }

  const execute = async (statement: string, own = false): Promise<SqlAnswer | undefined> => {
    running = new AbortController()
    try {
      const answer = await run(own ? { statement, write: false, limit: 10_000 } : { statement }, running.signal)
      if (!own) printRows(answer, { format, io, redactor, expanded })
      if (!own && timing) say(`Time: ${answer.milliseconds} ms`)
      return answer
    } catch (error) {
      printFault(error, io, { json: false, redactor })
      return undefined
    } finally {
      running = undefined
    }
  }

  const show = (answer: SqlAnswer): void => printRows(answer, { format, io, redactor })

  const describe = async (name: string): Promise<void> => {
    for (const [i, { title, statement }] of tableParts(name).entries()) {
      const answer = await execute(statement, true)
      if (answer === undefined) return
      if (i === 0 && answer.data.length === 0) return say(`there is no table "${name}"; \\d lists them`)
      if (answer.data.length === 0) continue
      say(title)
      show(answer)
    }
  }

  const list = async (kinds: 'tables' | 'all'): Promise<void> => {
    const answer = await execute(relations(kinds), true)
    if (answer !== undefined) show(answer)
  }

  const command = async (line: string): Promise<void> => {
    const [word, name] = line.trim().replace(/;$/, '').split(/\s+/)
    if (word === '\\q') left = true
    else if (word === '\\?') io.stderr.write(HELP)
    else if (word === '\\x') {
      expanded = !expanded
      say(`one line for each column is ${onOff(expanded)}`)
    } else if (word === '\\timing') {
      timing = !timing
      say(`timing is ${onOff(timing)}`)
    } else if (word === '\\dt') await list('tables')
    else if (word === '\\d') await (name === undefined ? list('all') : describe(name))
    else say(`there is no ${word}; \\? lists what there is`)
  }

  const take = async (line: string): Promise<void> => {
    typed.push(line)
    if (isBlank(buffer) && line.trimStart().startsWith('\\')) await command(line)
    else if (isBlank(buffer) && /^(quit|exit)\s*;?\s*$/i.test(line)) left = true
    else {
      const { statements, rest } = splitStatements(`${buffer}${line}\n`)
      buffer = isBlank(rest) && !rest.includes('/*') ? '' : rest
      for (const statement of statements) {
        if (TRANSACTION_WORDS.has(firstWord(statement))) {
          say(
            `there is no ${firstWord(statement)} here: each statement is a scope of its own, committed or rolled back at its end (\\? has more)`,
          )
        } else if ((await execute(statement)) === undefined) break
      }
    }
    if (buffer === '') await history.keep(typed.splice(0))
  }

  say(`${slug}: ${write ? 'statements may WRITE' : 'reading only'}; \\? for help, \\q to leave`)
  return new Promise((resolve, reject) => {
    let busy = false
    let closed = false
    const pump = async (): Promise<void> => {
      if (busy) return
      busy = true
      for (let line = waiting.shift(); line !== undefined && !left; line = waiting.shift()) await take(line)
      busy = false
      if (!left && !closed) return prompt()
      if (!closed) rl.close()
      resolve(0)
    }
    rl.on('line', (line) => {
      waiting.push(line)
      pump().catch(reject)
    })
    rl.on('SIGINT', () => {
      if (running !== undefined) {
        say('cancelling')
        running.abort()
        return
      }
      buffer = ''
      typed = []
      rl.write(null, { ctrl: true, name: 'e' })
      rl.write(null, { ctrl: true, name: 'u' })
      say('^C')
      prompt()
    })
    rl.on('close', () => {
      closed = true
      if (!left && terminal) say('')
      if (!left) pump().catch(reject)
    })
    prompt()
  })
}
