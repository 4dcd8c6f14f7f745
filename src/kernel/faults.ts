/**
 * Every typed error of Tenantry: one row each. `http` and `exit` are what the surfaces answer, `retry` whether the same call may succeed later,
 * `says` the cause in one line, `remedy` what to do next in one line. Callers and tests match codes, never prose. Codes are never renamed.
 */
export const FAULTS = {
  // tenants
  TENANT_NOT_FOUND: row(
    404,
    4,
    false,
    (f: { tenant: string }) => `no tenant "${f.tenant}"`,
    () => 'see `tenantry tenant list` for the tenants of this platform',
  ),
  TENANT_EXISTS: row(
    409,
    6,
    false,
    (f: { slug: string }) => `a tenant with the slug "${f.slug}" exists already`,
    (f) => `choose another slug; \`tenantry tenant show ${f.slug}\` says whose it is, or was`,
  ),
  TENANT_STATE: row(
    409,
    6,
    false,
    (f: { tenant: string; state: string; wanted: string }) => `tenant "${f.tenant}" is ${f.state}; this needs ${f.wanted}`,
    (f) => `see \`tenantry tenant show ${f.tenant}\``,
  ),
  TENANT_SUSPENDED: row(
    503,
    6,
    false,
    (f: { tenant: string; reason?: string }) => `tenant "${f.tenant}" is suspended${f.reason === undefined ? '' : `: ${f.reason}`}`,
    (f) => `an operator can take it back with \`tenantry tenant resume ${f.tenant}\``,
  ),
  TENANT_DELETED: row(
    410,
    4,
    false,
    (f: { tenant: string }) => `tenant "${f.tenant}" is deleted`,
    (f) => `until it is purged, \`tenantry tenant undelete ${f.tenant}\` takes it back`,
  ),
  TENANT_HELD: row(
    409,
    5,
    false,
    (f: { tenant: string; reason: string }) => `tenant "${f.tenant}" is held and must not be purged: ${f.reason}`,
    (f) => `whoever placed the hold can lift it with \`tenantry tenant unhold ${f.tenant}\``,
  ),
  TENANT_GRACE: row(
    409,
    5,
    false,
    (f: { tenant: string; until: string }) => `tenant "${f.tenant}" may be purged from ${f.until} on, and not before`,
    () => 'wait, or say --skip-grace',
  ),
  TENANT_DEPENDED: row(
    409,
    5,
    false,
    (f: { tenant: string; what: readonly string[] }) => `tenant "${f.tenant}" is needed from outside of its home: ${f.what.join('; ')}`,
    () => 'drop what depends on it, then purge again',
  ),
  ADOPTION_REFUSED: row(
    422,
    5,
    false,
    (f: { what: string; findings: readonly string[] }) => `${f.what} cannot be adopted as it is: ${f.findings.join('; ')}`,
    () => 'nothing has been changed; correct what is named, and look again with --dry-run',
  ),
  ATTACK_BREACHED: row(
    409,
    1,
    false,
    (f: { breaches: number; which: readonly string[] }) => `${f.breaches} attacks came through: ${f.which.join('; ')}`,
    () => 'upgrade PostgreSQL and Tenantry, run `tenantry doctor`, then attack again; until then keep untrusted SQL away from this cluster',
  ),
  TENANT_READ_ONLY: row(
    503,
    6,
    false,
    (f: { tenant: string }) => `tenant "${f.tenant}" is suspended for writing; only read-only scopes are let in`,
    () => 'open the scope with { readOnly: true }, or have the tenant resumed',
  ),
  TENANT_MOVED: row(
    503,
    6,
    true,
    (f: { tenant: string }) => `tenant "${f.tenant}" has moved, and the catalog does not yet say where to`,
    () => 'try again in a moment',
  ),
  TENANT_BUSY: row(
    503,
    6,
    true,
    (f: { tenant: string; waitedMs: number }) => `tenant "${f.tenant}" is being changed; gave up after waiting ${f.waitedMs} ms`,
    () => 'try again in a moment; `tenantry operation list` shows what is running',
  ),
  TENANT_RENAMED: row(
    409,
    6,
    false,
    (f: { tenant: string; slug: string }) => `"${f.tenant}" is no longer the slug of a tenant, which is now called "${f.slug}"`,
    (f) => `use its id, or the slug ${f.slug}`,
  ),
  FORMER_SLUG_NOT_FOUND: row(
    404,
    4,
    false,
    (f: { tenant: string; slug: string }) => `"${f.slug}" is no former slug of tenant "${f.tenant}"`,
    (f) => `see \`tenantry tenant show ${f.tenant}\``,
  ),
  DOMAIN_INVALID: row(
    400,
    2,
    false,
    (f: { domain: string }) => `"${f.domain}" is not a host name that a customer can have`,
    () => 'give a full name such as shop.example.com, without scheme, port, path or wildcard',
  ),
  DOMAIN_TAKEN: row(
    409,
    6,
    false,
    (f: { domain: string }) => `the domain ${f.domain} belongs to a tenant already`,
    (f) => `\`tenantry domain show ${f.domain}\` says to which; remove it there first`,
  ),
  DOMAIN_NOT_FOUND: row(
    404,
    4,
    false,
    (f: { domain: string }) => `no domain ${f.domain} here`,
    () => 'add it with `tenantry domain add TENANT DOMAIN`; `tenantry tenant show TENANT` lists those of a tenant',
  ),
  DOMAIN_UNVERIFIED: row(
    409,
    6,
    false,
    (f: { record: string; found: string }) => `${f.record} does not hold the token: ${f.found}`,
    (f) => `publish the TXT record ${f.record} that \`tenantry domain add\` has named; resolvers may remember its absence for a while`,
  ),
  DNS_UNREACHABLE: row(
    502,
    7,
    true,
    (f: { record: string; reason: string }) => `DNS gave no answer about ${f.record}: ${f.reason}`,
    () => 'try again; if it stays so, check the name servers of the domain, and `dns` in the configuration',
  ),
  TENANT_MISSING: row(
    400,
    2,
    false,
    () => 'no tenant was named',
    () => 'name the tenant by its id or slug: tenantry.tenant(idOrSlug)',
  ),
  SLUG_INVALID: row(
    400,
    2,
    false,
    (f: { slug: string }) => `"${f.slug}" is neither a tenant id nor a valid slug`,
    () => 'a slug has 2 to 39 characters: a letter, then letters, digits and hyphens in lower case, not ending in a hyphen',
  ),
  ID_INVALID: row(
    400,
    2,
    false,
    (f: { noun: string; id: string }) => `"${f.id}" is not the id of a ${f.noun}`,
    () => 'ids are UUIDs in lower case',
  ),

  // scopes
  SCHEMA_VERSION: row(
    503,
    6,
    true,
    (f: { tenant: string }) => `the schema of tenant "${f.tenant}" changed while its scope was being opened`,
    () => 'try again in a moment',
  ),
  ENTER_VERSION: row(
    503,
    6,
    false,
    (f: { tenant: string }) =>
      `the database of tenant "${f.tenant}" does not know the way in that this client takes (enter_v1 or enter_v2)`,
    () =>
      'run `tenantry platform upgrade` with the Tenantry version of the application, or install that of the platform in the application',
  ),
  ASSURANCE_UNAVAILABLE: row(
    409,
    5,
    false,
    (f: { assurance: string; place: string; reason: string }) => `${f.place} cannot have the assurance ${f.assurance}: ${f.reason}`,
    () => 'docs/assurance.md says what each assurance needs',
  ),
  TOKEN_REFUSED: row(
    503,
    6,
    false,
    (f: { tenant: string; reason: string }) => `the database of tenant "${f.tenant}" refused the token that enters it: ${f.reason}`,
    () => 'run `tenantry doctor run`, which compares the keys of the catalog with those of its databases',
  ),
  WRONG_DATABASE: row(
    500,
    1,
    false,
    (f: { tenant: string }) => `the database that answered is not the one that the catalog names for tenant "${f.tenant}"`,
    () => 'check the address of the cluster and of its pooler with `tenantry cluster show`',
  ),
  SCOPE_CLOSED: row(
    500,
    1,
    false,
    (f: { tenant: string }) => `the scope of tenant "${f.tenant}" has ended`,
    () => 'do not let a transaction handle outlive its callback',
  ),
  SCOPE_NESTED: row(
    500,
    1,
    false,
    (f: { tenant: string }) => `a nested transaction of tenant "${f.tenant}" is still open`,
    () => 'await it first, and inside of it use the handle that its callback is given',
  ),
  SCOPE_ESCAPED: row(
    500,
    1,
    false,
    (f: { tenant: string }) => `a statement ended the transaction of tenant "${f.tenant}"; its connection was destroyed`,
    () => 'leave BEGIN, COMMIT and ROLLBACK to the scope',
  ),
  SCOPE_ABORTED: row(
    500,
    1,
    false,
    (f: { tenant: string }) =>
      `the scope of tenant "${f.tenant}" was rolled back, because a statement in it failed and the error was swallowed`,
    () => 'let the error reach the scope, or use a nested transaction for what may fail',
  ),
  STATEMENT_REFUSED: row(
    400,
    2,
    false,
    (f: { statement: string }) => `a scope does not run statements that begin with "${f.statement}"`,
    () => 'a scope runs select, insert, update, delete, merge, with, values and table; use copyFrom, copyTo and explain for those',
  ),
  STATEMENT_INVALID: row(
    500,
    1,
    false,
    () => 'a statement must be written with the sql`…` tag',
    () => "import { sql } from 'tenantry' and write sql`select …`",
  ),
  SCOPE_CANCELLED: row(
    503,
    1,
    false,
    (f: { tenant: string }) => `the statement of tenant "${f.tenant}" was cancelled; nothing of it is kept`,
    () => 'run it again if it was not meant',
  ),
  SQL_FAILED: row(
    422,
    1,
    false,
    (f: {
      sqlstate: string
      message: string
      detail?: string
      hint?: string
      line?: number
      column?: number
      /** The line with a caret under the place. */
      shows?: readonly string[]
    }) =>
      `${f.message} (SQLSTATE ${f.sqlstate}${f.line === undefined ? '' : `, line ${f.line}, column ${f.column}`})${f.detail === undefined ? '' : `; ${f.detail}`}`,
    (f) => (f.hint === undefined ? 'correct the statement; nothing of it is kept' : String(f.hint)),
  ),
  SQL_READ_ONLY: row(
    409,
    5,
    false,
    (f: { tenant: string; message: string }) => `${f.message}: this scope of tenant "${f.tenant}" only reads`,
    () => 'repeat it with --write (over HTTP "write": true, as a fleet-admin) when data is meant to be changed',
  ),
  SQL_TIMEOUT: row(
    504,
    1,
    false,
    (f: { tenant: string; seconds: number }) =>
      `the statement of tenant "${f.tenant}" took longer than ${f.seconds} s and was cancelled; nothing of it is kept`,
    () => 'make it cheaper, or give it more seconds with --timeout',
  ),
  SQL_UNFINISHED: row(
    422,
    5,
    false,
    (f: { limit: number }) =>
      `the statement answers more than ${f.limit} rows; with --write it would be cut off in the middle of its work, so nothing of it is kept`,
    () => 'raise --limit above the number of its rows, or leave --write away when it only reads',
  ),
  ROW_COUNT: row(
    500,
    1,
    false,
    (f: { wanted: string; got: number }) => `expected ${f.wanted}, got ${f.got} rows`,
    () => 'use rows() when any number is fine',
  ),

  // configuration, servers
  INPUT_INVALID: row(
    400,
    2,
    false,
    (f: { issues: readonly string[] }) => f.issues.join('; '),
    () => 'correct the input; `--help` and /openapi.json describe it',
  ),
  CONFIG_MISSING: row(
    400,
    2,
    false,
    (f: { path: string }) => `no configuration: ${f.path} does not exist`,
    () => 'run `tenantry init` here, or name the file with --config',
  ),
  CONFIG_INVALID: row(
    400,
    2,
    false,
    (f: { path: string; issues: readonly string[] }) => `${f.path}: ${f.issues.join('; ')}`,
    () => 'correct the file; every field is described by the types of defineConfig',
  ),
  SECRET_MISSING: row(
    400,
    2,
    false,
    (f: { reference: string; reason?: string }) =>
      `the secret ${f.reference} cannot be read${f.reason === undefined ? '' : `: ${f.reason}`}`,
    () =>
      'env:NAME is a variable of the environment, or of the .env beside the configuration; file:PATH a file that only its owner may use (chmod 600)',
  ),
  PLATFORM_MISSING: row(
    400,
    2,
    false,
    (f: { database: string }) => `the database "${f.database}" has no catalog`,
    () => 'run `tenantry init` to create it',
  ),
  CATALOG_BEHIND: row(
    409,
    6,
    false,
    (f: { found: number; missing: readonly string[] }) =>
      `the catalog is at version ${f.found} and lacks ${f.missing.join(', ')}, which this Tenantry needs`,
    () => 'run `tenantry platform upgrade`; applications go on meanwhile',
  ),
  VERSION_SKEW: row(
    409,
    6,
    false,
    (f: { where: string; found: number; known: number }) =>
      `${f.where} is at version ${f.found}, raised by a newer Tenantry; this one knows ${f.known}`,
    () => 'install the newer Tenantry here as well; reading commands and applications go on meanwhile',
  ),
  DATABASE_BEHIND: row(
    409,
    6,
    false,
    (f: { lacks: string }) => `a database lacks what this Tenantry needs: ${f.lacks}`,
    () => '`tenantry platform status` says which is behind; raise it with `tenantry platform upgrade`, then try again',
  ),
  INSTALLATION_CHANGED: row(
    409,
    6,
    false,
    (f: { file: string; where: string }) => `${f.file} of this installation is not the file that was applied to ${f.where}`,
    () => 'install Tenantry from its package again: its SQL files are never edited',
  ),
  PLATFORM_BUSY: row(
    503,
    6,
    true,
    (f: { where: string; waitedMs: number }) => `${f.where} is in use and could not be raised; gave up after ${f.waitedMs} ms`,
    () => 'run `tenantry platform upgrade` again when no long transaction is open there; nothing of it was changed',
  ),
  SERVER_UNREACHABLE: row(
    502,
    7,
    true,
    (f: { server: string; reason: string }) => `cannot reach PostgreSQL at ${f.server}: ${f.reason}`,
    () => 'check that the server runs and that the address is right',
  ),
  CATALOG_UNREACHABLE: row(
    503,
    7,
    true,
    (f: { server: string; reason: string; tenant?: string; stale?: boolean }) => {
      const which = f.server === '' ? 'the catalog' : `the catalog at ${f.server}`
      if (f.tenant === undefined) return `${which} cannot be reached: ${f.reason}`
      const known = f.stale === true ? `what is known of tenant "${f.tenant}" is out of date` : `tenant "${f.tenant}" is not known here yet`
      return `${known}, and ${which} cannot be reached: ${f.reason}`
    },
    () =>
      'try again in a moment; meanwhile applications go on with the tenants that they know; `tenantry catalog rebuild` restores a catalog that is lost',
  ),
  CATALOG_OCCUPIED: row(
    409,
    5,
    false,
    (f: { database: string; what: string }) => `the catalog "${f.database}" is not empty: it has ${f.what}`,
    () => 'only an empty or a missing catalog is rebuilt; name another database in the configuration, or move this one out of the way',
  ),
  CONNECTION_LOST: row(
    502,
    7,
    false,
    (f: { server: string; reason: string }) => `the connection to PostgreSQL at ${f.server} was lost under a statement: ${f.reason}`,
    () =>
      'what was not committed is rolled back; whether a commit, or a statement of its own, arrived must be looked up before it is sent again',
  ),
  TLS_REQUIRED: row(
    422,
    2,
    false,
    (f: { what: string; server: string; sslmode: string }) =>
      `${f.what} leads to ${f.server} with sslmode=${f.sslmode}, so that nobody knows who answers there`,
    () =>
      'write sslmode=verify-full, with sslrootcert=FILE for an authority of your own; where the way is safe by other means, name the host in TENANTRY_UNVERIFIED_HOSTS',
  ),
  TLS_NOT_OFFERED: row(
    502,
    7,
    false,
    (f: { server: string }) => `what answers at ${f.server} does not offer TLS, and sslmode asks for it`,
    () => 'set `ssl = on` there (`tenantry cluster config` writes it), or see that it is the right server',
  ),
  CERTIFICATE_EXPIRED: row(
    502,
    7,
    false,
    (f: { server: string; reason: string }) => `what answers at ${f.server} is not believed: ${f.reason}`,
    () => 'renew it on the server and reload the server; a clock that is wrong here looks the same',
  ),
  CERTIFICATE_UNTRUSTED: row(
    502,
    7,
    false,
    (f: { server: string; reason: string }) => `what answers at ${f.server} is not believed: ${f.reason}`,
    () =>
      'name the file of its authority: sslrootcert=FILE in the connection string, PGSSLROOTCERT, or --app-ca of the cluster for applications',
  ),
  CERTIFICATE_NAME: row(
    502,
    7,
    false,
    (f: { server: string; names: string }) => `what answers at ${f.server} is not believed: its certificate is for ${f.names}`,
    () =>
      'connect by a name that it is for, or give the server a certificate for this one; if neither is wrong, somebody else has answered',
  ),
  TLS_REFUSED: row(
    502,
    7,
    false,
    (f: { server: string; reason: string }) => `no TLS with PostgreSQL at ${f.server}: ${f.reason}`,
    () => 'see the log of the server; `tenantry cluster config` writes what it needs for TLS',
  ),
  LOGIN_REFUSED: row(
    502,
    7,
    false,
    (f: { server: string; reason: string }) => `PostgreSQL at ${f.server} refused the login: ${f.reason}`,
    () => 'check user, password, database and pg_hba.conf',
  ),
  DATABASE_MISSING: row(
    502,
    7,
    false,
    (f: { server: string; reason: string }) => `PostgreSQL at ${f.server}: ${f.reason}`,
    () => 'name a database that exists, or create it',
  ),
  VERSION_UNSAFE: row(
    422,
    5,
    false,
    (f: { server: string; version: string; safe: string; holes: string }) =>
      `PostgreSQL ${f.version} at ${f.server} has published holes; ${f.holes}`,
    (f) => `upgrade it to ${f.safe} or later, or take it as it is with --allow-unsafe-version`,
  ),
  VERSION_UNSUPPORTED: row(
    422,
    5,
    false,
    (f: { server: string; version: string }) => `PostgreSQL ${f.version} at ${f.server} is not supported`,
    () => 'Tenantry runs on PostgreSQL 15 to 18',
  ),
  ONE_DATABASE: row(
    409,
    5,
    false,
    (f: { database: string }) => `the database "${f.database}" holds the catalog and cannot hold tenants as well`,
    () => 'name another database with --database; Tenantry creates it',
  ),
  PRIVILEGE_MISSING: row(
    403,
    5,
    false,
    (f: { server: string; what: string }) => `the login at ${f.server} may not ${f.what}`,
    () => 'use a superuser, or a role with CREATEROLE and CREATEDB',
  ),
  DATABASE_OCCUPIED: row(
    409,
    5,
    false,
    (f: { database: string; what: string }) => `the database "${f.database}" exists and ${f.what}`,
    () => 'name a database that does not exist yet with --database; Tenantry creates it',
  ),

  // clusters
  DATABASE_UNKNOWN: row(
    404,
    4,
    false,
    (f: { cluster: string; database: string }) => `cluster "${f.cluster}" has no database "${f.database}" with tenants`,
    () => '`tenantry assurance show` lists them',
  ),
  SIGNING_KEYS: row(
    409,
    5,
    false,
    (f: { place: string; state: string; wanted: string }) => `${f.place} ${f.state}; this needs ${f.wanted}`,
    () => '`tenantry assurance show` shows how many keys a database believes, and since when',
  ),
  DATABASE_BUSY: row(
    409,
    6,
    true,
    (f: { database: string; doing: string }) => `another operation is at work on the database ${f.database}: ${f.doing}`,
    () => 'wait for it; `tenantry operation list` shows how far it is',
  ),
  CLUSTER_NOT_FOUND: row(
    404,
    4,
    false,
    (f: { cluster: string }) => `no cluster "${f.cluster}"`,
    () => 'add one with `tenantry cluster add NAME`',
  ),
  CLUSTER_EXISTS: row(
    409,
    6,
    false,
    (f: { cluster: string }) => `a cluster "${f.cluster}" exists already`,
    () => 'see `tenantry cluster list`',
  ),
  CLUSTER_UNHARDENED: row(
    409,
    5,
    false,
    (f: { cluster: string }) => `cluster "${f.cluster}" is registered as unhardened; shared homes are refused there`,
    () => 'add the cluster with a superuser login, or use --isolation schema or database',
  ),
  STOCK_FULL: row(
    409,
    6,
    false,
    (f: { cluster: string; isolation: string; target: number }) =>
      `cluster "${f.cluster}" has its ${f.target} warm tenants of isolation ${f.isolation}`,
    () => 'raise the target with `tenantry stock fill N`',
  ),
  STOCK_KEPT: row(
    409,
    6,
    false,
    (f: { cluster: string; isolation: string; target: number }) =>
      `cluster "${f.cluster}" has no more than its ${f.target} warm tenants of isolation ${f.isolation}`,
    () => 'lower the target with `tenantry stock fill N`',
  ),
  CLUSTER_NEEDED: row(
    409,
    5,
    false,
    () => 'this platform has no cluster yet',
    () => 'add one with `tenantry cluster add NAME`',
  ),
  CLUSTER_DRAINING: row(
    409,
    5,
    false,
    (f: { cluster: string }) => `cluster "${f.cluster}" is draining and takes no new tenants`,
    (f) => `name another with --cluster, add one, or take it back with \`tenantry cluster undrain ${f.cluster}\``,
  ),
  CLUSTER_BUSY: row(
    503,
    6,
    true,
    (f: { cluster: string; doing: string }) => `cluster "${f.cluster}" is being changed (${f.doing})`,
    () => 'try again in a moment; `tenantry operation list` shows what is running',
  ),
  CLUSTER_OCCUPIED: row(
    409,
    6,
    false,
    (f: {
      cluster: string
      tenants: number
      /** The isolation of warm ones among them. */
      warm?: string
    }) =>
      `cluster "${f.cluster}" holds ${f.tenants} tenant${f.tenants === 1 ? '' : 's'}${f.warm === undefined ? '' : ', warm ones among them'}`,
    (f) =>
      f.warm === undefined
        ? `\`tenantry tenant list --cluster ${f.cluster}\` shows them; \`tenantry cluster drain ${f.cluster}\` keeps new ones away until the last has left`
        : `take the warm ones away with \`tenantry stock fill 0 --cluster ${f.cluster} --isolation ${f.warm}\`; \`tenantry tenant list --cluster ${f.cluster}\` shows the others`,
  ),
  CLUSTER_STATE: row(
    409,
    6,
    false,
    (f: { cluster: string; state: string; wanted: string }) => `cluster "${f.cluster}" ${f.state}; this needs ${f.wanted}`,
    (f) => `see \`tenantry cluster show ${f.cluster}\``,
  ),
  LOGIN_IN_USE: row(
    409,
    6,
    true,
    (f: { cluster: string; login: string; by: string }) => `the login ${f.login} of cluster "${f.cluster}" is still used: ${f.by}`,
    () => 'wait until they have let go of it, or restart them, then try again',
  ),
  ISOLATION_UNAVAILABLE: row(
    409,
    5,
    false,
    (f: { isolation: string; reason: string }) => `isolation "${f.isolation}" is not possible here: ${f.reason}`,
    () => 'choose another --isolation',
  ),

  // migrations
  MIGRATION_INVALID: row(
    422,
    2,
    false,
    (f: { file: string; reason: string }) => `${f.file}: ${f.reason}`,
    () => 'correct the file; nothing was applied',
  ),
  MIGRATION_REFUSED: row(
    422,
    5,
    false,
    (f: { file: string; home: string; findings: readonly string[] }) => `${f.file} in ${f.home}: ${f.findings.join('; ')}`,
    () => 'correct the file; its transaction was rolled back',
  ),
  MIGRATION_CHANGED: row(
    409,
    6,
    false,
    (f: { file: string; home: string }) => `${f.file} was edited after it had been applied to ${f.home}`,
    () => 'put the file back as it was and write a new migration',
  ),
  MIGRATION_FAILED: row(
    500,
    1,
    false,
    (f: { file: string; home: string; reason: string; line?: number }) =>
      `${f.file}${f.line === undefined ? '' : `:${f.line}`} in ${f.home}: ${f.reason}`,
    () => 'the home is as it was before this file; correct it and run `tenantry migrate up` again',
  ),
  SERVICE_UNKNOWN: row(
    404,
    4,
    false,
    (f: { service: string; known: readonly string[] }) =>
      `the configuration names no service "${f.service}"${f.known.length === 0 ? '' : `, but ${f.known.join(', ')}`}`,
    () => 'name it under `services` in tenantry.config.ts, with the folder of its migrations',
  ),
  SEED_INVALID: row(
    422,
    2,
    false,
    (f: { file: string; reason: string }) => `the seed ${f.file}: ${f.reason}`,
    () => 'correct the file; docs/seeds.md says what a seed may do',
  ),
  SEED_FAILED: row(
    500,
    1,
    false,
    (f: { file: string; tenant: string; reason: string; sqlstate?: string; line?: number }) =>
      `the seed ${f.file}${f.line === undefined ? '' : `:${f.line}`} for tenant ${f.tenant}: ${f.reason}${f.sqlstate === undefined ? '' : ` (SQLSTATE ${f.sqlstate})`}`,
    () => 'the tenant was not made; correct the file and create it again',
  ),
  SEED_CHANGED: row(
    409,
    6,
    false,
    (f: { file: string; tenant: string }) => `the seed ${f.file} was edited after tenant ${f.tenant} had had it`,
    () => 'the tenant was not made; create it again',
  ),
  FLEET_PARTIAL: row(
    500,
    3,
    true,
    (f: { operation: string; failed: number; total: number; first: string; what?: string }) =>
      `${f.failed} of ${f.total} ${f.what ?? 'homes'} failed; the first: ${f.first}`,
    (f) => `\`tenantry operation show ${f.operation}\` lists them; correct the cause, then \`tenantry operation retry ${f.operation}\``,
  ),

  // operations
  OPERATION_NOT_FOUND: row(
    404,
    4,
    false,
    (f: { operation: string }) => `no operation "${f.operation}"`,
    () => 'see `tenantry operation list`',
  ),
  OPERATION_STATE: row(
    409,
    6,
    false,
    (f: { operation: string; state: string; wanted: string }) => `operation ${f.operation} is ${f.state}; this needs ${f.wanted}`,
    (f) => `see \`tenantry operation show ${f.operation}\``,
  ),
  OPERATION_CANCELLED: row(
    409,
    6,
    false,
    (f: { operation: string }) => `operation ${f.operation} was cancelled and rolled back`,
    () => 'start it anew if it was not meant',
  ),
  OPERATION_FAILED: row(
    500,
    1,
    false,
    (f: { operation: string; reason: string }) => `operation ${f.operation} failed: ${f.reason}`,
    (f) => `see \`tenantry operation show ${f.operation}\``,
  ),
  DISK_FULL: row(
    503,
    1,
    false,
    (f: { reason: string; operation?: string }) =>
      `a PostgreSQL server has no room left on its disk${f.operation === undefined ? '' : ` for operation ${f.operation}`}: ${f.reason}`,
    () => 'make room where that file is; what was not taken back yet, a worker takes back or finishes then; start what failed anew',
  ),
  OPERATION_LOST: row(
    503,
    6,
    true,
    (f: { operation: string }) => `another worker has taken over operation ${f.operation}`,
    (f) => `follow it with \`tenantry operation watch ${f.operation}\``,
  ),
  OPERATION_INPUT: row(
    422,
    2,
    false,
    (f: { operation: string }) => `unknown operation "${f.operation}"`,
    () => 'see `tenantry --help`',
  ),
  CONFIRMATION_NEEDED: row(
    409,
    5,
    false,
    (f: { what: string }) => `this needs a confirmation: ${f.what}`,
    () => 'repeat it with --yes when that is what you want',
  ),
  IDEMPOTENCY_MISMATCH: row(
    422,
    6,
    false,
    () => 'this Idempotency-Key was used before with another request',
    () => 'use a new key for a new request',
  ),

  // the API
  KEY_MISSING: row(
    401,
    5,
    false,
    () => 'no API key',
    () => 'send the header Authorization: Bearer tny_…; `tenantry key create` makes a key',
  ),
  KEY_INVALID: row(
    401,
    5,
    false,
    () => 'the API key is unknown, revoked or expired',
    () => 'make a new one with `tenantry key create`',
  ),
  KEY_FORBIDDEN: row(
    403,
    5,
    false,
    (f: { role: string; operation: string }) => `a key with the role ${f.role} may not ${f.operation}`,
    () => 'use a key whose role allows it',
  ),
  KEY_NOT_FOUND: row(
    404,
    4,
    false,
    (f: { key: string }) => `no API key "${f.key}"`,
    () => 'see `tenantry key list`',
  ),
  ROUTE_NOT_FOUND: row(
    404,
    4,
    false,
    (f: { method: string; path: string }) => `no route ${f.method} ${f.path}`,
    () => 'see /openapi.json',
  ),
  METHOD_NOT_ALLOWED: row(
    405,
    2,
    false,
    (f: { method: string; path: string }) => `${f.path} has no method ${f.method}`,
    () => 'see /openapi.json',
  ),
  BODY_TOO_LARGE: row(
    413,
    2,
    false,
    (f: { limit: number }) => `the body is larger than ${f.limit} bytes`,
    () => 'send less',
  ),
  BODY_INVALID: row(
    400,
    2,
    false,
    (f: { reason: string }) => `the body is not valid JSON: ${f.reason}`,
    () => 'send one JSON object',
  ),
  MEDIA_TYPE: row(
    415,
    2,
    false,
    (f: { type: string }) => `the media type "${f.type}" is not understood`,
    () => 'send application/json',
  ),
  REQUEST_INVALID: row(
    400,
    2,
    false,
    (f: { reason: string }) => `this is not a request that can be understood: ${f.reason}`,
    () => 'send HTTP/1.1 with one Host header; see /openapi.json for what there is',
  ),
  HEADERS_TOO_LARGE: row(
    431,
    2,
    false,
    (f: { limit: number }) => `the headers, or the address, are larger than ${f.limit} bytes`,
    () => 'send less; long input belongs into the body',
  ),
  REQUEST_TIMEOUT: row(
    408,
    7,
    true,
    () => 'the request did not come in time',
    () => 'send it at once, over a connection that is fast enough',
  ),
  EXPECTATION_UNKNOWN: row(
    417,
    2,
    false,
    () => 'the expectation in the header Expect is not known',
    () => 'leave Expect away, or send Expect: 100-continue',
  ),
  // other people's programs
  PROGRAM_MISSING: row(
    500,
    1,
    false,
    (f: { program: string; places: readonly string[] }) => `${f.program} is not installed; looked in ${f.places.join(', ')}`,
    () => 'install the packages of this project again, or the package of your system that holds it',
  ),
  PROGRAM_FAILED: row(
    500,
    1,
    false,
    (f: { program: string; reason: string }) => `${f.program} failed: ${f.reason}`,
    () => 'correct the cause and run it again',
  ),
  PROGRAM_TIMEOUT: row(
    500,
    1,
    true,
    (f: { program: string; timeoutMs: number }) => `${f.program} did not finish within ${f.timeoutMs} ms and was killed`,
    () => 'look at the load of the machine and at its disks, then try again',
  ),
  DATA_DIRECTORY_IN_USE: row(
    500,
    6,
    false,
    (f: { directory: string; pid: number }) => `another PostgreSQL (process ${f.pid}) runs on ${f.directory}`,
    (f) => `stop it first, for instance with: kill -INT ${f.pid}`,
  ),
  FOLDER_UNUSABLE: row(
    500,
    1,
    false,
    (f: { folder: string; reason: string }) => `the folder ${f.folder} cannot be used: ${f.reason}`,
    () => 'make it writable, or use a checkout in another place',
  ),
  PORT_UNAVAILABLE: row(
    500,
    1,
    true,
    (f: { tried: number }) => `no free port on 127.0.0.1 after ${f.tried} attempts`,
    () => 'stop some servers, or name a free port',
  ),
  SETTING_INVALID: row(
    400,
    2,
    false,
    (f: { setting: string; reason: string }) => `${f.setting}: ${f.reason}`,
    () => 'correct the setting',
  ),
  INTERNAL: row(
    500,
    1,
    false,
    () => 'something went wrong inside Tenantry',
    () => 'the log has the details; please report it',
  ),
} as const

interface Kind<Facts> {
  readonly http: number
  readonly exit: number
  readonly retry: boolean
  readonly says: (facts: Facts) => string
  readonly remedy: (facts: Facts) => string
}

function row<Facts>(
  http: number,
  exit: number,
  retry: boolean,
  says: (facts: Facts) => string,
  remedy: (facts: NoInfer<Facts>) => string,
): Kind<Facts> {
  return { http, exit, retry, says, remedy }
}

export type FaultCode = keyof typeof FAULTS
export type FactsOf<Code extends FaultCode> = Parameters<(typeof FAULTS)[Code]['says']>[0]

/** A typed error: its code is stable, its facts are data, its message says the cause; `remedy` says what to do next. */
export class Fault extends Error {
  override readonly name = 'Fault'
  constructor(
    readonly code: FaultCode,
    readonly facts: Readonly<Record<string, unknown>>,
    options?: ErrorOptions,
  ) {
    super(kindOf(code).says(facts as never), options)
  }
  /** The fault's row in FAULTS. */
  get kind(): Kind<never> {
    return kindOf(this.code)
  }
  get remedy(): string {
    return kindOf(this.code).remedy(this.facts as never)
  }
}

const kindOf = (code: FaultCode): Kind<never> => FAULTS[code] as Kind<never>

type FaultArguments<Code extends FaultCode> =
  unknown extends FactsOf<Code>
    ? [facts?: Readonly<Record<string, never>>, options?: ErrorOptions]
    : [facts: FactsOf<Code>, options?: ErrorOptions]

/** Makes a fault; the facts are those of the code's row, or it does not compile. */
export function fault<Code extends FaultCode>(code: Code, ...[facts, options]: FaultArguments<Code>): Fault {
  return new Fault(code, (facts ?? {}) as Record<string, unknown>, options)
}

/** Is the error a fault, and (when codes are given) one of these? */
export function isFault(error: unknown, ...codes: readonly FaultCode[]): error is Fault {
  return error instanceof Fault && (codes.length === 0 || codes.includes(error.code))
}

/** A fault that was stored as data, made whole again. An unknown code (from a newer version) becomes OPERATION_FAILED. */
export function faultFromData(
  data: { readonly code: string; readonly facts: Readonly<Record<string, unknown>> },
  operation: string,
): Fault {
  return Object.hasOwn(FAULTS, data.code)
    ? new Fault(data.code as FaultCode, data.facts)
    : fault('OPERATION_FAILED', { operation, reason: data.code })
}
