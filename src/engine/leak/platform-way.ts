import type { Tenant } from '../../catalog/tenants.js'
import { createTenantryOver } from '../../client/tenantry.js'
import { countScratchRows, type ScratchHome } from '../../isolation/scratch-table.js'
import type { Cutter } from '../../postgres/cutter.js'
import type { Platform } from '../platform.js'
import type { LeakTenant, LeakWay } from './way.js'

/** A home with its database, and the tenant whose it is alone, if it is one tenant's. */
export interface MeasuredHome extends ScratchHome {
  readonly databaseId: string
  readonly tenant: string | undefined
}

export interface PlatformWayOptions {
  readonly table: string
  readonly tenants: readonly Tenant[]
  readonly homes: readonly MeasuredHome[]
  /** Applications, each with pools of its own of so many connections. */
  readonly applications: number
  readonly connections: number
  readonly cutter: Cutter
}

/** The library, on the platform as it is: by the addresses and logins that applications have. */
export function openPlatformWay(
  platform: Platform,
  options: PlatformWayOptions,
): { readonly way: LeakWay; readonly end: () => Promise<void> } {
  const { table, tenants, homes, cutter } = options
  const applications = Array.from({ length: options.applications }, (_, at) =>
    createTenantryOver(platform.catalog, {
      secrets: platform.secrets,
      transport: platform.config.transport,
      applicationName: `tenantry leak ${at}`,
      maxConnections: options.connections,
      cutter,
    }),
  )
  const handle = (client: number, tenant: LeakTenant) => applications[client % applications.length]!.tenant(tenant.id)
  const stored = async () => {
    const sum = { rows: 0, misplaced: 0, doomed: 0 }
    for (const home of homes) {
      const { database } = await platform.tenantDatabase(home.databaseId)
      const { tenantColumn } = platform.config
      const found = await countScratchRows(database, home, table, { names: platform.names, tenantColumn, tenant: home.tenant })
      sum.rows += found.rows
      sum.misplaced += found.misplaced
      sum.doomed += found.doomed
    }
    return sum
  }
  return {
    way: {
      name: 'tenantry',
      table,
      tenants: tenants.map(({ id, isolation, databaseId }) => ({ id, isolation, database: databaseId })),
      one: (client, tenant, statement) => handle(client, tenant).query(statement),
      several: (client, tenant, body) => handle(client, tenant).transaction((scope) => body(scope.rows)),
      stored,
    },
    end: async () => {
      await Promise.all(applications.map((application) => application.close()))
    },
  }
}
