import { row } from './row.js'

/** Data keys of tenants, and what is told of what was destroyed. */
export const OFFBOARDING_FAULTS = {
  KEYS_UNCONFIGURED: row(
    409,
    2,
    false,
    () => 'the configuration names no key store, so that archives are not encrypted and there are no data keys',
    () => 'set `archives.keys`; the page docs/stores.md shows how',
  ),
  ARCHIVES_READABLE: row(
    409,
    5,
    false,
    (f: { tenant: string; archives: readonly string[] }) =>
      `archives of tenant "${f.tenant}" can be read without its data keys, or in spite of what was done to them: ${f.archives.join('; ')}`,
    () =>
      'remove those archives first, backups by `tenantry backup expire ID` and `tenantry backup prune`, others in their store; then destroy the keys again',
  ),
  CERTIFICATE_NOT_FOUND: row(
    404,
    4,
    false,
    (f: { tenant: string; kind: string }) => `there is no certificate of kind "${f.kind}" about "${f.tenant}"`,
    () => 'a purge makes one of kind purge, `tenantry datakey destroy` one of kind keys; `tenantry tenant tombstones` lists purged tenants',
  ),
  CERTIFICATE_UNSIGNED: row(
    409,
    6,
    false,
    (f: { tenant: string }) => `the certificate about "${f.tenant}" was not signed: the platform had no key to sign with when it was made`,
    () => 'set `archives.certificateKey` or `archives.keys` before the next purge',
  ),
  TENANT_AMBIGUOUS: row(
    409,
    6,
    false,
    (f: { tenant: string; ids: readonly string[] }) => `several tenants were called "${f.tenant}": ${f.ids.join(', ')}`,
    () => 'name one of them by its id',
  ),
  FINAL_BACKUP_FAILED: row(
    500,
    1,
    false,
    (f: { tenant: string; code: string; reason: string }) =>
      `the final backup of tenant "${f.tenant}" could not be made and verified, so nothing was destroyed: ${f.code}: ${f.reason}`,
    () => 'mend that and purge again; or say why none is needed: --waive-backup REASON',
  ),
  DATA_REMAINS: row(
    500,
    1,
    true,
    (f: { tenant: string; where: readonly string[] }) => `of tenant "${f.tenant}" there is still something left: ${f.where.join('; ')}`,
    () => 'find out who has put it there, then purge again: it goes on where it stopped',
  ),
} as const
