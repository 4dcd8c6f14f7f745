import { join } from 'node:path'
import { createTenantry, Fault, type Tenantry } from 'tenantry'
import { type Control, initPlatform, isFault, openControl, upgradeCatalog } from 'tenantry/control'
import { type Embedded, startEmbedded } from 'tenantry/embedded'
import { keptPassword } from './private-files.js'
import type { Progress } from './progress.js'

/** A platform on a PostgreSQL of its own, with everything in reach; what was opened is closed in reverse. */
export interface RunningPlatform {
  readonly server: Embedded
  readonly control: Control
  readonly tenantry: Tenantry
  /** What the command line and applications need to join in. */
  readonly env: Readonly<Record<string, string>>
}

export interface StartOptions {
  readonly root: string
  readonly config: string
  readonly progress: Progress
  /** Takes what must be done in the end, in reverse order. */
  readonly onClose: (close: () => Promise<unknown>) => void
}

/** Boots PostgreSQL and the platform on it, from whatever state the last run has left. */
export async function startPlatform({ root, config, progress, onClose }: StartOptions): Promise<RunningPlatform> {
  const server = await progress.step(
    'PostgreSQL',
    () => startEmbedded({ folder: root }),
    ({ version, port, firstStart }) => `${version} on 127.0.0.1:${port}${firstStart ? ', new' : ''}`,
  )
  onClose(server.stop)
  const appPassword = await keptPassword(join(server.folder, 'app-password'))
  const secrets = secretsOf({ 'env:DATABASE_URL': server.url, 'env:TENANTRY_APP_PASSWORD': appPassword })
  const log = {
    info: () => {},
    warn: (_: unknown, message: string) => progress.say(`warning: ${message}`),
    error: (facts: Readonly<Record<string, unknown>>, message: string) => progress.say(`error: ${message} ${JSON.stringify(facts)}`),
  }
  const { control, catalogUrl } = await progress.step(
    'Catalog',
    async () => {
      // The last run may have been of an older Tenantry.
      await upgradeCatalog({ config, secrets }).catch((error: unknown) => {
        if (!isFault(error, 'PLATFORM_MISSING')) throw error
      })
      const { resolver } = await initPlatform({ config, secrets, appPassword })
      const opened = await openControl({ config, secrets, log })
      const { database } = opened.platform.config.catalog
      return { control: opened, catalogUrl: `postgres://${resolver}:${appPassword}@127.0.0.1:${server.port}/${database}` }
    },
    () => 'ready',
  )
  onClose(control.close)
  const { pending } = (await control.run('platform.status', {})) as { readonly pending: number }
  if (pending > 0) {
    await progress.step(
      'Upgrade',
      () => control.run('platform.upgrade', {}, { actor: 'npm start' }),
      () => 'every database is at this version',
    )
  }
  const tenantry = createTenantry({ catalogUrl, secrets, log })
  onClose(tenantry.close)
  const stopWorker = new AbortController()
  const working = control.work(stopWorker.signal)
  onClose(() => {
    stopWorker.abort()
    return working
  })
  const env = { DATABASE_URL: server.url, TENANTRY_APP_PASSWORD: appPassword, TENANTRY_CATALOG_URL: catalogUrl, TENANTRY_CONFIG: config }
  return { server, control, tenantry, env }
}

const secretsOf =
  (known: Readonly<Record<string, string>>) =>
  (reference: string): string => {
    const secret = known[reference]
    if (secret === undefined) throw new Fault('SECRET_MISSING', { reference })
    return secret
  }

/** The cluster of this server, made on the first start; answers what there is to warn of then. */
export async function ensureCluster({ control, server }: RunningPlatform, name: string): Promise<readonly string[]> {
  let warnings: readonly string[] = []
  try {
    const added = (await control.run('cluster.add', { name }, { actor: 'npm start' })) as { readonly warnings: readonly string[] }
    warnings = added.warnings
  } catch (error) {
    if (!isFault(error, 'CLUSTER_EXISTS')) throw error
  }
  const { address } = (await control.run('cluster.show', { cluster: name })) as { readonly address: string }
  if (!address.endsWith(`:${server.port}`)) {
    throw new Fault('SERVER_UNREACHABLE', {
      server: address,
      reason: 'another program has the port of this platform; stop it, then start again',
    })
  }
  return warnings
}
