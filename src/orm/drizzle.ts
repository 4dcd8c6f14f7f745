import type { Scope } from '../client/scope.js'
import type { Tenantry } from '../client/tenantry.js'
import { refuseOptions } from '../orms/refuse.js'
import { poolFor, type TenantPool, type TenantPoolOptions } from '../pool/tenant-pool.js'

/**
 * What `drizzle` of `drizzle-orm/node-postgres` is given for an object that lives as long as the process: `drizzle(drizzleConfig(tenantry, { schema }))`.
 * Each query runs in the scope that is open where it is awaited, or in the one scope that is given in place of the Tenantry. Throws ORM_OPTION for
 * `cache`: Drizzle finds what it keeps by the text of the statement, and that is the same for all tenants.
 */
export function drizzleConfig<Config extends object = object>(
  of: Tenantry | Scope,
  config?: Config & { readonly cache?: undefined },
  options?: TenantPoolOptions,
): Config & { readonly client: TenantPool } {
  refuseOptions('Drizzle', config ?? {}, {
    cache: 'it finds what it keeps by the text of the statement, which is the same for all tenants',
    connection: 'the scope knows where its tenant lives',
    client: 'the door brings its own',
  })
  return { ...(config as Config), client: poolFor(of, options) }
}
