import { z } from 'zod'
import { besidesOn } from '../../catalog/beside.js'
import {
  databasesOn,
  deleteDatabasesOn,
  deleteHomesOn,
  deleteRevocation,
  handOverRevocations,
  homesOn,
  lockCluster,
  neighboursOf,
  openOperationOnCluster,
  revocationsOf,
  setClusterState,
  tenantsOn,
} from '../../catalog/cluster-life.js'
import { deleteCluster } from '../../catalog/clusters.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { dropDatabase, inspectForRemoval } from '../../isolation/install.js'
import { takeBackRevocation } from '../../isolation/revocation.js'
import { dropRoleUnlessNeeded, rolesOfPlatform } from '../../isolation/roles.js'
import { fault } from '../../kernel/faults.js'
import { clusterResource } from './resource.js'
import { clusterName } from './row.js'

interface Memory {
  readonly [key: string]: unknown
  readonly cluster: string
  readonly adminRef: string
  readonly databases: readonly { readonly id: string; readonly name: string }[]
  /** Of homes that are left without tenants: shared ones. */
  readonly homeRoles: readonly string[]
  /** Another cluster of the platform on the same server: it keeps what is common to both. */
  readonly heir: string | null
  /** Its server is gone for good: nothing is asked of it. */
  readonly forget: boolean
  /** From here on parts of it may be gone. */
  readonly checked?: boolean
  /** Databases under our names that are not ours. */
  readonly foreign?: readonly string[]
  readonly dropped?: readonly string[]
  readonly rolesKept?: readonly string[]
}

const input = z.strictObject({
  cluster: clusterName,
  confirm: z.string().max(63).optional().describe('The name once more: its databases are dropped for good'),
  forget: z.boolean().default(false).describe('Its server is gone for good: leave there what is there, and only forget it'),
})

type Context = StepContext<z.output<typeof input>, Memory>

export const removeCluster = operation({
  kind: 'steps',
  name: 'cluster.remove',
  summary: 'Forget a cluster that holds no tenants, and take away from its server what Tenantry has put there.',
  effect: 'destroy',
  input,
  output: z.object({ name: z.string(), dropped: z.array(z.string()), warnings: z.array(z.string()) }),
  faults: [
    'CLUSTER_NOT_FOUND',
    'CLUSTER_OCCUPIED',
    'CLUSTER_BUSY',
    'CONFIRMATION_NEEDED',
    'DATABASE_OCCUPIED',
    'SERVER_UNREACHABLE',
    'LOGIN_REFUSED',
    'SECRET_MISSING',
  ],
  access: { roles: ['fleet-admin'] },
  http: 'DELETE /v1/clusters/{cluster}',
  resource: clusterResource,
  words: {
    positionals: ['cluster'],
    confirm: 'This drops the databases of the cluster for good',
    says: (removed) =>
      [
        `cluster ${removed.name} is removed${removed.dropped.length === 0 ? '' : `; dropped were ${removed.dropped.join(', ')}`}`,
        ...removed.warnings.map((warning) => `warning: ${warning}`),
      ].join('\n'),
  },

  async accept({ platform, tx, fail }, { cluster: name, confirm, forget }) {
    const cluster = await tx.maybe(lockCluster(name))
    if (cluster === undefined) throw fail('CLUSTER_NOT_FOUND', { cluster: name })
    const open = await tx.maybe(openOperationOnCluster(name))
    if (open !== undefined) throw fail('CLUSTER_BUSY', { cluster: name, doing: open.name })
    const { tenants, warm } = await tx.one(tenantsOn(cluster.id))
    if (tenants > 0) throw fail('CLUSTER_OCCUPIED', { cluster: name, tenants, ...(warm === null ? {} : { warm }) })
    // A server that is gone for good has none of them any more.
    const { homes: beside } = forget ? { homes: 0 } : await tx.one(besidesOn(cluster.id))
    if (beside > 0) throw fail('CLUSTER_OCCUPIED', { cluster: name, tenants: 0, beside })
    if (confirm !== name) {
      const what = forget ? `cluster "${name}" is forgotten` : `the databases of cluster "${name}" are dropped for good`
      throw fail('CONFIRMATION_NEEDED', { what: `${what}; say so with confirm: "${name}"` })
    }
    if (!forget) platform.secrets(cluster.adminRef)
    await tx.run(setClusterState(cluster.id, 'removing'))
    const [databases, homes, [heir]] = [
      await tx.rows(databasesOn(cluster.id)),
      await tx.rows(homesOn(cluster.id)),
      await tx.rows(neighboursOf(cluster.id)),
    ]
    return {
      memory: {
        cluster: cluster.id,
        adminRef: cluster.adminRef,
        databases,
        homeRoles: homes.map(({ role }) => role),
        heir: heir?.id ?? null,
        forget,
      },
    }
  },

  steps: [
    {
      name: 'check',
      async act(context: Context) {
        if (context.memory.forget) return { checked: true, foreign: context.memory.databases.map(({ name }) => name) }
        const foreign: string[] = []
        for (const database of context.memory.databases) if ((await whatIs(context, database)) === 'foreign') foreign.push(database.name)
        return { checked: true, foreign }
      },
    },
    {
      name: 'databases',
      async act(context: Context) {
        const { platform, memory, journal } = context
        const ours = memory.databases.filter(({ name }) => !memory.foreign!.includes(name))
        for (const database of ours) {
          // Cannot be part of a transaction: so the lease, the mark and the emptiness are looked at directly before.
          await journal(async () => {})
          if ((await whatIs(context, database)) === 'ours')
            await dropDatabase(platform.connect(memory.adminRef), database.name, database.id)
        }
        return { dropped: ours.map(({ name }) => name) }
      },
    },
    {
      name: 'roles',
      async act({ platform, memory, journal }: Context) {
        if (memory.forget) return {}
        const server = platform.connect(memory.adminRef)
        const common = memory.heir === null ? (await server.rows(rolesOfPlatform(platform.id, platform.names))).map(({ name }) => name) : []
        const rolesKept: string[] = []
        for (const role of new Set([...memory.homeRoles, ...common])) {
          await journal(async () => {})
          if (!(await dropRoleUnlessNeeded(server, role))) rolesKept.push(role)
        }
        return { rolesKept }
      },
    },
    {
      name: 'revocations',
      async act({ platform, memory, by, journal }: Context) {
        if (memory.heir !== null || memory.forget) return {}
        for (const revocation of await platform.catalog.rows(revocationsOf(memory.cluster))) {
          await takeBackRevocation(platform.connect(memory.adminRef), by.operation, revocation)
          await journal((tx) => tx.run(deleteRevocation(memory.cluster, revocation.database)))
        }
        return {}
      },
    },
    {
      name: 'forget',
      async record({ memory }: Context, tx) {
        if (memory.heir !== null) await tx.run(handOverRevocations(memory.cluster, memory.heir))
        await tx.run(deleteHomesOn(memory.cluster))
        await tx.run(deleteDatabasesOn(memory.cluster))
        await tx.run(deleteCluster(memory.cluster))
      },
    },
  ],

  // What was dropped does not come back. The cluster stays out of service then, and removing it can be asked for again.
  async release({ memory }, tx) {
    if (memory.checked !== true) await tx.run(setClusterState(memory.cluster, 'live'))
  },

  async result({ input: { cluster, forget }, memory }) {
    const { foreign = [], dropped = [], rolesKept = [] } = memory
    return {
      name: cluster,
      dropped: [...dropped],
      warnings: [
        ...foreign.map((name) =>
          forget
            ? `the database ${name} is still there, should the server ever come back`
            : `the database ${name} was left alone: it is not the one that Tenantry made`,
        ),
        ...(rolesKept.length === 0 ? [] : [`roles were left that something on the server still needs: ${rolesKept.join(', ')}`]),
      ],
    }
  },
})

/** Throws DATABASE_OCCUPIED where tenants are that the catalog does not know of. */
async function whatIs({ platform, memory }: Context, { id, name }: Memory['databases'][number]): Promise<'ours' | 'foreign' | 'gone'> {
  const found = await inspectForRemoval(platform.connect(memory.adminRef), platform.connect(memory.adminRef, name), id)
  if (found === undefined) return 'gone'
  if (found.tenants > 0)
    throw fault('DATABASE_OCCUPIED', { database: name, what: `holds ${found.tenants} tenants that the catalog does not know` })
  return found.ours ? 'ours' : 'foreign'
}
