import { z } from 'zod'
import { databasesOn, lockCluster, neighboursOf, openOperationOnCluster, setClusterLine } from '../../catalog/cluster-life.js'
import type { ClusterLine } from '../../catalog/clusters.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { assertFence } from '../../isolation/fence.js'
import { admitPooler } from '../../isolation/install.js'
import { disableLogin } from '../../isolation/logins.js'
import { ensureLogin } from '../../isolation/roles.js'
import { isFault } from '../../kernel/faults.js'
import { addressOf } from '../../postgres/connection.js'
import { scramVerifier } from '../../postgres/scram.js'
import type { Session } from '../../postgres/session.js'
import { assertCommonPooler, assertLineVerified, lineFields, lineWarnings } from './line.js'
import { clusterResource } from './resource.js'
import { clusterName } from './row.js'

const UNSET = ['app-ca', 'pooler-secret', 'pooler-version'] as const

const { appHost, appPort, appSslmode, appCa, poolerSecret, poolerVersion } = lineFields

const input = z
  .strictObject({
    cluster: clusterName,
    appHost: appHost.describe('Host that applications connect to: the pooler, if there is one'),
    appPort: appPort.describe('Port that applications connect to'),
    appSslmode: appSslmode.describe('How applications verify that address, as libpq calls it'),
    appCa,
    pooler: z.enum(['none', 'pgbouncer']).optional().describe('What stands in front: pgbouncer in transaction mode, or nothing'),
    poolerSecret,
    poolerVersion,
    unset: z.array(z.enum(UNSET)).optional().describe('Take these away'),
  })
  .refine(({ cluster: _, ...rest }) => Object.values(rest).some((value) => value !== undefined), 'nothing to set was given')

interface Memory {
  readonly [key: string]: unknown
  readonly cluster: string
  readonly adminRef: string
  readonly hardened: boolean
  /** The id of the cluster's first database: fenced changes of roles are made there. */
  readonly database: string
  readonly line: ClusterLine
  /** The password that the pooler's role has now, by its reference; null where it has none. */
  readonly before: string | null
  /** Nobody on the server asks with the pooler's role any more. */
  readonly retires: boolean
}

type Context = StepContext<z.output<typeof input>, Memory>

export const setCluster = operation({
  kind: 'steps',
  name: 'cluster.set',
  summary:
    'Change where and how applications connect to a cluster. What is not named stays; applications hear of it within their placement TTL.',
  effect: 'change',
  input,
  output: z.object({ name: z.string(), address: z.string(), sslmode: z.string(), pooler: z.string(), warnings: z.array(z.string()) }),
  faults: [
    'CLUSTER_NOT_FOUND',
    'CLUSTER_BUSY',
    'LOGIN_IN_USE',
    'PRIVILEGE_MISSING',
    'INPUT_INVALID',
    'SECRET_MISSING',
    'TLS_REQUIRED',
    'SERVER_UNREACHABLE',
    'LOGIN_REFUSED',
  ],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/clusters/{cluster}',
  resource: clusterResource,
  words: {
    positionals: ['cluster'],
    says: ({ name, address, sslmode, pooler, warnings }) =>
      [
        `cluster ${name}: applications connect to ${address}${pooler === 'none' ? '' : ` (${pooler})`} with sslmode=${sslmode}`,
        ...warnings.map((warning) => `warning: ${warning}`),
      ].join('\n'),
  },

  async accept({ platform, tx, fail }, given) {
    const cluster = await tx.maybe(lockCluster(given.cluster))
    if (cluster === undefined) throw fail('CLUSTER_NOT_FOUND', { cluster: given.cluster })
    const open = await tx.maybe(openOperationOnCluster(given.cluster))
    if (open !== undefined || cluster.state !== 'live' || cluster.adding)
      throw fail('CLUSTER_BUSY', { cluster: given.cluster, doing: open?.name ?? cluster.state })
    const line = changedLine(cluster, given)
    assertLineVerified(line, platform.config)
    const neighbours = await tx.rows(neighboursOf(cluster.id))
    assertCommonPooler(line, given.cluster, neighbours, platform.names.pooler)
    if (given.poolerSecret !== undefined) {
      platform.secrets(given.poolerSecret)
      if (!cluster.hardened) {
        const server = addressOf(platform.connect(cluster.adminRef).config)
        throw fail('PRIVILEGE_MISSING', { server, what: 'let a pooler ask for verifiers (--pooler-secret)' })
      }
    }
    const { id, adminRef, hardened } = cluster
    const before = cluster.poolerSecretRef ?? neighbours.find((one) => one.poolerSecretRef !== null)?.poolerSecretRef ?? null
    const retires =
      line.poolerSecretRef === null && cluster.poolerSecretRef !== null && neighbours.every((one) => one.poolerSecretRef === null)
    return { memory: { cluster: id, adminRef, hardened, database: cluster.defaultDatabase!, line, before, retires } }
  },

  steps: [
    {
      name: 'login',
      async act(context: Context) {
        const { poolerSecret: secret } = context.input
        if (secret !== undefined) await giveLogin(context, secret)
        return {}
      },
      undo: loginAsBefore,
    },
    {
      // Databases that are made from now on let it in by themselves.
      name: 'admit',
      async act(context: Context) {
        const { platform, input: given, memory } = context
        if (given.poolerSecret === undefined) return {}
        for (const { id } of await platform.catalog.rows(databasesOn(memory.cluster)))
          await fenced(context, id, (session) => admitPooler(session, platform.names))
        return {}
      },
    },
    {
      name: 'retire',
      async act(context: Context) {
        const { platform, memory } = context
        if (memory.retires) await fenced(context, memory.database, (session) => disableLogin(session, platform.names.pooler))
        return {}
      },
      undo: loginAsBefore,
    },
    {
      name: 'set',
      async record({ memory }: Context, tx) {
        await tx.run(setClusterLine(memory.cluster, memory.line))
      },
    },
  ],

  async result({ platform, input: { cluster }, memory: { line } }: Context) {
    const address = addressOf({ host: line.appHost, port: line.appPort })
    return { name: cluster, address, sslmode: line.appSslmode, pooler: line.pooler, warnings: [...(await lineWarnings(platform, line))] }
  },
})

async function giveLogin(context: Context, reference: string): Promise<void> {
  const { platform, memory } = context
  const verifier = await scramVerifier(platform.secrets(reference))
  await fenced(context, memory.database, (session) => ensureLogin(session, platform.names.pooler, verifier, { superuser: memory.hardened }))
}

/** Nothing but the password of the login has been changed. */
async function loginAsBefore(context: Context): Promise<void> {
  const { platform, input: given, memory } = context
  if (given.poolerSecret === undefined && !memory.retires) return
  if (memory.before !== null) {
    try {
      await giveLogin(context, memory.before)
    } catch (error) {
      // Whoever takes this over may not have it; the catalog names it as before, and setting it again puts it right.
      if (!isFault(error, 'SECRET_MISSING')) throw error
      platform.log.warn({ secret: memory.before }, "the pooler's login has kept its new password: run `cluster set --pooler-secret` again")
    }
  } else await fenced(context, memory.database, (session) => disableLogin(session, platform.names.pooler))
}

async function fenced({ platform, by }: Context, databaseId: string, change: (session: Session) => Promise<void>): Promise<void> {
  const { database } = await platform.tenantDatabase(databaseId)
  await database.transaction(async (session) => {
    await session.run(assertFence(by))
    await change(session)
  })
}

function changedLine(cluster: ClusterLine, given: z.output<typeof input>): ClusterLine {
  const kept = <T>(name: (typeof UNSET)[number], value: T | undefined, before: T | null): T | null =>
    value ?? (given.unset?.includes(name) ? null : before)
  return {
    appHost: given.appHost ?? cluster.appHost,
    appPort: given.appPort ?? cluster.appPort,
    appSslmode: given.appSslmode ?? cluster.appSslmode,
    appCaRef: kept('app-ca', given.appCa, cluster.appCaRef),
    appSecretRef: cluster.appSecretRef,
    pooler: given.pooler ?? cluster.pooler,
    poolerSecretRef: kept('pooler-secret', given.poolerSecret, cluster.poolerSecretRef),
    poolerVersion: kept('pooler-version', given.poolerVersion, cluster.poolerVersion),
  }
}
