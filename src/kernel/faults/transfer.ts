import { row } from './row.js'

/** A tenant's rows on their way out of a home, and into one. */
export const TRANSFER_FAULTS = {
  SNAPSHOT_BLOCKED: row(
    503,
    6,
    true,
    (f: { home: string; reason: string; movedTenant?: string }) => `no snapshot of home ${f.home} could be taken: ${f.reason}`,
    (f) =>
      f.movedTenant === undefined
        ? 'a migration, or somebody by hand, is changing its tables; try again when that has ended'
        : `the catalog does not know yet where the tenant lives now; try again in a moment, and see \`tenantry tenant homes ${f.movedTenant}\``,
  ),
  SNAPSHOT_LOST: row(
    503,
    7,
    true,
    (f: { home: string }) => `the connection that held the snapshot of home ${f.home} has ended`,
    () => 'nothing was changed; start it anew',
  ),
  SNAPSHOT_UNFIT: row(
    409,
    5,
    false,
    (f: { home: string; reasons: readonly string[] }) =>
      `the rows of one tenant in home ${f.home} cannot be told apart: ${f.reasons.join('; ')}`,
    () => '`tenantry doctor` names what every table of a home must have; correct that with a migration',
  ),
  LOAD_UNFIT: row(
    409,
    5,
    false,
    (f: { home: string; differences: readonly string[] }) => `home ${f.home} cannot take these rows: ${f.differences.join('; ')}`,
    () => 'bring the home to the schema version that the rows are from, or take rows of its own version',
  ),
  LOAD_OCCUPIED: row(
    409,
    6,
    false,
    (f: { home: string; tenant: string; tables: readonly string[] }) =>
      `home ${f.home} has rows of tenant ${f.tenant} already, in ${f.tables.join(', ')}`,
    () => 'rows are only loaded where there are none: choose another home, or purge what is there first',
  ),
  LOAD_REFUSED: row(
    409,
    5,
    false,
    (f: { table: string; reason: string }) => `the server refused rows of table ${f.table}: ${f.reason}`,
    () => 'nothing of that table was kept; correct the source, or the constraint that refuses it, and try again',
  ),
  LOAD_TEXT: row(
    409,
    5,
    false,
    (f: { table: string }) => `a text of table ${f.table} has U+0000 in it, or is not in an encoding that the database can store`,
    () => 'PostgreSQL has no U+0000 in a text; take it out at the source',
  ),
  LOAD_ORPHANS: row(
    409,
    5,
    false,
    (f: { home: string; constraints: readonly string[] }) =>
      `in home ${f.home}, rows that were loaded refer to rows that are not there: ${f.constraints.join(', ')}`,
    () => 'platform tables that rows refer to must have the same rows in the database of the home; add them, and try again',
  ),
} as const
