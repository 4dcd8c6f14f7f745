import { loadConfig } from '../engine/config.js'
import { verifySnapshots } from '../engine/snapshots.js'
import { onThrowawayServer } from '../engine/throwaway-server.js'
import { isFault } from '../kernel/faults.js'
import { verifyMigrations } from '../operations/migrate/verify.js'
import { shapeOfFiles } from '../schema/drift/shape.js'
import { readEnvironment } from './environment.js'
import { parseOperation } from './flags.js'
import type { Io } from './io.js'
import { printOutput } from './print-output.js'
import { type RunOptions, runOperationCommand } from './run-operation.js'

const [BAD_NEWS, PENDING] = [1, 8]

/**
 * `migrate verify`: in a platform that is there, in a schema of one of its databases that is rolled back; where there is none, as in CI, on a PostgreSQL 18
 * of its own.
 */
export async function runVerify(args: readonly string[], io: Io, options: RunOptions): Promise<number> {
  const flags = [['--embedded', 'on a PostgreSQL 18 of its own, also where there is a platform']] as const
  const parsed = parseOperation(verifyMigrations, args, io, { flags })
  if (parsed === undefined) return 0
  const without = args.filter((word) => word !== '--embedded')
  if (parsed.own.embedded !== true) {
    try {
      return await runOperationCommand({ load: async () => verifyMigrations }, without, io, options)
    } catch (error) {
      if (isFault(error, 'SERVER_UNREACHABLE', 'CATALOG_UNREACHABLE'))
        io.stderr.write('with --embedded this needs no server: it runs on a PostgreSQL 18 of its own\n')
      if (!isFault(error, 'SECRET_MISSING', 'PLATFORM_MISSING', 'CLUSTER_NEEDED')) throw error
      io.stderr.write('there is no platform yet: starting a PostgreSQL 18 for this\n')
    }
  }
  const environment = await readEnvironment(parsed.globals.config, io, options.redactor)
  const config = await loadConfig(environment.config, environment.transport)
  const output = await onThrowawayServer(config, (database, names) =>
    verifySnapshots(
      config,
      (files) => database.transaction((session) => shapeOfFiles(session, files, names)),
      (parsed.input as { write?: boolean }).write === true,
    ),
  )
  printOutput(verifyMigrations, output, { format: parsed.globals.format, io, redactor: options.redactor })
  if (output.pending === 0) return 0
  return parsed.exitCode ? PENDING : BAD_NEWS
}
