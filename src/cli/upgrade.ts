import { loadConfig } from '../engine/config.js'
import { raiseCatalogOf } from '../engine/raise-catalog.js'
import { readPlatformFiles } from '../engine/sql-files.js'
import { platformStatus } from '../operations/platform/status.js'
import { upgradePlatform } from '../operations/platform/upgrade.js'
import { readEnvironment } from './environment.js'
import { parseOperation } from './flags.js'
import type { Io } from './io.js'
import { oneLine } from './one-line.js'
import { type RunOptions, runOperationCommand } from './run-operation.js'

/**
 * `platform upgrade`: an operation of this version can only be journaled in a catalog of this version, so that is raised before. With --dry-run nothing
 * is raised and the answer is that of `platform status`.
 */
export async function runUpgrade(args: readonly string[], io: Io, options: RunOptions): Promise<number> {
  const { redactor } = options
  const parsed = parseOperation(upgradePlatform, args, io, {
    flags: [
      ['--dry-run', 'raise nothing; say what would be raised'],
      ['--exit-code', 'with --dry-run: exit with 8 when something is pending'],
    ],
  })
  if (parsed === undefined) return 0
  const without = (...flags: readonly string[]): readonly string[] => args.filter((word) => !flags.includes(word))
  if (parsed.own.dryRun === true) return runOperationCommand({ load: async () => platformStatus }, without('--dry-run'), io, options)
  const environment = await readEnvironment(parsed.globals.config, io, redactor)
  const applied = await raiseCatalogOf(
    await loadConfig(environment.config, environment.transport),
    environment.secrets,
    (await readPlatformFiles()).catalogFiles,
  )
  for (const file of applied) io.stderr.write(`the catalog: applied ${oneLine(file)}\n`)
  return runOperationCommand({ load: async () => upgradePlatform }, without('--exit-code'), io, options)
}
