import { row } from './row.js'

/** What goes on in servers. */
export const ACTIVITY_FAULTS = {
  BACKEND_NOT_FOUND: row(
    404,
    4,
    false,
    (f: { cluster: string; backend: string }) => `cluster "${f.cluster}" has no session ${f.backend} any more`,
    (f) => `nothing is left to be stopped; \`tenantry activity list --cluster ${f.cluster}\` shows who is there`,
  ),
  BACKEND_CHANGED: row(
    409,
    6,
    false,
    (f: { cluster: string; backend: string; now: string }) => `session ${f.backend} of cluster "${f.cluster}" was let alone: ${f.now}`,
    (f) => `look again with \`tenantry activity list --cluster ${f.cluster}\`, and name what is to be stopped now`,
  ),
  BACKEND_FOREIGN: row(
    409,
    6,
    false,
    (f: { cluster: string; backend: string; login: string }) =>
      `session ${f.backend} of cluster "${f.cluster}" is of "${f.login}", which is no login of the platform's applications`,
    () => 'whoever administers that server can end it there; what Tenantry itself does is stopped by `tenantry operation cancel`',
  ),
  CLUSTER_UNOBSERVABLE: row(
    409,
    6,
    false,
    (f: { cluster: string; reason: string }) => `the server of cluster "${f.cluster}" cannot count statements: ${f.reason}`,
    (f) => `then \`tenantry cluster observe ${f.cluster}\` again`,
  ),
  TABLE_BUSY: row(
    409,
    6,
    true,
    (f: { table: string; waitedMs: number }) =>
      `nobody let the table ${f.table} go within ${f.waitedMs} ms: a migration, another vacuum, or whoever holds a lock`,
    () => 'try again when they have ended; `tenantry activity locks` shows who waits for whom',
  ),
} as const
