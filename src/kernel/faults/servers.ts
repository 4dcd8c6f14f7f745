import { row } from './row.js'

/** Configuration, and the way to servers. */
export const SERVER_FAULTS = {
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
  SECRET_SHORT: row(
    400,
    2,
    false,
    (f: { reference: string; least: number }) =>
      `the secret ${f.reference} has fewer than ${f.least} characters, and passwords of dedicated logins that are made of it could be guessed`,
    () =>
      'choose one by lot, as `openssl rand -base64 24` does, under another reference, and give the cluster that: `tenantry cluster rotate <cluster> --app-secret <reference>`',
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
} as const
