import { row } from './row.js'

/** A tenant's rows as files that other programs read. */
export const EXPORT_FAULTS = {
  EXPORT_EXISTS: row(
    409,
    6,
    false,
    (f: { path: string }) => `${f.path} is there already, and an export never writes over anything`,
    () => 'name another folder with --to, or take the old one away first',
  ),
  EXPORT_UNWRITABLE: row(
    409,
    1,
    false,
    (f: { path: string; reason: string }) => `${f.path} cannot be written: ${f.reason}`,
    () => 'nothing that looks whole was left; make room or give rights where the export is to be, or name another folder with --to',
  ),
  EXPORT_ROW_TOO_LARGE: row(
    409,
    5,
    false,
    (f: { table: string; bytes: number }) => `a row of table ${f.table} has more than ${f.bytes} bytes, which is too much for this format`,
    () => 'export with --format sql, which takes rows of any size',
  ),
} as const
