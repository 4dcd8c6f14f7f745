import { type Config, loadConfig } from '../engine/config.js'
import type { AnyOperation } from '../engine/operation.js'
import { parseInput } from '../engine/submit.js'
import { importInto, importMigrations } from '../operations/migrate/import.js'
import { newMigration, writeNew } from '../operations/migrate/new.js'
import { readEnvironment } from './environment.js'
import { parseOperation } from './flags.js'
import type { Io } from './io.js'
import { printOutput } from './print-output.js'
import type { Redactor } from './redact.js'

const BAD_NEWS = 1

/** `migrate new` and `migrate import` work on the project's files alone, so that they ask nobody for a catalog. */
export const runNew = (args: readonly string[], io: Io, redactor: Redactor): Promise<number> =>
  runOnFiles(newMigration, (config, input) => writeNew(config, newMigration.input.parse(input)), args, io, redactor)

export const runImport = (args: readonly string[], io: Io, redactor: Redactor): Promise<number> =>
  runOnFiles(importMigrations, (config, input) => importInto(config, importMigrations.input.parse(input)), args, io, redactor)

async function runOnFiles(
  definition: AnyOperation,
  work: (config: Config, input: unknown) => Promise<unknown>,
  args: readonly string[],
  io: Io,
  redactor: Redactor,
): Promise<number> {
  const parsed = parseOperation(definition, args, io)
  if (parsed === undefined) return 0
  const environment = await readEnvironment(parsed.globals.config, io, redactor)
  const config = await loadConfig(environment.config, environment.transport)
  const output = await work(config, parseInput(definition, parsed.input))
  printOutput(definition, output, { format: parsed.globals.format, io, redactor })
  return definition.words.passes?.(output) === false ? BAD_NEWS : 0
}
