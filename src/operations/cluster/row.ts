import { z } from 'zod'
import type { ClusterListing } from '../../catalog/clusters.js'
import { versionText } from '../../postgres/version.js'

/** A cluster as every surface shows it: references to secrets, never secrets. */
export const clusterRow = z.object({
  id: z.string(),
  name: z.string(),
  serverVersion: z.string(),
  address: z.string().describe('Where applications connect'),
  pooler: z.enum(['none', 'pgbouncer']),
  hardened: z.boolean(),
  adminRef: z.string(),
  databases: z.number(),
  homes: z.number(),
  tenants: z.number(),
  createdAt: z.date(),
})

export const describeCluster = (c: ClusterListing): z.output<typeof clusterRow> => ({
  id: c.id,
  name: c.name,
  serverVersion: versionText(c.serverVersion),
  address: `${c.appHost}:${c.appPort}`,
  pooler: c.pooler,
  hardened: c.hardened,
  adminRef: c.adminRef,
  databases: c.databases,
  homes: c.homes,
  tenants: c.tenants,
  createdAt: c.createdAt,
})
