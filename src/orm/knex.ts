import type { Tenantry } from '../client/tenantry.js'
import { scopedDialect } from '../orms/knex-dialect.js'
import { OWN_ADDRESS, OWN_SCHEMA, refuseOptions } from '../orms/refuse.js'
import { tenantPool } from '../pool/tenant-pool.js'

// Knex asks the server for its version when it is not told; the oldest that Tenantry knows can do all that Knex writes.
const VERSION = '15.0'

/**
 * A long-lived Knex whose every query runs in the scope of the caller: `tenantKnex(knex, tenantry)`, with the application's own `knex` function and the
 * options of Knex that are not about connections. Its transactions are parts of the scope. Throws ORM_OPTION on an option that leads past the scope;
 * queries outside of a scope fail with SCOPE_MISSING.
 */
export function tenantKnex<Result>(knex: (config: never) => Result, tenantry: Tenantry, options: object = {}): Result {
  refuseOptions('knex', options, {
    client: 'the door brings its own',
    connection: OWN_ADDRESS,
    pool: 'the scope has the only connection',
    connectionPool: 'the scope has the only connection',
    searchPath: OWN_SCHEMA,
  })
  const make = knex as unknown as (config: object) => Result & { readonly client: object }
  const { client } = make({ client: 'pg', version: VERSION })
  return make({ version: VERSION, ...options, client: scopedDialect(client.constructor, tenantPool(tenantry)) })
}
