import type { FencingToken } from '../../isolation/fence.js'
import { fault } from '../../kernel/faults.js'
import { type Sql, sql } from '../../kernel/sql.js'
import type { Session } from '../../postgres/session.js'
import { ledgerEntries } from '../forms/target.js'
import { compareVersions, ledgerDigest, type Migration, newestVersion } from '../migration.js'
import type { Entry, Target } from './context.js'

export const readLedger = (session: Session, target: Target): Promise<readonly Entry[]> => session.rows(ledgerEntries(target.ledger))

/** The files that a ledger lacks. Throws MIGRATION_CHANGED and MIGRATION_REFUSED when it holds what the files no longer say. */
export function pendingOf(ledger: readonly Entry[], target: Target, migrations: readonly Migration[]): readonly Migration[] {
  const applied = new Map(ledger.map((row) => [row.version, row.checksum]))
  for (const migration of migrations) {
    const checksum = applied.get(migration.version)
    if (checksum !== undefined && checksum !== migration.checksum && migration.kind !== 'repeatable')
      throw fault('MIGRATION_CHANGED', { file: migration.file, home: target.label })
  }
  const pending = migrations.filter(({ version, checksum }) => applied.get(version) !== checksum)
  const newest = newestVersion([...applied.keys()].map((version) => ({ version })))
  const late = pending.find(({ kind, version }) => kind !== 'repeatable' && newest !== '' && compareVersions(version, newest) < 0)
  if (late !== undefined) {
    const findings = [`is older than ${newest}, which has been applied already: give it a newer version`]
    throw fault('MIGRATION_REFUSED', { file: late.file, home: target.label, findings })
  }
  return pending
}

export const recordMigrations = (ledger: string, migrations: readonly Migration[], by: FencingToken): Sql => sql`
  insert into tenantry.migration (home_id, version, name, checksum, operation_id)
  select ${ledger}::uuid, version, name, checksum, ${by.operation}::uuid
  from unnest(
    ${migrations.map(({ version }) => version)}::text[],
    ${migrations.map(({ title }) => title)}::text[],
    ${migrations.map(({ checksum }) => checksum)}::text[]
  ) as applied (version, name, checksum)
  -- Only a repeatable file comes twice.
  on conflict (home_id, version) do update
    set checksum = excluded.checksum, applied_at = clock_timestamp(), operation_id = excluded.operation_id`

/** The ledger of a home as the catalog has it, where that is a beginning of the files: a flight need not read it, since it looks whether it is so. */
export function saidToStandAt(digest: string | undefined, migrations: readonly Migration[]): readonly Entry[] | undefined {
  const known = beginnings.get(migrations) ?? new Map(migrations.map((_, n) => [ledgerDigest(migrations.slice(0, n)), n]))
  beginnings.set(migrations, known)
  const count = digest === undefined ? undefined : known.get(digest)
  return count === undefined ? undefined : migrations.slice(0, count)
}

const beginnings = new WeakMap<readonly Migration[], ReadonlyMap<string, number>>()
