import { z } from 'zod'
import { loginsOn } from '../../catalog/cluster-life.js'
import { findCluster } from '../../catalog/clusters.js'
import { operation } from '../../engine/operation.js'
import { catalogConnection, type Platform, serverOf } from '../../engine/platform.js'
import { glance } from '../../engine/visit.js'
import { POOLER_QUERY, pairedLogin } from '../../isolation/names.js'
import { fault, isFault } from '../../kernel/faults.js'
import { isOwnLogin } from '../../kernel/own-password.js'
import { sql } from '../../kernel/sql.js'
import { isLoopback } from '../../postgres/transport.js'
import { hbaText } from '../../programs/hba-file.js'
import { pgBouncerFragment } from '../../programs/pgbouncer-proposal.js'
import { postgresFragment } from '../../programs/postgres-proposal.js'
import { type ConfigFacts, hbaRules } from './hba-rules.js'
import { clusterName } from './row.js'

const NETWORKS = /^[a-z0-9.:/-]+(,[a-z0-9.:/-]+)*$/i
const networks = (what: string) =>
  z.string().max(1_000).regex(NETWORKS, 'must be networks, addresses or hosts with commas between them').optional().describe(what)

const input = z.strictObject({
  cluster: clusterName,
  file: z.enum(['postgresql', 'pg_hba', 'pgbouncer']).describe('Which file: a fragment of postgresql.conf, pg_hba.conf, or pgbouncer.ini'),
  folder: z
    .string()
    .regex(/^\/[\w./-]{0,200}$/, 'must be an absolute path')
    .optional()
    .describe('Where server.crt, server.key and the other files are (default: /etc/pgbouncer; of the server its data directory)'),
  applications: networks('Where applications, or the pooler, connect to the server from, for pg_hba: 10.1.0.0/16,10.2.0.7'),
  control: networks(
    'Where the control plane connects to the server from, for pg_hba (default: the address that the server sees it come from)',
  ),
  maxClients: z.coerce.number().int().min(1).max(100_000).default(1_000).describe('Connections of applications that the pooler takes'),
  poolSize: z.coerce.number().int().min(1).max(1_000).default(20).describe('Connections of the server for each pair of login and database'),
  serverConnections: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(80)
    .describe('Connections of the server that the pooler may open in all: fewer than its max_connections'),
})

type ConfigInput = z.output<typeof input>

const FILES = {
  postgresql: { name: 'tenantry.conf', write: postgresqlFile },
  pg_hba: { name: 'pg_hba.conf', write: (facts: ConfigFacts, given: ConfigInput) => hbaText(hbaRules(facts, given)) },
  pgbouncer: { name: 'pgbouncer.ini', write: pgBouncerFile },
} as const

export const clusterConfig = operation({
  kind: 'direct',
  name: 'cluster.config',
  summary: 'Write a configuration file for the server or the pooler of a cluster: TLS, SCRAM, and who may come in. No secret is in it.',
  effect: 'read',
  input,
  output: z.object({ cluster: z.string(), file: z.string(), name: z.string().describe('What such a file is called'), text: z.string() }),
  faults: ['CLUSTER_NOT_FOUND', 'INPUT_INVALID', 'SECRET_MISSING', 'SETTING_INVALID', 'TLS_REQUIRED'],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'GET /v1/clusters/{cluster}/config/{file}',
  words: { positionals: ['cluster', 'file'], says: ({ text }) => text.trimEnd() },
  async call({ platform, fail }, given) {
    const cluster = await platform.catalog.maybe(findCluster(given.cluster))
    if (cluster === undefined) throw fail('CLUSTER_NOT_FOUND', { cluster: given.cluster })
    const server = serverOf(platform.config, platform.secrets, cluster.adminRef)
    const logins = await platform.catalog.one(loginsOn(cluster.id))
    const { name, write } = FILES[given.file]
    const unknown = given.file === 'pg_hba' && given.control === undefined && !isLoopback(server.host)
    const facts: ConfigFacts = {
      ...{ cluster, server, logins, platform },
      seenFrom: unknown ? await addressSeen(platform, cluster.adminRef) : '',
      catalogUser: catalogConnection(platform.config, platform.secrets).user,
    }
    return { cluster: cluster.name, file: given.file, name, text: write(facts, given) }
  },
})

async function addressSeen(platform: Platform, adminRef: string): Promise<string> {
  const seen = sql<{ address: string | null }>`select host(inet_client_addr()) as address`
  try {
    return (await glance(platform, { adminRef }, (server) => server.one(seen))).address ?? 'samehost'
  } catch (error) {
    // The file may be what keeps us out.
    if (!isFault(error)) throw error
    throw fault('INPUT_INVALID', {
      issues: [`control: the server does not say where it sees us come from (${error.message}); name every host that runs tenantry`],
    })
  }
}

function postgresqlFile({ cluster, server }: ConfigFacts, { folder }: ConfigInput): string {
  return postgresFragment({
    cluster: cluster.name,
    folder,
    tls: server.tls !== 'disable' || cluster.appSslmode !== 'disable' || !isLoopback(server.host),
  })
}

function pgBouncerFile({ cluster, server, logins, platform }: ConfigFacts, given: ConfigInput): string {
  const { folder = '/etc/pgbouncer', maxClients, poolSize, serverConnections } = given
  const { appHost, appPort, appSslmode, appSecretRef, poolerSecretRef } = cluster
  const asks = poolerSecretRef === null ? undefined : { user: platform.names.pooler, query: POOLER_QUERY }
  const first = pairedLogin(platform.id, 1, cluster.loginSide)
  const used = [...new Set([first, ...logins.logins])]
  // Their passwords are derived, each from its login: no list can hold them.
  const listed = used.filter((login) => !isOwnLogin(login))
  return pgBouncerFragment({
    cluster: cluster.name,
    server: { host: server.host, port: server.port },
    listen: { address: isLoopback(appHost) ? '127.0.0.1' : '*', port: appPort },
    folder,
    clientTls: appSslmode !== 'disable',
    serverTls: server.tls,
    serverCa: server.ca === undefined ? '/etc/ssl/certs/ca-certificates.crt' : `${folder}/root.crt`,
    asks,
    listed: asks === undefined ? listed.map((user) => ({ user, secret: appSecretRef })) : [{ user: asks.user, secret: poolerSecretRef! }],
    ...{ maxClients, poolSize, serverConnections, logins: listed.length },
  })
}
