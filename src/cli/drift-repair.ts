import { repairDrift } from '../operations/drift/repair.js'
import { showDrift } from '../operations/drift/show.js'
import { mayAsk } from './confirm.js'
import { parseOperation } from './flags.js'
import type { Io } from './io.js'
import { type RunOptions, runOperationCommand } from './run-operation.js'

/** `drift repair`: what will be run is shown before anybody is asked for a yes. */
export async function runDriftRepair(args: readonly string[], io: Io, options: RunOptions): Promise<number> {
  const parsed = parseOperation(repairDrift, args, io, { flags: [['--progress <way>', 'how to show progress on stderr']] })
  if (parsed === undefined) return 0
  const { config } = parsed.globals
  if (mayAsk(io, parsed.globals) && parsed.input.dryRun !== true && typeof parsed.input.confirm !== 'string') {
    const where = config === undefined ? [] : ['--config', config]
    await runOperationCommand(
      { load: async () => showDrift },
      [...where, String(parsed.input.class)],
      { ...io, stdout: io.stderr },
      options,
    )
  }
  return runOperationCommand({ load: async () => repairDrift }, args, io, options)
}
