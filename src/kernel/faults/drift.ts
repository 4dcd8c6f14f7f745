import { row } from './row.js'

/** Homes that are not as the files make them. */
export const DRIFT_FAULTS = {
  DRIFT_CLASS_UNKNOWN: row(
    404,
    4,
    false,
    (f: { class: string }) => `no homes are of the class "${f.class}" any more, or were never`,
    () => 'run `tenantry drift scan`, and see `tenantry drift show`',
  ),
  DRIFT_UNMENDABLE: row(
    409,
    5,
    false,
    (f: { class: string; reasons: readonly string[] }) => `the class ${f.class} cannot be repaired: ${f.reasons.join('; ')}`,
    () => 'correct that by hand, or in the files with a new migration, and run `tenantry drift scan` again',
  ),
  DRIFT_DESTRUCTIVE: row(
    409,
    5,
    false,
    (f: { class: string; loses: readonly string[] }) => `to repair the class ${f.class} would lose ${f.loses.join('; ')}`,
    (f) => `see \`tenantry drift show ${f.class}\`; give --destructive if it may be lost`,
  ),
  DRIFT_CHANGED: row(
    409,
    6,
    false,
    (f: { home: string; class: string }) => `${f.home} has changed since it was scanned, and is not of the class ${f.class} any more`,
    () => 'run `tenantry drift scan` again; this home was not touched',
  ),
  DRIFT_REMAINS: row(
    500,
    1,
    false,
    (f: { home: string; reason: string }) => `${f.home} was not repaired: ${f.reason}`,
    () => 'the home is as it was before; correct the cause by hand and run `tenantry drift scan` again',
  ),
} as const
