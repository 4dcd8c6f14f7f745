import { compareLedger, labelOf } from '../../kernel/ledger.js'
import { ident, sql } from '../../kernel/sql.js'
import { filesFor, homeLedger } from '../ledger.js'
import { type Finding, repairable, statements, told } from './finding.js'
import type { DatabaseSubject } from './subject.js'

/** Is this the database that the catalog means? Until that is sure nothing else in it is looked at, let alone repaired. */
export async function checkIdentity({ database, where, installation }: DatabaseSubject): Promise<readonly Finding[]> {
  const { there } = await database.one(sql<{ there: boolean }>`select to_regclass('tenantry.identity') is not null as there`)
  if (!there) return [told('database.identity', where, 'it is not tenant-bearing: it has no schema tenantry', 'restore it from a backup')]
  const found = await database.maybe(sql<{ databaseId: string; platformId: string; constant: string }>`
    select database_id as "databaseId", platform_id as "platformId", tenantry.database_id() as constant from tenantry.identity`)
  if (
    found?.databaseId === installation.databaseId &&
    found.platformId === installation.platformId &&
    found.constant === installation.databaseId
  )
    return []
  const reason =
    found === undefined
      ? 'it does not say which database it is'
      : `it says that it is database ${found.databaseId} of platform ${found.platformId}`
  return [told('database.identity', where, reason, 'find out what stands at this address; restore the right one from a backup')]
}

/** The numbered parts that a database has, compared with those of this version. */
export async function checkInstalled({ database, where, installation }: DatabaseSubject): Promise<readonly Finding[]> {
  const { missing, newer, changed } = compareLedger(installation.files, await database.rows(homeLedger))
  const names = (files: readonly { readonly number: number; readonly name: string }[]): string => files.map(labelOf).join(', ')
  const lacks = filesFor(missing, installation.hardened)
  const findings: Finding[] = []
  const tell = (reason: string, fix: string): unknown => findings.push(told('database.version', where, reason, fix))
  if (newer.length > 0) tell(`a newer version of Tenantry has been at work in it: ${names(newer)}`, 'install that version of Tenantry here')
  else if (lacks.length > 0) tell(`it lacks ${names(lacks)}, which this version of Tenantry installs`, 'run `tenantry platform upgrade`')
  if (changed.length > 0)
    tell(`it was made with another text of ${names(changed)}`, 'install Tenantry from its package again: its SQL files are never edited')
  return findings
}

const TRIGGERS = [
  { name: 'stamp_change', table: 'placement', calls: 'stamp_placement' },
  { name: 'stamp_removal', table: 'placement', calls: 'stamp_placement' },
  { name: 'stamp_truncation', table: 'placement', calls: 'stamp_truncation' },
  { name: 'version_change', table: 'home', calls: 'version_change' },
] as const

/** Clients that enter in the short way believe the stamp: without it, or without what renews it, they would enter where a tenant no longer lives. */
export async function checkStamp({ database, where }: DatabaseSubject): Promise<readonly Finding[]> {
  // A database that was not raised yet has no trigger on its homes; that it was not is told elsewhere.
  const { sequence, ranges } = await database.one(sql<{ sequence: boolean; ranges: boolean }>`
    select to_regclass('tenantry.placement_stamp') is not null as sequence, to_regprocedure('tenantry.version_change()') is not null as ranges`)
  const findings = sequence
    ? []
    : [told('stamp.sequence', `${where}/tenantry.placement_stamp`, 'the sequence is missing', 'restore the schema tenantry from a backup')]
  const found = await database.rows(sql<{ name: string; table: string; always: boolean; calls: string }>`
    select t.tgname::text as name, c.relname::text as table, t.tgenabled = 'A' as always, p.proname::text as calls
    from pg_catalog.pg_trigger t
    join pg_catalog.pg_proc p on p.oid = t.tgfoid and p.pronamespace = to_regnamespace('tenantry')
    join pg_catalog.pg_class c on c.oid = t.tgrelid
    where t.tgrelid in (to_regclass('tenantry.placement'), to_regclass('tenantry.home')) and not t.tgisinternal`)
  for (const { name, table, calls } of TRIGGERS) {
    const trigger = found.find((one) => one.name === name && one.table === table)
    if ((trigger?.always === true && trigger.calls === calls) || (table === 'home' && !ranges)) continue
    const at = `${where}/tenantry.${table}`
    if (trigger === undefined) {
      findings.push(told('stamp.trigger', at, `the trigger ${name} is missing`, 'restore the schema tenantry from a backup'))
      continue
    }
    // Renewed as well: what has changed while it did not fire is still believed.
    const repair = statements(
      sql`alter table ${ident('tenantry', table)} enable always trigger ${ident(name)}`,
      sql`select tenantry.renew_stamp()`,
    )
    findings.push(repairable('stamp.trigger', at, `the trigger ${name} does not fire`, repair))
  }
  return findings
}
