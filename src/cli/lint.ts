import { writeFile } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { loadConfig } from '../engine/config.js'
import { submit } from '../engine/submit.js'
import { fault } from '../kernel/faults.js'
import { lintFiles, verdictOn } from '../operations/migrate/lint.js'
import { lintProject } from '../operations/migrate/lint-project.js'
import type { LintFinding } from '../schema/lint/finding.js'
import { ALL_RULES } from '../schema/lint/rules.js'
import { sarifOf } from '../schema/lint/sarif.js'
import { callerOf, readEnvironment } from './environment.js'
import { parseOperation } from './flags.js'
import type { Io } from './io.js'
import { openFor } from './open.js'
import { version } from './overview.js'
import { printOutput } from './print-output.js'
import type { Redactor } from './redact.js'

type Input = ReturnType<typeof lintFiles.input.parse>
type Output = ReturnType<typeof verdictOn>

const BAD_NEWS = 1
const STDOUT = '-'

/** `migrate lint`: judges files, so that without --pending it asks nobody for a catalog. */
export async function runLint(args: readonly string[], io: Io, redactor: Redactor): Promise<number> {
  const parsed = parseOperation(lintFiles, args, io, {
    flags: [['--sarif <file>', 'write the findings as SARIF 2.1.0 as well, to this file; to stdout in place of the list with -']],
  })
  if (parsed === undefined) return 0
  const { globals, own } = parsed
  const input = lintFiles.input.parse(parsed.input)
  const environment = await readEnvironment(globals.config, io, redactor)
  const config = await loadConfig(environment.config, environment.transport)
  const output = input.pending
    ? await pendingOnly(input, environment, io, redactor)
    : verdictOn(await lintProject(config, input), input.failOn)
  const sarif = own.sarif as string | undefined
  if (sarif !== undefined) await writeSarif(output, sarif, config.folder, io)
  if (sarif !== STDOUT) printOutput(lintFiles, output, { format: globals.format, io, redactor })
  return output.passes ? 0 : BAD_NEWS
}

async function pendingOnly(
  input: Input,
  environment: Awaited<ReturnType<typeof readEnvironment>>,
  io: Io,
  redactor: Redactor,
): Promise<Output> {
  const platform = await openFor(lintFiles, environment, io, redactor)
  try {
    return (await submit(platform, lintFiles, input, callerOf(io))).output as Output
  } finally {
    await platform.close()
  }
}

async function writeSarif({ data }: Output, to: string, folder: string, io: Io): Promise<void> {
  const text = sarifOf(data as unknown as readonly LintFinding[], ALL_RULES, {
    version: version(),
    uri: (file) => relative(io.cwd, resolve(folder, file)).replaceAll('\\', '/'),
  })
  if (to === STDOUT) {
    io.stdout.write(text)
    return
  }
  await writeFile(resolve(io.cwd, to), text).catch((error: NodeJS.ErrnoException) => {
    throw fault('INPUT_INVALID', { issues: [`--sarif: ${to} cannot be written (${error.code ?? 'unknown'})`] }, { cause: error })
  })
}
