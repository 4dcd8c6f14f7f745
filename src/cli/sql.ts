import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { submit } from '../engine/submit.js'
import { fault, isFault } from '../kernel/faults.js'
import { sqlTenant } from '../operations/tenant/sql.js'
import { callerOf, readEnvironment } from './environment.js'
import { parseOperation } from './flags.js'
import type { Io } from './io.js'
import { openFor } from './open.js'
import type { Redactor } from './redact.js'
import { printRows, type SqlAnswer } from './sql-print.js'
import { oneStatement } from './sql-split.js'

/** `tenant sql`: one statement from the argument, a file or standard input; without any, a prompt at a terminal. */
export async function runSql(args: readonly string[], io: Io, redactor: Redactor): Promise<number> {
  const parsed = parseOperation(sqlTenant, args, io, {
    optional: ['statement'],
    flags: [['--file <path>', 'read the statement from this file; - is standard input, as it is for <statement>']],
  })
  if (parsed === undefined) return 0
  const { globals, input, own } = parsed
  const statement = await statementOf(input.statement as string | undefined, own.file as string | undefined, globals.input, io)
  const environment = await readEnvironment(globals.config, io, redactor)
  const platform = await openFor(sqlTenant, environment, io, redactor)
  const run = async (what: Readonly<Record<string, unknown>>, signal: AbortSignal | undefined): Promise<SqlAnswer> =>
    (await submit(platform, sqlTenant, { ...input, ...what }, callerOf(io), { signal })).output as SqlAnswer
  try {
    if (statement !== undefined) {
      const answer = await run({ statement: oneStatement(statement) }, io.interrupt)
      printRows(answer, { format: globals.format, io, redactor })
      return 0
    }
    const { runSqlShell } = await import('./sql-shell.js')
    return await runSqlShell({ write: input.write === true, format: globals.format, run, io, redactor })
  } finally {
    await platform.close()
  }
}

/** Undefined when it is to be asked for. */
async function statementOf(given: string | undefined, file: string | undefined, mayAsk: boolean, io: Io): Promise<string | undefined> {
  const invalid = (issue: string) => fault('INPUT_INVALID', { issues: [issue] })
  if (given !== undefined && file !== undefined) throw invalid('give <statement> or --file, not both')
  if (given === '-' || file === '-') return io.stdin === undefined ? '' : textOf(io.stdin)
  if (given !== undefined) return given
  if (file !== undefined) {
    return textOf(createReadStream(resolve(io.cwd, file))).catch((error: NodeJS.ErrnoException) => {
      if (isFault(error)) throw error
      throw fault('INPUT_INVALID', { issues: [`--file ${file} cannot be read (${error.code ?? 'unknown'})`] }, { cause: error })
    })
  }
  if (mayAsk && io.isTTY.stdin && io.stdin !== undefined) return undefined
  throw invalid('no statement: give it as an argument, with --file, or - for standard input; at a terminal there is a prompt')
}

// Far more than the statement may have in characters; what never ends, such as /dev/zero, is not read to its end.
const MOST_BYTES = 1_048_576

async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk as Buffer | string)
    length += bytes.length
    if (length > MOST_BYTES) throw fault('INPUT_INVALID', { issues: [`the statement has more than ${MOST_BYTES} bytes`] })
    chunks.push(bytes)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch (error) {
    throw fault('INPUT_INVALID', { issues: ['the statement is not UTF-8'] }, { cause: error })
  }
}
