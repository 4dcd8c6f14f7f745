import { row } from './row.js'

/** Migrations and seeds, of one home and of many. */
export const MIGRATION_FAULTS = {
  MIGRATION_INVALID: row(
    422,
    2,
    false,
    (f: { file: string; reason: string }) => `${f.file}: ${f.reason}`,
    () => 'correct the file; nothing was applied',
  ),
  MIGRATION_NOT_UNDOABLE: row(
    422,
    5,
    false,
    (f: { file: string; reason: string }) => `${f.file}: ${f.reason}`,
    () =>
      'nothing was undone; a file that has been applied is not edited any more, and its down section is part of it: write a new file that undoes it (`tenantry migrate new`)',
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
    (f: { file: string; home: string; homes?: number; some?: readonly string[] }) =>
      `${f.file} was edited after it had been applied to ${
        f.homes === undefined ? f.home : `${f.homes} homes (${(f.some ?? []).join(', ')}${f.homes > (f.some ?? []).length ? ', …' : ''})`
      }`,
    () => 'put the file back as it was and write a new migration',
  ),
  MIGRATION_NOT_ON_REQUEST: row(
    422,
    5,
    false,
    (f: { file: string; reason: string }) => `${f.file} is not for migrations on request: it ${f.reason}`,
    () => 'run `tenantry migrate up`, which brings every home up now; docs/rolling-deploys.md says what may wait for a scope',
  ),
  MIGRATION_NOT_OFFERED: row(
    409,
    6,
    false,
    (f: { track: string; version?: string }) =>
      f.version === undefined
        ? `no migration of ${f.track} homes is offered on request`
        : `the files of ${f.track} homes up to ${f.version} are others here than those that were offered on request`,
    () => 'run `tenantry migrate up --mode on_request` with the files as they are here',
  ),
  MIGRATION_FAILED: row(
    500,
    1,
    false,
    (f: { file: string; home: string; reason: string; line?: number; down?: boolean }) =>
      `${f.file}${f.line === undefined ? '' : `:${f.line}`} in ${f.home}: ${f.reason}`,
    ({ down }) =>
      down === true
        ? 'the home still has this file; clear away there what is in its way and run it again, or write a new file that undoes it: one that has been applied is not edited any more'
        : 'the home is as it was before this file; correct it and run `tenantry migrate up` again',
  ),
  MIGRATION_BUSY: row(
    409,
    6,
    true,
    (f: { file: string; home: string; waitedMs: number; blockers?: readonly string[] }) =>
      `${f.file} found no moment in ${f.waitedMs} ms for its locks in ${f.home}${f.blockers === undefined || f.blockers.length === 0 ? '' : `; in the way: ${f.blockers.join(', ')}`}`,
    () => 'nothing was changed, but for statements of a transaction:false file that have ended; run it again when the others have ended',
  ),
  MIGRATION_SLOW: row(
    422,
    5,
    false,
    (f: { file: string; home: string; budgetMs: number }) =>
      `${f.file} in ${f.home} did not end within its budget of ${f.budgetMs} ms, for which it may make others wait`,
    () =>
      'nothing was changed; make it smaller steps, or say in the file, before it is applied, how long its section may take: `-- migrate:up budget:30s`',
  ),
  MIGRATION_LOCKS: row(
    422,
    5,
    false,
    (f: { file: string; home: string; room: number }) =>
      `${f.file} in ${f.home} takes more locks in one transaction than are left of the ${f.room} that the server has room for`,
    () => 'nothing was changed; make it several files, or raise max_locks_per_transaction of the server',
  ),
  MIGRATIONS_FROZEN: row(
    409,
    5,
    false,
    (f: { reason: string; actor: string; since: string; until: string | null }) =>
      `migrations are frozen by ${f.actor} since ${f.since}${f.until === null ? '' : ` until ${f.until}`}: ${f.reason}`,
    () => '`tenantry migrate unfreeze` lifts it; in an emergency `--despite-freeze "<reason>"` goes on all the same',
  ),
  MIGRATIONS_OVERLAP: row(
    409,
    6,
    false,
    (f: { operation: string; name: string; state: string }) =>
      `operation ${f.operation} (${f.name}) goes through the same homes and is ${f.state}`,
    (f) =>
      f.state === 'paused'
        ? `\`tenantry operation resume ${f.operation}\` goes on with it, \`tenantry operation cancel ${f.operation}\` ends it where it stands; then ask again`
        : `ask again when it has ended: \`tenantry operation watch ${f.operation}\` follows it, \`tenantry operation cancel ${f.operation}\` stops it; if its process has died, a worker (\`tenantry serve\`) ends it`,
  ),
  IMPORT_INVALID: row(
    422,
    2,
    false,
    (f: { file: string; reason: string }) => `${f.file}: ${f.reason}`,
    () => 'nothing was written; correct it and import again (docs/importing.md)',
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
} as const
