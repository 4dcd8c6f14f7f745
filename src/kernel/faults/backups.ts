import { row } from './row.js'

/** Archives that the catalog knows. */
export const BACKUP_FAULTS = {
  BACKUP_NOT_FOUND: row(
    404,
    4,
    false,
    (f: { backup: string }) => `there is no backup ${f.backup}`,
    () => 'tenantry backup list',
  ),
  BACKUP_STATE: row(
    409,
    6,
    false,
    (f: { backup: string; state: string; wanted: string }) => `backup ${f.backup} is ${f.state}; this needs ${f.wanted}`,
    () => '`tenantry backup list` shows how they stand',
  ),
  BACKUP_MISCOUNT: row(
    500,
    1,
    true,
    (f: { of: string; stream: string; found: string; wanted: string }) =>
      `the backup of ${f.of} has ${f.found} rows of ${f.stream}, and the snapshot counted ${f.wanted}`,
    () => 'nothing was kept; make it anew, and report this with what is in the log',
  ),
  DUMP_UNFIT: row(
    409,
    5,
    false,
    (f: { server: number; found: readonly string[] }) =>
      `a server of PostgreSQL ${f.server} needs a pg_dump of ${f.server} or newer; there is ${f.found.length === 0 ? 'none' : `only ${f.found.join(', ')}`}`,
    (f) => `install the client programs, such as the package postgresql-client-${f.server}`,
  ),
} as const
