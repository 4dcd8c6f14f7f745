import { z } from 'zod'
import type { Cluster, ClusterLine } from '../../catalog/clusters.js'
import type { Platform } from '../../engine/platform.js'
import { fault, isFault } from '../../kernel/faults.js'
import { addressOf, type ConnectionConfig, tlsOfLine } from '../../postgres/connection.js'
import { askPooler } from '../../postgres/pooler-console.js'
import { poolerHoles, sayPoolerHoles } from '../../postgres/pooler-holes.js'
import { assertVerified, isLoopback, TLS_MODES } from '../../postgres/transport.js'
import { isHost, secretReference } from './row.js'

/** Where applications connect, and how: the part of `cluster add` that says so. */
export const lineFields = {
  appHost: z
    .string()
    .refine(isHost, 'must be one host name or address')
    .max(253)
    .optional()
    .describe('Host that applications connect to: the pooler, if there is one (default: that of the url)'),
  appPort: z.coerce.number().int().min(1).max(65_535).optional().describe('Port that applications connect to (default: that of the url)'),
  appSslmode: z
    .enum(TLS_MODES)
    .optional()
    .describe('How applications verify that address, as libpq calls it (default: verify-full; on this machine disable)'),
  appCa: secretReference
    .optional()
    .describe(
      'Reference to the authorities (PEM) that sign for that address, read where the application runs (default: those of the system)',
    ),
  appSecret: secretReference.default('env:TENANTRY_APP_PASSWORD').describe("Reference to the password of the application's logins"),
  pooler: z.enum(['none', 'pgbouncer']).default('none').describe('What stands in front: pgbouncer in transaction mode, or nothing'),
  poolerSecret: secretReference
    .optional()
    .describe(
      'Reference to the password of a role for the pooler, which may ask for the verifiers of logins (auth_query) and nothing else',
    ),
  poolerVersion: z
    .string()
    .regex(/^\d+\.\d+(\.\d+)?$/, 'must be a version such as 1.25.2')
    .optional()
    .describe('Version of the pooler, so that its published holes are told where it cannot be asked'),
} as const

type Given = z.output<z.ZodObject<typeof lineFields>>

/** What is registered of it. Throws TLS_REQUIRED where it leaves the machine and is not verified. */
export function registeredLine(given: Given, url: ConnectionConfig, { config }: Platform): ClusterLine {
  const [appHost, appPort] = [given.appHost ?? url.host, given.appPort ?? url.port]
  const appSslmode = given.appSslmode ?? (isLoopback(appHost) ? 'disable' : 'verify-full')
  assertLineVerified({ appHost, appPort, appSslmode }, config)
  return {
    appHost,
    appPort,
    appSslmode,
    appCaRef: given.appCa ?? null,
    appSecretRef: given.appSecret,
    pooler: given.pooler,
    poolerSecretRef: given.poolerSecret ?? null,
    poolerVersion: given.poolerVersion ?? null,
  }
}

/** Throws TLS_REQUIRED where it leaves the machine and is not verified. */
export function assertLineVerified(
  { appHost: host, appPort: port, appSslmode }: Pick<ClusterLine, 'appHost' | 'appPort' | 'appSslmode'>,
  { transport }: Platform['config'],
): void {
  assertVerified({ host, address: addressOf({ host, port }) }, appSslmode, transport, 'the address for applications')
}

/** Clusters of one platform on one server have the pooler's role in common, and so its password. Throws LOGIN_IN_USE. */
export function assertCommonPooler(line: ClusterLine, cluster: string, neighbours: readonly Cluster[], login: string): void {
  const other = neighbours.find((one) => one.poolerSecretRef !== null && one.poolerSecretRef !== line.poolerSecretRef)
  if (other === undefined || line.poolerSecretRef === null) return
  const by = `the pooler of cluster "${other.name}" on the same server logs in with it; name its secret with --pooler-secret ${other.poolerSecretRef}`
  throw fault('LOGIN_IN_USE', { cluster, login, by })
}

/** What is to be told of it: nobody knows who answers, or the pooler has published holes. */
export async function lineWarnings(platform: Platform, line: ClusterLine): Promise<readonly string[]> {
  const unverified = line.appSslmode !== 'verify-full' && !isLoopback(line.appHost)
  return [
    ...(unverified ? [`applications connect with sslmode=${line.appSslmode}, and do not know who answers them`] : []),
    ...(await poolerWarnings(platform, line)),
  ]
}

/** Its published holes, by what it says of itself or else by what was declared. */
async function poolerWarnings({ names, secrets, config }: Platform, line: ClusterLine): Promise<readonly string[]> {
  if (line.pooler === 'none') return []
  const { appHost: host, appPort: port, appSslmode: sslmode, appCaRef: ca } = line
  let tls: ReturnType<typeof tlsOfLine>
  let password: string | undefined
  try {
    tls = tlsOfLine({ host, port, sslmode, ca }, 'the pooler', secrets, config.transport)
    if (line.poolerSecretRef !== null) password = secrets(line.poolerSecretRef)
  } catch (error) {
    // A file or a secret that is only where applications or poolers run: what they do with it is not ours to see.
    if (!isFault(error)) throw error
    return [`the pooler was not asked for its version: ${error.message}`]
  }
  const asked =
    password === undefined
      ? undefined
      : await askPooler({
          ...{ host, port, user: names.pooler, password, database: 'pgbouncer' },
          ...tls,
        })
  const version = asked?.version ?? line.poolerVersion
  if (version === null) return ['the pooler does not answer us, so that its version is not known; name it with --pooler-version']
  const holes = poolerHoles(version, asked?.settings)
  return holes.length === 0 ? [] : [sayPoolerHoles(version, holes)]
}
