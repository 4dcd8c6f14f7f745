import type { AnyOperation } from '../engine/operation.js'
import { fault } from '../kernel/faults.js'
import type { GlobalFlags } from './flags.js'
import type { Io } from './io.js'

/** May a question be asked here? */
export const mayAsk = (io: Io, globals: GlobalFlags): boolean =>
  globals.input && !globals.yes && io.stdin !== undefined && io.isTTY.stdin && io.isTTY.stderr

/**
 * Asks for what the operation wants confirmed: a yes, or, where something is destroyed, its name typed in. Answers false when the question was left
 * with Ctrl-C. Throws CONFIRMATION_NEEDED when nobody can be asked or the answer was no.
 */
export async function confirm(
  definition: AnyOperation,
  input: Readonly<Record<string, unknown>>,
  globals: GlobalFlags,
  io: Io,
): Promise<boolean> {
  const what = definition.words.confirm
  // Said on the command line already; whether it is the right name, the operation judges, as on every surface.
  if (what === undefined || globals.yes || input.dryRun === true || typeof input.confirm === 'string') return true
  const refused = () => fault('CONFIRMATION_NEEDED', { what })
  if (!mayAsk(io, globals)) throw refused()
  const prompts = await import('@clack/prompts')
  const streams = { input: io.stdin!, output: io.stderr, ...(io.interrupt === undefined ? {} : { signal: io.interrupt }) }
  const name = typedName(definition, input) ?? (typesName(definition) ? definition.words.typed : undefined)
  if (name !== undefined) {
    const typed = await prompts.text({ ...streams, message: `${what}. Type ${name} to go on` })
    if (prompts.isCancel(typed)) return false
    if (typed !== name) throw refused()
    return true
  }
  const answer = await prompts.confirm({ ...streams, message: what, initialValue: false })
  if (prompts.isCancel(answer)) return false
  if (!answer) throw refused()
  return true
}

/** The input with what has just been confirmed, for operations that want the name of what they destroy in their input. */
export function withConfirmation(definition: AnyOperation, input: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const name = typedName(definition, input)
  const wanted = name !== undefined && 'confirm' in (definition.input.shape ?? {}) && input.confirm === undefined
  return wanted ? { ...input, confirm: name } : input
}

const typesName = ({ effect, words }: AnyOperation): boolean => effect === 'destroy' || words.typesName === true

/** What of the input is typed in to confirm it, if anything is. */
function typedName(definition: AnyOperation, input: Readonly<Record<string, unknown>>): string | undefined {
  const { types, positionals } = definition.words
  const field = types?.field ?? (typesName(definition) ? positionals?.[0] : undefined)
  const applies = Object.entries(types?.when ?? {}).every(([name, value]) => input[name] === value)
  const name = field === undefined || !applies ? undefined : input[field]
  return typeof name === 'string' || typeof name === 'number' ? String(name) : undefined
}
