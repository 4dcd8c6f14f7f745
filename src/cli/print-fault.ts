import { type Fault, fault, isFault } from '../kernel/faults.js'
import type { Io } from './io.js'
import { oneLine } from './one-line.js'
import type { Redactor } from './redact.js'

export interface PrintOptions {
  readonly json: boolean
  readonly redactor: Redactor
}

/** Says what went wrong in two lines (or as JSON) and answers the exit status. */
export function printFault(error: unknown, io: Io, { json, redactor }: PrintOptions): number {
  const { code, cause, remedy, exit, shows } = isFault(error) ? wordsOf(error) : unexpected(error)
  const clean = (text: string): string => oneLine(redactor.message(text))
  if (json) io.stdout.write(`${JSON.stringify({ status: 'error', code, error: clean(cause), remedy: clean(remedy) })}\n`)
  else {
    const lines = shows.map((line) => `${redactor.message(line)}\n`).join('')
    io.stderr.write(`${code}: ${clean(cause)}\n${lines}→ ${clean(remedy)}\n`)
  }
  if (io.env.TENANTRY_DEBUG === '1') io.stderr.write(`${redactor.message(stackOf(error))}\n`)
  return exit
}

const wordsOf = (found: Fault) => ({
  code: found.code as string,
  cause: found.message,
  remedy: found.remedy,
  exit: found.kind.exit,
  // The place in what was typed, with a caret under it.
  shows: (found.facts.shows ?? []) as readonly string[],
})

function unexpected(error: unknown) {
  const { message } = (error ?? {}) as { message?: unknown }
  const internal = fault('INTERNAL')
  return {
    code: 'INTERNAL',
    cause: typeof message === 'string' && message !== '' ? message.split('\n')[0]! : internal.message,
    remedy: 'TENANTRY_DEBUG=1 shows where; please report it',
    exit: internal.kind.exit,
    shows: [],
  }
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? (error.stack ?? error.message) : `${error.stack ?? error.message}\ncaused by ${stackOf(error.cause)}`
}
