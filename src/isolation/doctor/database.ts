import { ident, sql } from '../../kernel/sql.js'
import { installDatabase, WALLS } from '../install.js'
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
  const wanted = installation.files.filter((file) => file.name !== WALLS || installation.hardened)
  const there = (await database.rows(sql<{ number: number }>`select number from tenantry.installed`)).map((row) => row.number)
  const missing = wanted.filter((file) => !there.includes(file.number)).map((file) => file.name)
  const newest = Math.max(...installation.files.map((file) => file.number))
  const findings: Finding[] = []
  if (missing.length > 0) {
    const reason = `it lacks ${missing.join(', ')}, which this version of Tenantry installs`
    findings.push(repairable('database.version', where, reason, (target, by) => installDatabase(target, by, installation)))
  }
  if (there.some((number) => number > newest))
    findings.push(told('database.version', where, 'a newer version of Tenantry has been at work in it', 'upgrade Tenantry here'))
  return findings
}

const TRIGGERS = ['stamp_change', 'stamp_removal'] as const

/** Clients that enter in the short way believe the stamp: without it, or without what renews it, they would enter where a tenant no longer lives. */
export async function checkStamp({ database, where }: DatabaseSubject): Promise<readonly Finding[]> {
  const { sequence } = await database.one(
    sql<{ sequence: boolean }>`select to_regclass('tenantry.placement_stamp') is not null as sequence`,
  )
  const findings = sequence
    ? []
    : [told('stamp.sequence', `${where}/tenantry.placement_stamp`, 'the sequence is missing', 'restore the schema tenantry from a backup')]
  const found = await database.rows(sql<{ name: string; fires: boolean }>`
    select t.tgname::text as name, t.tgenabled in ('O', 'A') and t.tgfoid = to_regprocedure('tenantry.stamp_placement()') as fires
    from pg_catalog.pg_trigger t
    where t.tgrelid = to_regclass('tenantry.placement') and not t.tgisinternal`)
  for (const name of TRIGGERS) {
    const trigger = found.find((one) => one.name === name)
    if (trigger?.fires === true) continue
    const at = `${where}/tenantry.placement`
    if (trigger === undefined) {
      findings.push(told('stamp.trigger', at, `the trigger ${name} is missing`, 'restore the schema tenantry from a backup'))
      continue
    }
    // Renewed as well: what has changed while it did not fire is still believed.
    const repair = statements(sql`alter table tenantry.placement enable trigger ${ident(name)}`, sql`select tenantry.renew_stamp()`)
    findings.push(repairable('stamp.trigger', at, `the trigger ${name} does not fire`, repair))
  }
  return findings
}
