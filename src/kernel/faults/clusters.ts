import { row } from './row.js'

/** Clusters, their databases and their walls. */
export const CLUSTER_FAULTS = {
  DATABASE_UNKNOWN: row(
    404,
    4,
    false,
    (f: { cluster: string; database: string }) => `cluster "${f.cluster}" has no database "${f.database}" with tenants`,
    () => '`tenantry assurance show` lists them',
  ),
  SIGNING_KEYS: row(
    409,
    5,
    false,
    (f: { place: string; state: string; wanted: string }) => `${f.place} ${f.state}; this needs ${f.wanted}`,
    () => '`tenantry assurance show` shows how many keys a database believes, and since when',
  ),
  DATABASE_BUSY: row(
    409,
    6,
    true,
    (f: { database: string; doing: string }) => `another operation is at work on the database ${f.database}: ${f.doing}`,
    () => 'wait for it; `tenantry operation list` shows how far it is',
  ),
  CLUSTER_NOT_FOUND: row(
    404,
    4,
    false,
    (f: { cluster: string }) => `no cluster "${f.cluster}"`,
    () => 'add one with `tenantry cluster add NAME`',
  ),
  CLUSTER_EXISTS: row(
    409,
    6,
    false,
    (f: { cluster: string }) => `a cluster "${f.cluster}" exists already`,
    () => 'see `tenantry cluster list`',
  ),
  CLUSTER_UNHARDENED: row(
    409,
    5,
    false,
    (f: { cluster: string }) => `cluster "${f.cluster}" is registered as unhardened; shared homes are refused there`,
    () => 'add the cluster with a superuser login, or use --isolation schema or database',
  ),
  STOCK_FULL: row(
    409,
    6,
    false,
    (f: { cluster: string; isolation: string; target: number }) =>
      `cluster "${f.cluster}" has its ${f.target} warm tenants of isolation ${f.isolation}`,
    () => 'raise the target with `tenantry stock fill N`',
  ),
  STOCK_KEPT: row(
    409,
    6,
    false,
    (f: { cluster: string; isolation: string; target: number }) =>
      `cluster "${f.cluster}" has no more than its ${f.target} warm tenants of isolation ${f.isolation}`,
    () => 'lower the target with `tenantry stock fill N`',
  ),
  CLUSTER_NEEDED: row(
    409,
    5,
    false,
    () => 'this platform has no cluster yet',
    () => 'add one with `tenantry cluster add NAME`',
  ),
  CLUSTER_DRAINING: row(
    409,
    5,
    false,
    (f: { cluster: string }) => `cluster "${f.cluster}" is draining and takes no new tenants`,
    (f) => `name another with --cluster, add one, or take it back with \`tenantry cluster undrain ${f.cluster}\``,
  ),
  CLUSTER_BUSY: row(
    503,
    6,
    true,
    (f: { cluster: string; doing: string }) => `cluster "${f.cluster}" is being changed (${f.doing})`,
    () => 'try again in a moment; `tenantry operation list` shows what is running',
  ),
  CLUSTER_OCCUPIED: row(
    409,
    6,
    false,
    (f: {
      cluster: string
      tenants: number
      /** The isolation of warm ones among them. */
      warm?: string
      /** Homes of tenants that live elsewhere. */
      beside?: number
    }) =>
      f.beside !== undefined
        ? `cluster "${f.cluster}" holds ${f.beside === 1 ? 'a home' : `${f.beside} homes`} of tenants that live elsewhere`
        : `cluster "${f.cluster}" holds ${f.tenants} tenant${f.tenants === 1 ? '' : 's'}${f.warm === undefined ? '' : ', warm ones among them'}`,
    (f) =>
      f.beside !== undefined
        ? 'point their tenants to them, drop them with `tenantry tenant dropbeside`, or wait until their grace has ended'
        : f.warm === undefined
          ? `\`tenantry tenant list --cluster ${f.cluster}\` shows them; \`tenantry cluster drain ${f.cluster}\` keeps new ones away until the last has left`
          : `take the warm ones away with \`tenantry stock fill 0 --cluster ${f.cluster} --isolation ${f.warm}\`; \`tenantry tenant list --cluster ${f.cluster}\` shows the others`,
  ),
  CLUSTER_STATE: row(
    409,
    6,
    false,
    (f: { cluster: string; state: string; wanted: string }) => `cluster "${f.cluster}" ${f.state}; this needs ${f.wanted}`,
    (f) => `see \`tenantry cluster show ${f.cluster}\``,
  ),
  LOGIN_IN_USE: row(
    409,
    6,
    true,
    (f: { cluster: string; login: string; by: string }) => `the login ${f.login} of cluster "${f.cluster}" is still used: ${f.by}`,
    () => 'wait until they have let go of it, or restart them, then try again',
  ),
  ISOLATION_UNAVAILABLE: row(
    409,
    5,
    false,
    (f: { isolation: string; reason: string }) => `isolation "${f.isolation}" is not possible here: ${f.reason}`,
    () => 'choose another --isolation',
  ),
  ATTACK_BREACHED: row(
    409,
    1,
    false,
    (f: {
      breaches: number
      which: readonly string[]
      more: number
      ids: readonly string[]
      again: string
      /** Per cluster and isolation, how many came through, and what became of the others. */
      grounds: readonly Readonly<Record<string, string | number>>[]
    }) => `${f.breaches} attacks came through: ${f.which.join('; ')}${f.more > 0 ? `; and ${f.more} more` : ''}`,
    (f) =>
      `upgrade PostgreSQL and Tenantry, run \`tenantry doctor\`, then try them again with \`${f.again}\`; until then keep untrusted SQL away from this cluster`,
  ),
} as const
