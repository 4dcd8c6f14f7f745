import { TENANT_TRACK } from '../../catalog/homes.js'
import { ident, type Sql, sql } from '../../kernel/sql.js'
import { isScratch } from '../model.js'
import { type Finding, told } from './finding.js'
import type { DatabaseSubject } from './subject.js'

/** What the catalog says of a tenant's placement. */
export interface CatalogPlacement {
  readonly tenant: string
  readonly slug: string
  readonly home: string
  readonly epoch: number
  readonly state: string
  readonly busy: boolean
}

interface LocalRow {
  readonly tenant: string
  readonly home: string
  readonly epoch: number
  readonly state: string
}

const localPlacements = sql<LocalRow>`
  select p.tenant_id as tenant, p.home_id as home, p.epoch::int as epoch, p.state
  from tenantry.placement p
  join tenantry.home h on h.id = p.home_id
  where not ${isScratch}
  order by 1`

/**
 * Compares the placements of a database, which decide, with the catalog's copies, which follow. An operation may run and end between the two looks: so
 * only what differs at both of two looks is told.
 */
export async function checkPlacements(
  { database, where }: DatabaseSubject,
  catalog: () => Promise<readonly CatalogPlacement[]>,
): Promise<readonly Finding[]> {
  const look = async (): Promise<ReadonlyMap<string, Finding>> => {
    const before = new Set((await catalog()).filter((copy) => copy.busy).map((copy) => copy.tenant))
    const local = await database.rows(localPlacements)
    const copies = (await catalog()).filter((copy) => !copy.busy && !before.has(copy.tenant))
    return compare(where, local, copies, before)
  }
  const first = await look()
  if (first.size === 0) return []
  const second = await look()
  return [...second].filter(([tenant, finding]) => first.get(tenant)?.reason === finding.reason).map(([, finding]) => finding)
}

function compare(
  where: string,
  local: readonly LocalRow[],
  copies: readonly CatalogPlacement[],
  busy: ReadonlySet<string>,
): ReadonlyMap<string, Finding> {
  const findings = new Map<string, Finding>()
  const known = new Map(copies.map((copy) => [copy.tenant, copy]))
  for (const row of local) {
    const copy = known.get(row.tenant)
    if (copy === undefined) {
      // The old placement of a tenant that has moved stays for a while, so that clients are told.
      if (row.state === 'moved' || busy.has(row.tenant)) continue
      const at = `${where}/tenant ${row.tenant}`
      findings.set(
        row.tenant,
        told('placement.differs', at, 'the catalog does not place this tenant here', 'restore the catalog from a backup'),
      )
      continue
    }
    const wrong = (['home', 'epoch', 'state'] as const)
      .filter((field) => row[field] !== copy[field])
      .map((field) => `${field} ${row[field]} here and ${copy[field]} in the catalog`)
    if (wrong.length === 0) continue
    const again = `suspend and resume the tenant, which writes both anew: \`tenantry tenant suspend ${copy.slug}\`, \`tenantry tenant resume ${copy.slug}\``
    const fix = row.home === copy.home ? again : 'the placement in the database decides: restore the catalog from a backup'
    findings.set(row.tenant, told('placement.differs', `${where}/tenant ${copy.slug}`, wrong.join('; '), fix))
  }
  const here = new Set(local.map((row) => row.tenant))
  for (const copy of copies) {
    if (here.has(copy.tenant)) continue
    const at = `${where}/tenant ${copy.slug}`
    findings.set(
      copy.tenant,
      told('placement.differs', at, 'the catalog places the tenant here, its database does not', 'restore the database from a backup'),
    )
  }
  return findings
}

interface Astray {
  readonly tenant: string
  readonly home: string
  readonly fields: readonly string[]
}

const placementsAstray: Sql<Astray> = sql<Astray>`
  select p.tenant_id as tenant, p.home_id as home, array_remove(array[
    case when p.role_name <> h.role_name then 'role_name' end,
    case when p.search_path <> quote_ident(h.schema_name) || ', ext, pg_temp' then 'search_path' end,
    case when p.version <> h.version then 'version' end
  ], null) as fields
  from tenantry.placement p
  join tenantry.home h on h.id = p.home_id
  where (p.role_name, p.search_path, p.version) is distinct from (h.role_name, quote_ident(h.schema_name) || ', ext, pg_temp', h.version)
  order by 1`

/** Does every placement lead where its home is, and is every home of the catalog there? */
export async function checkHomes({ database, where, homes }: DatabaseSubject): Promise<readonly Finding[]> {
  const local = await database.rows(sql<{ id: string; isolation: string; track: string; schema: string; role: string; there: boolean }>`
    select h.id, h.isolation, h.schema_name as schema, h.role_name as role, to_regnamespace(quote_ident(h.schema_name)) is not null as there,
           -- A database from before services has no such column.
           coalesce(to_jsonb(h) ->> 'track', ${TENANT_TRACK}) as track
    from tenantry.home h`)
  const findings: Finding[] = []
  const byId = new Map(local.map((one) => [one.id, one]))
  for (const home of homes) {
    const found = byId.get(home.id)
    const at = `${where}/${home.schema}`
    const restore = 'restore the database from a backup'
    if (found === undefined) findings.push(told('home.missing', at, 'the database has no record of this home', restore))
    else if (!found.there) findings.push(told('home.missing', at, 'the schema of this home is missing', restore))
    else if ((['schema', 'role', 'isolation', 'track'] as const).some((field) => found[field] !== home[field])) {
      const reason = `the database says ${found.isolation} home, schema ${found.schema}, role ${found.role}, migrations of ${found.track}; the catalog says otherwise`
      findings.push(told('home.missing', at, reason, restore))
    }
  }
  for (const { tenant, home, fields } of await database.rows(placementsAstray)) {
    const schema = byId.get(home)?.schema ?? home
    const command = `begin; select pg_advisory_xact_lock(uuid_hash_extended('${tenant}', 7426)); update tenantry.placement p set role_name = h.role_name, search_path = quote_ident(h.schema_name) || ', ext, pg_temp', version = h.version from tenantry.home h where h.id = p.home_id and p.tenant_id = '${tenant}'; commit`
    findings.push(
      told('placement.home', `${where}/tenant ${tenant}`, `${fields.join(', ')} not as its home ${ident(schema).text} says`, command),
    )
  }
  return findings
}
