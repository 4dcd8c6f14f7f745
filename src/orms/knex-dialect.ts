import type { TenantPool } from '../pool/tenant-pool.js'

/** What a dialect of Knex has that its types do not tell. */
interface Dialect {
  readonly config: { readonly connection?: { readonly types?: unknown } }
  _query(connection: unknown, query: KnexQuery): Promise<unknown>
}

interface KnexQuery {
  options?: object
}

type DialectClass = new (...args: unknown[]) => Dialect

/**
 * A dialect whose connections are the caller's scope. Knex knows a dialect by its class: inside of a transaction it makes another object of it, which
 * would otherwise open a connection of its own.
 */
export function scopedDialect(base: unknown, pool: TenantPool): unknown {
  return class extends (base as DialectClass) {
    // Cancelling would open a connection beside the scope; Knex says so itself to whoever asks for it.
    get canCancelQuery(): boolean {
      return false
    }

    initializePool(): void {}

    acquireConnection(): Promise<unknown> {
      return pool.connect()
    }

    async releaseConnection(connection: { release(): void }): Promise<void> {
      connection.release()
    }

    /** MikroORM reads dates itself, by parsers that it would give to each connection. */
    override _query(connection: unknown, query: KnexQuery): Promise<unknown> {
      const types = this.config.connection?.types
      if (types !== undefined) query.options = { types, ...query.options }
      return super._query(connection, query)
    }
  }
}
