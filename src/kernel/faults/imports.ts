import { row } from './row.js'

/** Files of somebody else's, on their way into a tenant. All but the last are found before a row is written. */
export const ROW_IMPORT_FAULTS = {
  IMPORT_UNREADABLE: row(
    409,
    5,
    false,
    (f: { path: string; reason: string }) => `${f.path} cannot be imported: ${f.reason}`,
    () => 'name the folder of an export in CSV or NDJSON, or one with a file <table>.csv or <table>.ndjson for each table',
  ),
  IMPORT_PATH: row(
    409,
    5,
    false,
    (f: { path: string; reason: string }) => `the file ${f.path} is not read: ${f.reason}`,
    () => 'all files of an import lie in its folder, as files: no links, and no way out of it; find out who made it',
  ),
  IMPORT_CHANGED: row(
    409,
    5,
    false,
    (f: { file: string; reason: string }) => `the file ${f.file} is not the one that export.json names: ${f.reason}`,
    () => 'copy the export again; if the files were changed on purpose, take export.json away',
  ),
  IMPORT_TEXT: row(
    409,
    5,
    false,
    (f: { file: string; line: number; reason: string }) => `${f.file}, line ${f.line}: ${f.reason}`,
    () => 'PostgreSQL stores UTF-8 without U+0000; correct the file',
  ),
  IMPORT_MALFORMED: row(
    409,
    5,
    false,
    (f: { file: string; line: number; reason: string }) => `${f.file}, line ${f.line}: ${f.reason}`,
    () => 'correct the file at that line; CSV is read as PostgreSQL writes it, NDJSON as one object in a line',
  ),
  IMPORT_TOO_LARGE: row(
    409,
    5,
    false,
    (f: { file: string; reason: string }) => `${f.file} holds more than it may: ${f.reason}`,
    () => 'split what is too large, or find out who made the file',
  ),
  IMPORT_UNFIT: row(
    409,
    5,
    false,
    (f: { tenant: string; differences: readonly string[] }) => `tenant "${f.tenant}" cannot take these files: ${f.differences.join('; ')}`,
    () => 'name tables and columns as the tenant has them, or bring the tenant to the schema version that they are from',
  ),
  IMPORT_BROKEN: row(
    409,
    5,
    false,
    (f: { tenant: string; reason: string }) => `the rows are not kept for tenant "${f.tenant}": ${f.reason}`,
    () => 'a constraint that is checked at the end does not hold over all the rows; nothing was kept: correct the files',
  ),
} as const
