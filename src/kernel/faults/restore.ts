import { row } from './row.js'

/** A tenant's rows in another home than the one they are from. */
export const RESTORE_FAULTS = {
  RESTORE_DIFFERS: row(
    500,
    1,
    false,
    (f: { from: string; home: string; tables: readonly string[] }) =>
      `what was loaded from ${f.from} into home ${f.home} does not add up to what was read: ${f.tables.join('; ')}`,
    () =>
      'nothing of it is kept; a trigger or a default may have changed rows, or the source is damaged: `tenantry backup verify` tells which',
  ),
  RESTORE_VERSION: row(
    409,
    5,
    false,
    (f: { from: string; version: string; home: string; found: string }) =>
      `the rows from ${f.from} are of schema version ${f.version}, and the tables of home ${f.home} can only be made at ${f.found}`,
    () => 'give this project the migration files up to that version, or take a home of its own with --isolation schema',
  ),
  TABLE_UNKNOWN: row(
    404,
    4,
    false,
    (f: { tenant: string; table: string; tables: readonly string[] }) => `tenant "${f.tenant}" has no table ${f.table} there`,
    (f) => `these are there: ${f.tables.join(', ')}`,
  ),
  ANONYMISE_UNFIT: row(
    409,
    5,
    false,
    (f: { from: string; differences: readonly string[] }) =>
      `the rules of \`anonymise\` do not fit the rows of ${f.from}: ${f.differences.join('; ')}`,
    () => 'correct them in the configuration, so that nothing travels as it is by accident; --no-anonymise clones all values as they are',
  ),
  MERGE_TOO_LARGE: row(
    409,
    5,
    false,
    (f: { tenant: string; table: string; most: number }) =>
      `more than ${f.most} rows of table ${f.table} would be merged into tenant "${f.tenant}" in one transaction`,
    (f) =>
      `choose fewer with --where column=value; a tenant can also be pointed to a home that was restored whole: \`tenantry tenant repoint ${f.tenant}\``,
  ),
} as const
