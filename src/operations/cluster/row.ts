import { isIP } from 'node:net'
import { z } from 'zod'
import type { ClusterListing } from '../../catalog/clusters.js'
import { TLS_MODES } from '../../postgres/transport.js'
import { versionText } from '../../postgres/version.js'

export const clusterName = z.string().min(1).max(63).describe('Name of the cluster')

/** Such as env:APP_PASSWORD. */
export const secretReference = z.string().regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/, 'must be a reference: env:NAME or file:path')

/** A cluster as every surface shows it: references to secrets, never secrets. */
export const clusterRow = z.object({
  id: z.string(),
  name: z.string(),
  serverVersion: z.string(),
  address: z.string().describe('Where applications connect'),
  sslmode: z.enum(TLS_MODES).describe('How applications verify that address, as libpq calls it'),
  appCaRef: z.string().nullable().describe('Reference to the authorities that sign for it; null: the usual ones'),
  pooler: z.enum(['none', 'pgbouncer']),
  poolerVersion: z.string().nullable().describe('As it was declared'),
  hardened: z.boolean(),
  missing: z.array(z.string()).describe('What an unhardened cluster lacks'),
  state: z.enum(['live', 'draining', 'rotating', 'removing']).describe('Draining: takes no new tenants'),
  draining: z.boolean(),
  appSecretRef: z.string().describe("Reference to the password of the application's logins"),
  oldLoginsSince: z.date().nullable().describe('Since when the logins before the last rotation wait to be retired'),
  adminRef: z.string(),
  databases: z.number(),
  homes: z.number(),
  tenants: z.number(),
  warm: z.number().describe("Of the tenants, those that are nobody's yet"),
  createdAt: z.date(),
})

// Each takes a superuser; `cluster add` had none.
const UNHARDENED = [
  'an owner with BYPASSRLS, so that row-level security could be forced on the owners of tables: shared homes are refused',
  "taking from PUBLIC what pg_catalog offers (set_config, advisory locks, other people's sessions, SQL as text)",
  'taking CONNECT from PUBLIC on the other databases of the server',
] as const

export const describeCluster = (c: ClusterListing): z.output<typeof clusterRow> => ({
  id: c.id,
  name: c.name,
  serverVersion: versionText(c.serverVersion),
  address: `${c.appHost}:${c.appPort}`,
  sslmode: c.appSslmode,
  appCaRef: c.appCaRef,
  pooler: c.pooler,
  poolerVersion: c.poolerVersion,
  hardened: c.hardened,
  missing: c.hardened ? [] : [...UNHARDENED],
  state: c.state === 'live' && c.draining ? 'draining' : c.state,
  draining: c.draining,
  appSecretRef: c.appSecretRef,
  oldLoginsSince: c.oldLoginsSince,
  adminRef: c.adminRef,
  databases: c.databases,
  homes: c.homes,
  tenants: c.tenants,
  warm: c.warm,
  createdAt: c.createdAt,
})

/** A cluster in a few lines, for people. */
export const sayCluster = (c: z.output<typeof clusterRow>): string =>
  [
    `${c.name}: PostgreSQL ${c.serverVersion} at ${c.address}${c.pooler === 'none' ? '' : ` through ${c.pooler}`}${c.sslmode === 'disable' ? '' : ` with sslmode=${c.sslmode}`}, ${c.state}`,
    `${c.databases} databases, ${c.homes} homes, ${c.tenants} tenants${c.warm === 0 ? '' : ` (${c.warm} warm)`}`,
    `hardened: ${c.hardened ? 'yes' : 'no'}`,
    ...c.missing.map((wall) => `  missing: ${wall}`),
    ...(c.oldLoginsSince === null
      ? []
      : [`the logins before the last rotation still work; \`tenantry cluster rotate ${c.name} --retire\` shuts them out`]),
  ].join('\n')

const NAME = /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?$/i

/** One host name, or an address. */
export const isHost = (text: string): boolean => NAME.test(text) || isIP(text) !== 0
