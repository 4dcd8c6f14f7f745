import type { KeyProvider } from './key-provider.js'

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
  /** What `tenantry migrate lint` says of your migrations; see docs/migration-lint.md. */
  readonly lint?: {
    /** The version of the last file that is taken as it is: those up to it are read for what they make, and not judged. Default: all are judged. */
    readonly since?: string
    /** Rules by name, with another severity than their own: `{ 'varchar-limit': 'off', 'drop-column': 'error' }`. */
    readonly rules?: Readonly<Record<string, 'off' | 'advice' | 'warning' | 'error'>>
  }
  /** `act` ends what breaks its limits, `tell` only logs what it would do, `off` does not look. Default `act`. */
  readonly watchdog?: 'act' | 'tell' | 'off'
  /** The HTTP API; see docs/api.md. */
  readonly api?: {
    /** How many proxies of yours stand in front of it, each adding to `X-Forwarded-For` whom it was asked by. Default 0: the header is not looked at. */
    readonly trustProxy?: number
  }
  /** How people sign in, and for how long; see docs/people.md. */
  readonly console?: {
    /**
     * The address that browsers know the console by, such as `https://tenantry.example`. With https its cookie travels by TLS alone. Default: whichever
     * address is asked.
     */
    readonly url?: string
    /** A session ends when it was not used for so long. Default `30min`. */
    readonly idle?: string
    /** A session ends so long after the sign-in, however much it is used. Default `12h`. */
    readonly absolute?: string
    /** For how long at most somebody may have another role by `breakglass open`. Default `4h`. */
    readonly breakGlass?: string
    /** Where people sign in besides, by OpenID Connect. Needs `url`. Default: nowhere. */
    readonly oidc?: {
      /** Such as `https://login.example`; its description is at `/.well-known/openid-configuration` below. */
      readonly issuer: string
      /** It sends browsers back to `/v1/session/oidc/callback` below `url`. */
      readonly clientId: string
      /** A reference. Default: none, which issuers call a public client. */
      readonly clientSecret?: string
      /** What it is asked for. Default `openid profile email`. */
      readonly scope?: string
      /** The claim of the ID token that says who may do what, a text or a list. Default `roles`. */
      readonly roleClaim?: string
      /** Its values, and the role that each gives: `{ 'tenantry-admins': 'fleet-admin' }`. The first that somebody has counts; whoever has none does not come in. */
      readonly roles: Readonly<Record<string, 'viewer' | 'operator' | 'fleet-admin' | 'security-auditor'>>
    }
  }
  /** What `tenantry serve` measures of your servers; see docs/metrics.md. */
  readonly collect?: {
    /** `off` looks at nothing, and keeps nothing. Default `on`. */
    readonly samples?: 'on' | 'off'
    /** Of so many of the largest tenants `/metrics` tells name and bytes. Default 0: no tenant is named there. */
    readonly topTenants?: number
  }
  /** Who is told of events over HTTP; see docs/webhooks.md. */
  readonly webhooks?: {
    /** A reference to 32 random bytes in hex or base64. The secrets of webhooks are derived from it; without it there are none. */
    readonly secret?: string
    /** Networks that webhooks may reach although they are not public, such as `['10.1.0.0/16']`; also without TLS. Default: none. */
    readonly allow?: readonly string[]
  }
  /** What a cluster may be burdened with before work over a whole fleet, such as migrations, waits for it; see docs/fleet.md. */
  readonly pace?: {
    /** How far a replica may be behind, or `off`. Default `10s`. */
    readonly replicaLag?: string
    /** WAL that the cluster may write in a second, whoever makes it, such as `64MB`, or `off`. Default `256MB`. */
    readonly walRate?: string
    /** How long a commit may take, or `off`. Default `1s`. */
    readonly commitLatency?: string
    /** Connections that may be in use, in percent of those that are not reserved. Default 90. */
    readonly connections?: number
  }
  /**
   * What becomes of values in clones of tenants, by table and column, such as `{ customer: { email: 'email', born: { shiftDays: 400 } } }`; see
   * docs/restoring.md. Default: nothing. A rule that fits no column makes a clone fail: a column that was renamed must not travel as it is.
   */
  readonly anonymise?: Readonly<Record<string, Readonly<Record<string, AnonymiseRule>>>>
  /** Where archives of tenants are kept, and the keys to them; see docs/stores.md. */
  readonly archives?: {
    /** Default `{ folder: 'archives' }`, beside this file. */
    readonly store?: StoreConfig
    /** Where every archive is kept a second time. Default: nowhere. */
    readonly copies?: readonly StoreConfig[]
    /** The keys of tenants, by which their archives are encrypted. Without it they are not. */
    readonly keys?: {
      /** What wraps the keys. */
      readonly provider: KeyProviderConfig
      /** What has wrapped them before; needed until they are wrapped anew. Default: nothing. */
      readonly former?: readonly KeyProviderConfig[]
      /** Where the wrapped keys are kept. Never where archives are: whoever can remove both there can have neither back. */
      readonly store: StoreConfig
      /** Where they are kept as well; a key is in all of these before it is used. Default: nowhere. */
      readonly copies?: readonly StoreConfig[]
    }
    /** Default `gzip`; `zstd` needs Node 22.15, also to read. */
    readonly compression?: 'gzip' | 'zstd' | 'none'
    /** A reference to the Ed25519 key, as PEM, that signs certificates of purges. Default: one of the key store. */
    readonly certificateKey?: string
  }
}

/** What becomes of a column's values in clones. What is null stays null. */
export type AnonymiseRule =
  /** Nothing; a keyed hash; a made-up address, name or number, the same for the same value. */
  | 'null'
  | 'hash'
  | 'email'
  | 'name'
  | 'phone'
  /** This for all. */
  | { readonly constant: string }
  /** All dates of a clone by the same number of days, which is drawn: at most so many, to and fro. */
  | { readonly shiftDays: number }

/** A place for archives or keys, in `tenantry.config.ts`. No two of them may be the same, or lie in each other. */
export type StoreConfig =
  | {
      /** Relative to `tenantry.config.ts`. It is made where only it itself is missing. */
      readonly folder: string
    }
  | {
      /** S3, or a server that speaks like it. Needs the package `@aws-sdk/client-s3`. */
      readonly s3: {
        readonly bucket: string
        /** Stands before the name of every object, such as `platform/archives`. Default: nothing. */
        readonly prefix?: string
        /** Default `us-east-1`. */
        readonly region?: string
        /** The address of a server that is not Amazon's, such as `https://s3.example.com`. */
        readonly endpoint?: string
        /** The bucket in the path instead of in the host name. Default: true with an endpoint. */
        readonly pathStyle?: boolean
        /** References. Without them the client looks where it always does: variables of the environment, profiles, the role of the machine. */
        readonly accessKey?: string
        readonly secretKey?: string
        readonly sessionToken?: string
      }
    }

/** What wraps keys, in `tenantry.config.ts`. */
export type KeyProviderConfig =
  | {
      /** References to master secrets of 32 random bytes in hex or base64. The first wraps, all unwrap. */
      readonly secrets: readonly string[]
    }
  | {
      readonly age: {
        /** Whoever has the identity of one of them can unwrap: `age1…`. */
        readonly recipients: readonly string[]
        /** A reference to an identity, as `age-keygen` writes it. Without it this process makes archives and cannot read them. */
        readonly identity?: string
      }
    }
  | {
      /** Vault, a KMS, or whatever you have. */
      readonly own: KeyProvider
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
  /** Connections at most of a tenant with a login of its own (assurance `dedicated`). Default 50. */
  readonly connections?: number
}

/** Types the default export of `tenantry.config.ts`. */
export const defineConfig = (config: TenantryConfig): TenantryConfig => config
