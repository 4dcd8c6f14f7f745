import { row } from './row.js'

/** Archives as objects in a store: what is wrong with one, and where. */
export interface ArchivePart {
  readonly archive: string
  /** The object's name inside of the archive. */
  readonly object: string
  readonly reason: string
}

const another = (): string => 'restore from the copy in another store, or from another backup; backup verify tells which are whole'

export const ARCHIVE_FAULTS = {
  ARCHIVE_MISSING: row(
    404,
    4,
    false,
    (f: { archive: string; tenant: string; store: string }) =>
      `tenant ${f.tenant} has no complete archive ${f.archive} in ${f.store}: it has no manifest`,
    () => 'look into the other store, or list the backups; one without a manifest was never completed, or is being removed',
  ),
  ARCHIVE_EXISTS: row(
    409,
    6,
    false,
    (f: { archive: string; store: string }) => `the archive ${f.archive} is already complete in ${f.store}`,
    () => 'use it as it is, or make a new one under an id of its own',
  ),
  ARCHIVE_TRUNCATED: row(500, 1, false, (f: ArchivePart) => `archive ${f.archive}: ${f.object} is cut off: ${f.reason}`, another),
  ARCHIVE_CORRUPT: row(
    500,
    1,
    false,
    (f: ArchivePart) => `archive ${f.archive}: ${f.object} is not what was written: ${f.reason}`,
    another,
  ),
  ARCHIVE_TENANT_MISMATCH: row(
    409,
    6,
    false,
    (f: { archive: string; tenant: string; found: string }) =>
      `the manifest at the place of archive ${f.archive} of tenant ${f.tenant} is of tenant ${f.found}`,
    () => 'find out who has moved objects in the store; restore from the copy in another store',
  ),
  ARCHIVE_STALE: row(
    409,
    6,
    false,
    (f: { archive: string; reason: string }) => `archive ${f.archive}: the manifest is not the newest one: ${f.reason}`,
    () => 'find out who has put an older manifest back; restore from the copy in another store',
  ),
  ARCHIVE_VERSION: row(
    409,
    6,
    false,
    (f: { archive: string; reason: string }) => `archive ${f.archive} cannot be read by this version: ${f.reason}`,
    () => 'use the version of Tenantry that wrote it, or a newer one',
  ),
  ARCHIVE_TOO_LARGE: row(
    500,
    1,
    false,
    (f: ArchivePart) => `archive ${f.archive}: ${f.object} holds more than it may: ${f.reason}`,
    another,
  ),
  ARCHIVE_COMPRESSION: row(
    409,
    6,
    false,
    (f: { compression: string; node: string }) => `Node ${f.node} cannot do ${f.compression}`,
    () => 'use Node 22.15 or newer, or make archives with gzip, which every version reads',
  ),
  ARCHIVE_UNENCRYPTED: row(
    409,
    6,
    false,
    (f: { archive: string }) => `archive ${f.archive} is not encrypted, and nothing shows that it is the one that was written`,
    () => 'if it was made before there were keys, say so and read it as one that is not encrypted',
  ),
} as const
