import type { Scope } from '../client/scope.js'
import type { Tenantry } from '../client/tenantry.js'
import { poolFor, type TenantPool, type TenantPoolOptions } from '../pool/tenant-pool.js'

export interface TenantDialectOptions<Cursor> extends TenantPoolOptions {
  /** `pg-cursor`, for `stream()`. */
  readonly cursor?: Cursor
}

/**
 * The dialect of a Kysely that lives as long as the process: each query runs in the scope that is open where it is asked for, or in the one scope that is
 * given. `Dialect` is Kysely's own `PostgresDialect`, of whatever version the application has. Queries outside of every scope throw SCOPE_MISSING;
 * transactions become parts of the scope; `destroy()` ends Kysely and leaves the connections to the Tenantry.
 */
export function tenantDialect<Dialect, Cursor = undefined>(
  Dialect: new (config: { readonly pool: TenantPool; readonly cursor: Cursor }) => Dialect,
  of: Tenantry | Scope,
  { cursor, ...options }: TenantDialectOptions<Cursor> = {},
): Dialect {
  return new Dialect({ pool: poolFor(of, options), ...(cursor === undefined ? {} : { cursor }) } as { pool: TenantPool; cursor: Cursor })
}
