import type { AnyOperation } from '../engine/operation.js'
import { mayAsk } from './confirm.js'
import { parseOperation } from './flags.js'
import type { IndexEntry } from './index-entry.js'
import type { Io } from './io.js'
import { type RunOptions, runOperationCommand } from './run-operation.js'

/** `migrate down` and `migrate redo`: which files are undone, and in how many homes, is shown before anybody is asked for a yes. */
export async function runUndo(entry: Pick<IndexEntry, 'load'>, args: readonly string[], io: Io, options: RunOptions): Promise<number> {
  const definition: AnyOperation = await entry.load()
  const parsed = parseOperation(definition, args, io, { flags: [['--progress <way>', 'how to show progress on stderr']] })
  if (parsed === undefined) return 0
  if (mayAsk(io, parsed.globals) && parsed.input.dryRun !== true)
    await runOperationCommand(entry, [...args, '--dry-run'], { ...io, stdout: io.stderr }, options)
  return runOperationCommand(entry, args, io, options)
}
