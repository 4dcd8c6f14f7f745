/** What `tenantry.config.ts` says. Every secret is a reference (`env:NAME` or `file:path`); the file itself can be committed. */
export interface TenantryConfig {
  readonly catalog: {
    /** A reference to the connection string of the server that holds the catalog, as an administrator. Default `env:DATABASE_URL`. */
    readonly url?: string
    /** The catalog's own database on that server; made by `tenantry init`. It never holds tenants. Default `tenantry_catalog`. */
    readonly database?: string
  }
  /**
   * The column that carries the tenant in every tenant table, say `tenant_id`. With it, tenants may share tables, and the same migrations serve all three
   * isolations. Without it, tenants live in schemas and databases of their own. It cannot be added later without touching every table.
   */
  readonly tenantColumn?: string
  /** The isolation of a tenant that is created without naming one. Default `shared` with a tenant column, `schema` without. */
  readonly isolation?: 'shared' | 'schema' | 'database'
  /** The folder of `tenant/` and `platform/` migrations, relative to this file. Default `migrations`. */
  readonly migrations?: string
  /**
   * Services of your own that are scopes like tenants, each with tables and migrations of its own: name → folder of its migrations, relative to this
   * file, such as `{ billing: 'services/billing' }`. `tenantry tenant create billing --service billing` makes one.
   */
  readonly services?: Readonly<Record<string, string>>
  /** The folder of seeds: the first rows of every new tenant, relative to this file. Default `seeds`, which then need not be there. */
  readonly seeds?: string
  /** Extensions that migrations use; installed into the schema `ext` of every tenant-bearing database. */
  readonly extensions?: readonly string[]
  /** Names of homes: `{id}` becomes 26 characters, `{number}` or `{number:4}` a running number. Never the tenant's name: catalogs can be read by all. */
  readonly naming?: {
    /** Default `t_{id}`. */
    readonly schema?: string
    /** Default `t_{id}`. */
    readonly database?: string
  }
  /** How hard the wall of databases is that are made from now on; see docs/assurance.md. On a cluster without a superuser all are `standard`. */
  readonly assurance?: {
    /** Of databases with shared tables. Default `strict`. */
    readonly shared?: 'standard' | 'strict'
    /** Of a home's own database. Default `dedicated`. */
    readonly database?: 'standard' | 'strict' | 'dedicated'
  }
  /** Columns of platform tables that no tenant may read, by table: `{ user_account: ['password_hash'] }`. Functions of the platform may. */
  readonly hidden?: Readonly<Record<string, readonly string[]>>
  /** Addresses of the name servers that `domain verify` asks, such as `['10.0.0.2:53']`. Default: those of the system. */
  readonly dns?: readonly string[]
  /**
   * Roles of your servers that are superusers, bypass row-level security or replicate, and are meant to: those of backups, replicas and operators, such as
   * `['replicator']`. The doctor tells of all others.
   */
  readonly trustedRoles?: readonly string[]
  /**
   * Hosts that may be reached without TLS, or without a certificate that is verified: `['db.internal', '*.vpn.example.com']`. For ways that are safe by
   * other means, such as a VPN or a network of containers; this machine needs no mention. Default: none. TENANTRY_UNVERIFIED_HOSTS names more.
   */
  readonly unverifiedHosts?: readonly string[]
  /** How long a worker's lease on an operation lasts without a sign of life, such as `15s`. Default `15s`. */
  readonly lease?: string
  /**
   * What tiers give their tenants, by name: `{ gold: { isolation: 'database', statementTimeout: '5min' } }`. Once there are any, a tenant has one of
   * these or none. Changes reach the tenants when `tenantry serve` starts, or by `tenantry tier apply`.
   */
  readonly tiers?: Readonly<Record<string, TierConfig>>
  /** Limits of tenants that have none of their own, nor of their tier; the watchdog sees to them. */
  readonly limits?: {
    /** How long a statement may run, whatever the application asks for. Default `15min`; what asks for nothing ends after 60 s by itself. */
    readonly statementTimeout?: string
    /** How long a transaction may wait for its application. Default `5min`; one that asks for nothing ends after 60 s by itself. */
    readonly idleTimeout?: string
    /** How long others may wait behind a tenant's lock on a shared table. Default `1s`. */
    readonly lockTimeout?: string
  }
  /** `act` ends what breaks its limits, `tell` only logs what it would do, `off` does not look. Default `act`. */
  readonly watchdog?: 'act' | 'tell' | 'off'
}

/** A tier, in `tenantry.config.ts`. What it does not say is as for tenants without a tier. */
export interface TierConfig {
  /** The isolation of a tenant that is created in this tier without naming one. */
  readonly isolation?: 'shared' | 'schema' | 'database'
  /** The least assurance of a database where its tenants may be placed. */
  readonly assurance?: 'standard' | 'strict' | 'dedicated'
  /** How long a statement may run, such as `30s`; a tenant may have another limit of its own. */
  readonly statementTimeout?: string
  /** How long a transaction may wait for its application. */
  readonly idleTimeout?: string
  /** How long others may wait behind a tenant's lock on a shared table. */
  readonly lockTimeout?: string
  /** Connections at most. */
  readonly connections?: number
}

/** Types the default export of `tenantry.config.ts`. */
export const defineConfig = (config: TenantryConfig): TenantryConfig => config
