import type { Tenantry } from '../client/tenantry.js'
import { OWN_ADDRESS, OWN_SCHEMA, refuseOptions } from '../orms/refuse.js'
import { typeormDriver } from '../orms/typeorm-pool.js'
import { tenantPool } from '../pool/tenant-pool.js'

const OWN_MIGRATIONS = 'tables of tenants are changed by `tenantry migrate` only'

const REFUSED = {
  cache: 'results are kept by the text of their query, which is the same for all tenants',
  type: 'the door brings its own',
  driver: 'the door brings its own',
  nativeDriver: 'the door brings its own',
  url: OWN_ADDRESS,
  host: OWN_ADDRESS,
  port: OWN_ADDRESS,
  username: OWN_ADDRESS,
  password: OWN_ADDRESS,
  database: OWN_ADDRESS,
  ssl: OWN_ADDRESS,
  replication: OWN_ADDRESS,
  extra: 'the scope has the only connection',
  poolSize: 'the scope has the only connection',
  schema: OWN_SCHEMA,
  synchronize: OWN_MIGRATIONS,
  migrationsRun: OWN_MIGRATIONS,
  dropSchema: OWN_MIGRATIONS,
  installExtensions: OWN_MIGRATIONS,
}

/**
 * The options of a long-lived TypeORM DataSource whose every query runs in the scope of the caller: `new DataSource(tenantTypeorm(tenantry, { entities
 * }))`. Its `initialize()` needs no scope and no server. Its transactions are parts of the scope. Throws ORM_OPTION on an option that leaks, such as
 * `cache`; queries outside of a scope fail with SCOPE_MISSING.
 */
export function tenantTypeorm<Options extends object>(
  tenantry: Tenantry,
  options: Options,
): Options & { readonly type: 'postgres'; readonly driver: object; readonly installExtensions: false } {
  refuseOptions('TypeORM', options, REFUSED)
  return { ...options, type: 'postgres', driver: typeormDriver(tenantPool(tenantry)), installExtensions: false }
}
