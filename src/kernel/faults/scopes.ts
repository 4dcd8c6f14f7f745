import { row } from './row.js'

/** Scopes, and the statements in them. */
export const SCOPE_FAULTS = {
  SCHEMA_BEHIND: row(
    503,
    6,
    true,
    (f: { tenant: string; version: string; from: string; waitedMs?: number; taken?: boolean }) =>
      `the home of tenant "${f.tenant}" is at ${f.version === '' ? 'the beginning' : f.version}, and this application needs ${f.from} or newer${
        f.waitedMs === undefined
          ? ''
          : `; its migration was asked for, and ${f.taken === true ? 'has not ended' : 'no worker has taken it up'} within ${f.waitedMs} ms`
      }`,
    (f) =>
      f.taken === false
        ? 'start a worker (`tenantry serve`) that has the files which were offered'
        : 'try again after `tenantry migrate up`; docs/rolling-deploys.md says in which order to deploy',
  ),
  SCHEMA_AHEAD: row(
    503,
    6,
    false,
    (f: { tenant: string; version: string; to: string }) =>
      `the home of tenant "${f.tenant}" is at ${f.version}, and this application accepts ${f.to} at most`,
    () => 'deploy the release that knows the newer schema; docs/rolling-deploys.md says in which order',
  ),
  SCHEMA_STUCK: row(
    503,
    6,
    false,
    (f: { tenant: string; version: string; from: string; reason: string }) =>
      `the home of tenant "${f.tenant}" is at ${f.version === '' ? 'the beginning' : f.version}, this application needs ${f.from} or newer, and its migration was refused: ${f.reason}`,
    (f) => `correct what the reason says, then \`tenantry migrate home ${f.tenant}\`, or \`tenantry migrate up\``,
  ),
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
  SCOPE_MISSING: row(
    500,
    1,
    false,
    () => 'no scope of a tenant is open here',
    () =>
      'call this inside of tenantry.tenant(…).transaction(…), and await it there; a callback that loses its async context needs poolOf(scope) or AsyncResource.bind',
  ),
  SCOPE_FOREIGN: row(
    500,
    1,
    false,
    (f: { open: string; wanted: string }) => `a scope of tenant "${f.wanted}" was opened inside of a scope of tenant "${f.open}"`,
    () => 'end the first scope before: let its callback return what the second one needs',
  ),
  SCOPE_OPTIONS: row(
    500,
    1,
    false,
    (f: { tenant: string; option: string; open: string; wanted: string }) =>
      `the scope of tenant "${f.tenant}" was opened with ${f.option} ${f.open}; a transaction inside of it wants ${f.wanted}`,
    (f) => `give ${f.option} to the scope, and leave it out inside: tenantry.tenant(…).transaction(body, { ${f.option}: … })`,
  ),
  SCOPE_BUSY: row(
    500,
    1,
    false,
    (f: { tenant: string; waitedMs: number }) =>
      `a transaction or a stream is open in the scope of tenant "${f.tenant}", and nothing has happened in it for ${f.waitedMs} ms while this waited for its end`,
    () =>
      'inside of a transaction use the handle that its callback is given, not the root object; read or close a stream before the next statement',
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
} as const
