import { dirname, resolve } from 'node:path'
import { type Config, loadConfig } from './engine/config.js'
import { type InitializedCatalog, initCatalog } from './engine/init-catalog.js'
import type { Caller } from './engine/operation.js'
import { openPlatform, type Platform, serverOf } from './engine/platform.js'
import { raiseCatalogOf } from './engine/raise-catalog.js'
import { type RebuildOptions, rebuildCatalog } from './engine/rebuild/catalog.js'
import type { GivenCluster } from './engine/rebuild/plan.js'
import type { RebuiltReport } from './engine/rebuild/report.js'
import { type PlatformFiles, readPlatformFiles } from './engine/sql-files.js'
import { type SubmitOptions, submit } from './engine/submit.js'
import { fault } from './kernel/faults.js'
import type { Log } from './kernel/log.js'
import { type Secrets, secretsFrom } from './kernel/secrets.js'
import { OPERATIONS } from './operations/registry.js'
import { transportFrom } from './postgres/transport.js'
import { runWorker } from './worker/worker.js'

export { versionOf } from './engine/resource.js'
export { FAULTS, Fault, type FaultCode, isFault } from './kernel/faults.js'
export { firstLink } from './operations/user/first.js'
export type { Caller, Config, GivenCluster, InitializedCatalog, Platform, RebuiltReport, Secrets, SubmitOptions }

export interface ControlOptions {
  /** Path of tenantry.config.ts; its folder is what relative paths start from. */
  readonly config: string
  /** Default: the environment, and files relative to the configuration. */
  readonly secrets?: Secrets
  readonly log?: Log
  /** Called at the borders of steps, with a name such as `tenant.create/home:acted`. For drills. */
  readonly failpoint?: (name: string) => Promise<void>
  /** Instead of the SQL files of this package. For drills of upgrades. */
  readonly files?: PlatformFiles
}

/** The control plane as a library: what the command line and the HTTP API are made of. */
export interface Control {
  readonly platform: Platform
  /** Runs an operation by its name (`tenant.create`) and answers its output. Throws its faults, and INPUT_INVALID. */
  readonly run: (name: string, input: unknown, options?: SubmitOptions & { readonly actor?: string }) => Promise<unknown>
  /** Finishes what other workers have left, until the signal stops it. */
  readonly work: (signal: AbortSignal) => Promise<void>
  readonly close: () => Promise<void>
}

/** Opens the platform that a configuration names. Throws CONFIG_MISSING, CONFIG_INVALID, PLATFORM_MISSING, CATALOG_BEHIND, or why the server cannot be reached. */
export async function openControl(options: ControlOptions): Promise<Control> {
  const config = await loadConfig(options.config, transportFrom(process.env))
  const platform = await openPlatform(config, {
    secrets: options.secrets ?? secretsFrom(process.env, config.folder),
    ...(options.files ?? (await readPlatformFiles())),
    operations: OPERATIONS,
    ...(options.log === undefined ? {} : { log: options.log }),
    ...(options.failpoint === undefined ? {} : { failpoint: options.failpoint }),
  })
  return {
    platform,
    run: async (name, input, { actor = 'library', ...rest } = {}) => {
      const definition = platform.find(name)
      if (definition === undefined) throw fault('OPERATION_INPUT', { operation: name })
      return (await submit(platform, definition, input, { actor, source: 'library' }, rest)).output
    },
    work: (signal) => runWorker(platform, signal),
    close: () => platform.close(),
  }
}

/** Makes the catalog that a configuration names. Repeatable. `appPassword` becomes the password of the application's role at the catalog. */
export async function initPlatform(options: ControlOptions & { readonly appPassword: string }): Promise<InitializedCatalog> {
  const config = await loadConfig(options.config, transportFrom(process.env))
  const secrets = options.secrets ?? secretsFrom(process.env, dirname(resolve(options.config)))
  const server = serverOf(config, secrets, config.catalog.url)
  return initCatalog(server, config.catalog.database, (options.files ?? (await readPlatformFiles())).catalogFiles, options.appPassword)
}

/**
 * The first half of an upgrade of Tenantry: raises the catalog to this version, and answers the files that were applied. Then `openControl` works again,
 * and its operation `platform.upgrade` raises the databases. Throws PLATFORM_MISSING, VERSION_SKEW, INSTALLATION_CHANGED, PLATFORM_BUSY.
 */
export async function upgradeCatalog(options: ControlOptions): Promise<readonly string[]> {
  const config = await loadConfig(options.config, transportFrom(process.env))
  const secrets = options.secrets ?? secretsFrom(process.env, config.folder)
  return raiseCatalogOf(config, secrets, (options.files ?? (await readPlatformFiles())).catalogFiles)
}

export type RebuildPlatformOptions = Pick<ControlOptions, 'config' | 'secrets'> &
  Pick<RebuildOptions, 'clusters' | 'appPassword' | 'platform' | 'dryRun' | 'suspendUnknown'> & { readonly actor?: string }

/** Restores a lost catalog from what the databases of the tenants say. Throws CATALOG_OCCUPIED where one has anything in it; see docs/catalog-loss.md. */
export async function rebuildPlatform({
  config: path,
  secrets,
  actor = 'library',
  ...rest
}: RebuildPlatformOptions): Promise<RebuiltReport> {
  const config = await loadConfig(path, transportFrom(process.env))
  return rebuildCatalog({
    ...rest,
    config,
    actor,
    secrets: secrets ?? secretsFrom(process.env, config.folder),
    files: (await readPlatformFiles()).catalogFiles,
  })
}
