import { z } from 'zod'
import { clustersOnServer } from '../../catalog/cluster-life.js'
import {
  databaseIsLive,
  deleteCluster,
  deleteDatabase,
  findCluster,
  insertCluster,
  recordPlatformDigest,
  recordRevocation,
  setDefaultDatabase,
} from '../../catalog/clusters.js'
import { deleteHome, homeIsLive, insertHome, nextHomeNumber, recordHomeVersion, TENANT_TRACK } from '../../catalog/homes.js'
import { applyContextOf } from '../../engine/apply-context.js'
import { assuranceOf, reserveDatabase } from '../../engine/assurance.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { serverOf } from '../../engine/platform.js'
import { admitLogin, checkDatabaseFree, dropDatabase, ensureDatabase, installDatabase } from '../../isolation/install.js'
import { createHome } from '../../isolation/model.js'
import { homeRole, objectName, pairedLogin } from '../../isolation/names.js'
import { revokeFromPublic, undoOf } from '../../isolation/revocation.js'
import { dropRole, ensureLogin, ensurePlatformRoles } from '../../isolation/roles.js'
import { newId } from '../../kernel/clock.js'
import { sql } from '../../kernel/sql.js'
import { addressOf } from '../../postgres/connection.js'
import { scramVerifier } from '../../postgres/scram.js'
import { openDatabase } from '../../postgres/session.js'
import { inspectServer, versionText } from '../../postgres/version.js'
import { applyToHome, applyToPlatform } from '../../schema/apply.js'
import { checkMigrations } from '../../schema/check.js'
import { assertCommonPooler, lineFields, lineWarnings, registeredLine } from './line.js'
import { assertNotCatalog } from './not-catalog.js'
import { secretReference } from './row.js'
import { assertSafe } from './safe-version.js'

const input = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{1,38}$/, 'must have 2 to 39 characters: a letter, then letters, digits and hyphens in lower case')
    .describe('Name of the cluster'),
  url: secretReference.default('env:DATABASE_URL').describe('Reference to the connection string of its primary, as an administrator'),
  database: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,62}$/, 'must be a lower-case name')
    .default('tenantry_tenants')
    .describe('Database that shared tables and schema homes live in; made by this command'),
  ...lineFields,
  assurance: z
    .enum(['standard', 'strict'])
    .optional()
    .describe('How hard the wall of its database is (default: as the configuration says where shared tables are, else standard)'),
  revokeConnect: z
    .boolean()
    .default(false)
    .describe('Also take CONNECT from PUBLIC on the other databases of the server (undoable; recorded in the catalog)'),
  allowUnsafeVersion: z.boolean().default(false).describe('Take a server with published holes that tenants could use, with a warning'),
})

interface Memory {
  readonly [key: string]: unknown
  readonly cluster: string
  readonly databaseId: string
  readonly login: string
  readonly home: { readonly id: string; readonly schema: string; readonly role: string } | null
  readonly hardened: boolean
  readonly superuser: boolean
  readonly others: readonly string[]
  readonly unsafe: string | null
  readonly version: number
}

type Context = StepContext<z.output<typeof input>, Memory>

const output = z.object({
  name: z.string(),
  database: z.string(),
  serverVersion: z.string(),
  hardened: z.boolean(),
  warnings: z.array(z.string()),
})

/** The revocations a server keeps for the sake of its other databases are shown, asked for with --revoke-connect, and recorded with what takes them back. */
export const addCluster = operation({
  kind: 'steps',
  name: 'cluster.add',
  summary: 'Register a PostgreSQL server and make it ready for tenants.',
  effect: 'change',
  input,
  output,
  faults: [
    'CLUSTER_EXISTS',
    'LOGIN_IN_USE',
    'ONE_DATABASE',
    'DATABASE_OCCUPIED',
    'PRIVILEGE_MISSING',
    'ASSURANCE_UNAVAILABLE',
    'VERSION_UNSUPPORTED',
    'VERSION_UNSAFE',
    'TLS_REQUIRED',
    'SECRET_MISSING',
    'SERVER_UNREACHABLE',
    'LOGIN_REFUSED',
    'MIGRATION_INVALID',
    'MIGRATION_REFUSED',
    'MIGRATION_FAILED',
  ],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/clusters',
  words: {
    positionals: ['name'],
    says: (added) =>
      [
        `cluster ${added.name} is ready: PostgreSQL ${added.serverVersion}, tenants go to the database ${added.database}`,
        ...added.warnings.map((warning) => `warning: ${warning}`),
      ].join('\n'),
  },

  async accept({ platform, tx, fail }, given) {
    if ((await tx.maybe(findCluster(given.name))) !== undefined) throw fail('CLUSTER_EXISTS', { cluster: given.name })
    platform.secrets(given.appSecret)
    await checkMigrations(platform.config, [TENANT_TRACK])
    const connection = serverOf(platform.config, platform.secrets, given.url)
    const line = registeredLine(given, connection, platform)
    if (given.poolerSecret !== undefined) platform.secrets(given.poolerSecret)
    const server = openDatabase(connection, { applicationName: 'tenantry control', max: 1 })
    try {
      const facts = await inspectServer(server)
      if (!facts.createRole || !facts.createDatabase)
        throw fail('PRIVILEGE_MISSING', { server: addressOf(connection), what: 'create databases and roles' })
      if (given.poolerSecret !== undefined && !facts.superuser)
        throw fail('PRIVILEGE_MISSING', { server: addressOf(connection), what: 'let a pooler ask for verifiers (--pooler-secret)' })
      const unsafe = assertSafe(facts, addressOf(connection), platform.config, given.allowUnsafeVersion)
      await assertNotCatalog(platform, facts.systemId, given.database, (database) => fail('ONE_DATABASE', { database }))
      await checkDatabaseFree(server, given.database)
      const others = await server.rows(sql<{ name: string }>`
        select d.datname::text as name
        from pg_catalog.pg_database d
        where d.datname <> 'template0'
          and pg_catalog.has_database_privilege('public', d.oid, 'connect')
        order by 1`)
      // Roles belong to the server: clusters of one platform on one server have their logins in common, and so the password.
      const neighbours = await tx.rows(clustersOnServer(facts.systemId))
      const other = neighbours.find((one) => one.state === 'rotating' || one.appSecretRef !== given.appSecret)
      const loginSide = neighbours[0]?.loginSide ?? 1
      const login = pairedLogin(platform.id, 1, loginSide)
      if (other !== undefined) {
        const by = `cluster "${other.name}" on the same server logs in with it; name its secret with --app-secret ${other.appSecretRef}`
        throw fail('LOGIN_IN_USE', { cluster: given.name, login, by })
      }
      assertCommonPooler(line, given.name, neighbours, platform.names.pooler)
      const [cluster, databaseId] = [newId(), newId()]
      const shared = platform.config.tenantColumn !== null && facts.superuser
      const assurance = given.assurance ?? (shared ? platform.config.assurance.shared : 'standard')
      if (assurance !== 'standard' && !facts.superuser)
        throw fail('ASSURANCE_UNAVAILABLE', { assurance, place: `cluster "${given.name}"`, reason: 'its administrator is no superuser' })
      const homeId = newId()
      const number = shared ? (await tx.one(nextHomeNumber)).number : 0
      const schema = objectName(platform.config.naming.schema, { id: homeId, number })
      const home = shared ? { id: homeId, schema, role: homeRole(platform.id, homeId) } : null
      await tx.run(
        insertCluster({
          id: cluster,
          name: given.name,
          adminRef: given.url,
          ...line,
          serverVersion: facts.version,
          systemId: facts.systemId,
          hardened: facts.superuser,
          loginSide,
        }),
      )
      await reserveDatabase(tx, databaseId, cluster, given.database, assurance)
      await tx.run(setDefaultDatabase(cluster, databaseId))
      if (home !== null) await tx.run(insertHome({ ...home, number, databaseId, isolation: 'shared', track: TENANT_TRACK, login }))
      return {
        memory: {
          cluster,
          databaseId,
          login,
          home,
          hardened: facts.superuser,
          superuser: facts.superuser,
          others: others.map((row) => row.name),
          unsafe,
          version: facts.version,
        },
      }
    } finally {
      await server.end()
    }
  },

  steps: [
    {
      name: 'roles',
      async act({ platform, input: given, memory }: Context) {
        const server = platform.connect(given.url)
        const verifier = await scramVerifier(platform.secrets(given.appSecret))
        await server.transaction(async (session) => {
          await ensurePlatformRoles(session, platform.names, memory)
          await ensureLogin(session, memory.login, verifier, memory)
          if (given.poolerSecret === undefined) return
          await ensureLogin(session, platform.names.pooler, await scramVerifier(platform.secrets(given.poolerSecret)), memory)
        })
        return {}
      },
    },
    {
      name: 'database',
      async act({ platform, input: given, memory }: Context) {
        await ensureDatabase(platform.connect(given.url), given.database, memory.databaseId)
        return {}
      },
      async undo({ platform, input: given, memory }: Context) {
        await dropDatabase(platform.connect(given.url), given.database, memory.databaseId)
        if (memory.home !== null) await dropRole(platform.connect(given.url), memory.home.role)
      },
    },
    {
      name: 'install',
      async act({ platform, input: given, memory, by }: Context) {
        const database = platform.connect(given.url, given.database)
        await installDatabase(database, by, {
          databaseId: memory.databaseId,
          platformId: platform.id,
          names: platform.names,
          extensions: platform.config.extensions,
          files: platform.homeFiles,
          hardened: memory.hardened,
          assurance: await assuranceOf(platform, memory.databaseId),
        })
        await admitLogin(database, memory.login, memory.hardened)
        return {}
      },
    },
    {
      name: 'tables',
      async act({ platform, input: given, memory, by }: Context) {
        const database = platform.connect(given.url, given.database)
        const context = applyContextOf(platform, by)
        const migrations = await checkMigrations(platform.config, [TENANT_TRACK])
        const platformDigest = (await applyToPlatform(database, migrations.platform, context)).digest
        if (memory.home === null) return { platformDigest }
        const place = { ...memory.home, isolation: 'shared' as const, track: TENANT_TRACK, login: memory.login }
        await createHome(database, place, platform.names, by, memory)
        const standing = await applyToHome(database, place, migrations.tracks.get(TENANT_TRACK)!, context, true)
        return { platformDigest, standing }
      },
    },
    {
      name: 'revoke',
      async act({ platform, input: given, memory, journal }: Context) {
        // Only what a bare server has besides ours is touched unasked: there, PUBLIC's right to connect serves nobody but an attacker.
        const bare = memory.others.every((name) => name === 'postgres' || name === 'template1')
        if (!memory.superuser || !(bare || given.revokeConnect)) return {}
        const server = platform.connect(given.url)
        for (const name of memory.others) {
          await journal((tx) => tx.run(recordRevocation(memory.cluster, name, undoOf(name))))
          await revokeFromPublic(server, name)
        }
        return { revoked: true }
      },
    },
    {
      name: 'activate',
      async record({ memory }: Context, tx) {
        await tx.run(recordPlatformDigest(memory.databaseId, memory.platformDigest as string))
        await tx.run(databaseIsLive(memory.databaseId))
        if (memory.home === null) return
        const standing = memory.standing as { version: string; applied: number; digest: string }
        await tx.run(recordHomeVersion(memory.home.id, standing.version, standing.applied, standing.digest))
        await tx.run(homeIsLive(memory.home.id))
      },
    },
  ],

  async release({ memory }, tx) {
    if (memory.home !== null) await tx.run(deleteHome(memory.home.id))
    await tx.run(deleteDatabase(memory.databaseId))
    await tx.run(deleteCluster(memory.cluster))
  },

  async result({ platform, input: given, memory }) {
    const warnings: string[] = []
    if (memory.unsafe !== null) warnings.push(memory.unsafe)
    const url = serverOf(platform.config, platform.secrets, given.url)
    warnings.push(...(await lineWarnings(platform, registeredLine(given, url, platform))))
    if (!memory.hardened) warnings.push('the login is no superuser, so the cluster is unhardened: shared homes are refused there')
    const rest = memory.others.filter((name) => name !== 'postgres' && name !== 'template1')
    if (memory.hardened && rest.length > 0 && !given.revokeConnect) {
      warnings.push(`every role may connect to ${memory.others.join(', ')}; --revoke-connect takes that from PUBLIC`)
    }
    return { name: given.name, database: given.database, serverVersion: versionText(memory.version), hardened: memory.hardened, warnings }
  },
})
