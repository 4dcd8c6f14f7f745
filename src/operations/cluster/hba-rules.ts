import type { ClusterLogins } from '../../catalog/cluster-life.js'
import type { Cluster } from '../../catalog/clusters.js'
import type { Platform } from '../../engine/platform.js'
import { otherLogin, pairedLogin } from '../../isolation/names.js'
import type { ConnectionConfig } from '../../postgres/connection.js'
import { isLoopback } from '../../postgres/transport.js'
import type { HbaRule } from '../../programs/hba-file.js'

/** What the files of a cluster are made of. */
export interface ConfigFacts {
  readonly cluster: Cluster
  /** As the control plane reaches it. */
  readonly server: ConnectionConfig
  readonly logins: ClusterLogins
  readonly platform: Platform
  /** Where the server sees the control plane come from. */
  readonly seenFrom: string
  /** As whom the control plane reaches the catalog. */
  readonly catalogUser: string
}

/** Networks with commas between them; by default the one address of the control plane, and what the server's suggests of applications. */
interface Networks {
  readonly control?: string | undefined
  readonly applications?: string | undefined
}

const PATTERNS_FROM = 160_000
// Of `doctor --attack`.
const SCRATCH_DATABASES = '/^attack_[a-z0-9]{26}$'

/** The rules of pg_hba.conf for a cluster, in their order: the first that fits a connection decides. */
export function hbaRules({ cluster, server, logins, platform, seenFrom, catalogUser }: ConfigFacts, given: Networks): readonly HbaRule[] {
  const { names, config } = platform
  const list = (text: string | undefined, fallback: string): readonly string[] => text?.split(',') ?? [fallback]
  const control = list(given.control, isLoopback(server.host) ? 'samehost' : seenFrom)
  const applications = list(given.applications, defaultNetwork(cluster.pooler === 'none' ? cluster.appHost : server.host))
  const patterns = cluster.serverVersion >= PATTERNS_FROM
  const prefix = `tny_${platform.id}_`
  const known = [...new Set([pairedLogin(platform.id, 1, 1), ...logins.logins].flatMap((login) => [login, otherLogin(login)]))].sort()
  const databases = patterns ? [...logins.databases, namePattern(config.naming.database), SCRATCH_DATABASES] : ['all']
  const over = (tls: boolean): HbaRule['type'] => (tls ? 'hostssl' : 'host')
  const applicationTls = over((cluster.pooler === 'none' ? cluster.appSslmode : server.tls) !== 'disable')
  const everywhere = { type: 'host', databases: ['all'], addresses: ['all'], method: 'reject' } as const
  // The catalog may be reached by another login than the cluster.
  const administrators = [...new Set([server.user, ...(logins.catalogHere ? [catalogUser] : [])])]
  const administrator = { type: over(server.tls !== 'disable'), databases: ['all'], method: 'scram-sha-256' } as const
  // The control plane comes as the application as well: `tenantry sql`, and `doctor --attack`.
  const application = { type: applicationTls, addresses: [...new Set([...applications, ...control])], method: 'scram-sha-256' } as const
  const ours = patterns ? [`/^${prefix}`] : [...known, names.pooler, names.resolver]
  const rules: readonly (HbaRule | undefined)[] = [
    {
      because:
        'Tenantry: the first line that fits a connection decides, so these stand before all others. By the socket: whoever the system says they are.',
      ...{ type: 'local', databases: ['all'], users: ['all'], addresses: [], method: 'peer' },
    },
    {
      because:
        given.control === undefined && !isLoopback(server.host)
          ? `The control plane, as the administrator. ${control[0]} is where this command was run: name every host that runs tenantry with --control.`
          : 'The control plane, as the administrator, from where it runs.',
      ...{ ...administrator, users: administrators, addresses: control },
    },
    { because: 'Nobody else is the administrator.', ...everywhere, users: administrators },
    cluster.poolerSecretRef === null
      ? undefined
      : {
          because: 'The pooler asks in each database for the verifiers of its logins.',
          ...{ ...application, type: over(server.tls !== 'disable'), databases, users: [names.pooler] },
        },
    {
      because: patterns
        ? "The application's logins, into the databases in which tenants live."
        : "The application's logins. PostgreSQL 15 knows no patterns for databases of tenants to come; there CONNECT decides, which PUBLIC has lost.",
      ...{ ...application, databases, users: patterns ? [`/^${prefix}app`] : known },
    },
    logins.catalogHere
      ? {
          because: 'The catalog is on this server: applications ask it where tenants live.',
          ...{ ...application, databases: [config.catalog.database], users: [names.resolver] },
        }
      : undefined,
    {
      because: 'No role of ours comes in from anywhere else, whatever stands below.',
      ...{ ...everywhere, users: ours },
    },
    {
      because: 'Nor does anybody else. On a server that others use too, leave this line out and put theirs here.',
      ...{ ...everywhere, users: ['all'] },
    },
    {
      because: 'Copies of the whole server are no database. Lines for standbys and pg_basebackup belong before this one.',
      ...{ ...everywhere, replicates: true, users: ['all'] },
    },
  ]
  return rules.filter((rule) => rule !== undefined)
}

const defaultNetwork = (host: string): string => (isLoopback(host) ? 'samehost' : 'samenet')

/** The databases that a naming pattern makes. */
const namePattern = (naming: string): string =>
  `/^${naming.replaceAll('{id}', '[a-z0-9]{26}').replace(/\{number(:(\d))?\}/g, (_, __, digits: string | undefined) => `[0-9]{${digits ?? 1},}`)}$`
