import { jitter, systemClock } from '../../kernel/clock.js'
import { fault } from '../../kernel/faults.js'
import { ident, type Sql, sql } from '../../kernel/sql.js'
import { sqlstate } from '../../postgres/errors.js'
import { type Database, lockTimeout, type Session } from '../../postgres/session.js'
import { assertFence, type FencingToken, type LocalPlacement } from '../fence.js'
import { beginIn } from '../logins.js'
import type { HomePlace } from '../model.js'
import { otherLogin, type RoleNames } from '../names.js'
import { type Administrator, dropRole, ensureHomeRole } from '../roles.js'
import { rememberState } from './state.js'

export interface TakingHome {
  readonly home: HomePlace
  readonly names: RoleNames
  readonly admin: Administrator
  readonly tenantColumn: string | null
  readonly revokeOthers: boolean
}

/** Makes an existing schema a home, and remembers how it was. Part of a transaction; the walls are raised and the state is recorded afterwards. */
export async function takeHome(session: Session, database: string, taking: TakingHome): Promise<void> {
  const { home, names, admin, tenantColumn, revokeOthers } = taking
  await ensureHomeRole(session, home.role, names, home.login, admin)
  await rememberState(session, { schema: home.schema, tenantColumn })
  await session.run(sql`select tenantry.take_over(${home.schema}, ${names.owner}, ${tenantColumn})`)
  if (revokeOthers) await session.run(sql`select tenantry.revoke_others(${home.schema})`)
  if (home.isolation !== 'schema') await beginIn(session, home.login, database, home.schema)
  await session.run(sql`
    insert into tenantry.home (id, isolation, schema_name, role_name) values (${home.id}, ${home.isolation}, ${home.schema}, ${home.role})`)
}

/** Row-level security that was on before the adoption was not forced by the walls. */
export async function forceRowSecurity(session: Session, home: HomePlace): Promise<void> {
  const tables = await session.rows(sql<{ name: string }>`
    select c.relname::text as name
    from pg_catalog.pg_class c
    where c.relnamespace = to_regnamespace(quote_ident(${home.schema})) and c.relkind in ('r', 'p') and c.relrowsecurity and not c.relforcerowsecurity`)
  for (const { name } of tables) await session.run(sql`alter table ${ident(home.schema, name)} force row level security`)
}

export const homeIsThere = (id: string): Sql => sql`select 1 as found from tenantry.home where id = ${id}`

/** Holds a home, and throws TENANT_STATE where a migration has run in it that the catalog may not know of yet. */
async function holdUnchanged(session: Session, { home, tenant, version }: Leaving): Promise<boolean> {
  const known = await session.maybe(sql<{ version: string }>`select version from tenantry.home where id = ${home.id} for update`)
  if (known === undefined) return false
  if (version === undefined || known.version === version) return true
  const wanted = `version "${version}", as it was adopted: what migrations have made is nobody's to give back`
  throw fault('TENANT_STATE', { tenant, state: `at schema version ${known.version}`, wanted })
}

/** A home that is to be given back, the tenant that is named for it, and the version that it was adopted with (not looked at where undefined). */
export interface Leaving {
  readonly home: HomePlace
  readonly tenant: string
  readonly version?: string
}

/** Gives a home back to whose it was, with owners, rights, policies and row-level security as they were. Part of a transaction. Repeatable. Throws TENANT_STATE. */
export async function giveHomeBack(session: Session, database: string, leaving: Leaving): Promise<void> {
  const { home } = leaving
  if (!(await holdUnchanged(session, leaving))) return
  await session.run(sql`delete from tenantry.placement where home_id = ${home.id}`)
  await session.run(sql`select tenantry.give_back(${home.id})`)
  await session.run(sql`delete from tenantry.migration where home_id = ${home.id}`)
  await session.run(sql`delete from tenantry.home where id = ${home.id}`)
  if (home.isolation !== 'schema') {
    for (const login of [home.login, otherLogin(home.login)]) {
      if ((await session.maybe(sql`select 1 as found from pg_catalog.pg_roles where rolname = ${login}`)) !== undefined)
        await session.run(sql`alter role ${ident(login)} in database ${ident(database)} reset search_path`)
    }
  }
  await dropRole(session, home.role)
}

const TENANTS_AT_ONCE = 300
// As for every fence: short waits, between which others pass, and an end to them.
const ONE_WAIT_MS = 200
const PATIENCE_MS = 10_000

/** Takes the placements of all tenants of a home away; each waits until no scope of its tenant is open. Repeatable. Throws TENANT_BUSY, TENANT_STATE. */
export async function closeHome(database: Database, leaving: Leaving, by: FencingToken): Promise<void> {
  const { home, tenant } = leaving
  const start = systemClock.now()
  for (let closed = TENANTS_AT_ONCE; closed === TENANTS_AT_ONCE; ) {
    try {
      closed = await database.transaction(async (session) => {
        await session.run(assertFence(by))
        await session.run(lockTimeout(ONE_WAIT_MS))
        await holdUnchanged(session, leaving)
        return session.run(sql`
          delete from tenantry.placement
          where tenant_id = any (array(select tenant_id from tenantry.placement where home_id = ${home.id} limit ${TENANTS_AT_ONCE}))`)
      })
    } catch (error) {
      if (sqlstate(error) !== '55P03') throw error
      const waitedMs = Math.round(systemClock.now() - start)
      if (waitedMs > PATIENCE_MS) throw fault('TENANT_BUSY', { tenant, waitedMs })
      await systemClock.sleep(50 * jitter(0.5))
    }
  }
}

export interface Placed {
  readonly tenant: string
  readonly epoch: number
  readonly state: LocalPlacement['state']
}

/** Puts tenants into a home; those that are there stay as they are. */
export const placeTenants = (home: string, tenants: readonly Placed[]): Sql => sql`
  insert into tenantry.placement (tenant_id, home_id, epoch, state, role_name, search_path, version)
  select t.tenant, h.id, t.epoch, t.state, h.role_name, quote_ident(h.schema_name) || ', ext, pg_temp', h.version
  from tenantry.home h,
       unnest(${tenants.map((t) => t.tenant)}::uuid[], ${tenants.map((t) => t.epoch)}::bigint[], ${tenants.map((t) => t.state)}::text[]) as t (tenant, epoch, state)
  where h.id = ${home}
  on conflict do nothing`

/** Whose rows are in a schema: every value of the tenant column in any table, read by leaps along an index where there is one. */
export async function tenantsIn(session: Session, schema: string, column: string): Promise<ReadonlySet<string>> {
  const tables = await session.rows(tenantTables(schema, column))
  const found = new Set<string>()
  for (const { name, indexed } of tables) {
    const [table, id] = [ident(schema, name), ident(column)]
    // Without an index every leap would read the whole table.
    const rows = await session.rows(
      indexed
        ? sql<{ tenant: string }>`
      with recursive leap (tenant) as (
        (select ${id} from ${table} order by ${id} limit 1)
        union all
        select (select ${id} from ${table} where ${id} > leap.tenant order by ${id} limit 1) from leap where leap.tenant is not null
      )
      select tenant from leap where tenant is not null`
        : sql<{ tenant: string }>`select distinct ${id} as tenant from ${table} where ${id} is not null`,
    )
    for (const { tenant } of rows) found.add(tenant)
  }
  return found
}

/** Whose row comes first in a schema; undefined where there is none yet. */
export async function anyTenantIn(session: Session, schema: string, column: string): Promise<string | undefined> {
  const tables = await session.rows(tenantTables(schema, column))
  for (const { name } of tables) {
    const row = await session.maybe(sql<{ tenant: string }>`
      select ${ident(column)} as tenant from ${ident(schema, name)} where ${ident(column)} is not null limit 1`)
    if (row !== undefined) return row.tenant
  }
  return undefined
}

const tenantTables = (schema: string, column: string): Sql<{ name: string; indexed: boolean }> => sql<{ name: string; indexed: boolean }>`
  select c.relname::text as name, exists (
           select from pg_catalog.pg_index i
           join pg_catalog.pg_class x on x.oid = i.indexrelid
           join pg_catalog.pg_am m on m.oid = x.relam and m.amname = 'btree'
           where i.indrelid = c.oid and i.indkey[0] = a.attnum and i.indisvalid and i.indpred is null) as indexed
  from pg_catalog.pg_class c
  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = ${column} and a.atttypid = 'uuid'::regtype and not a.attisdropped
  where c.relnamespace = to_regnamespace(quote_ident(${schema})) and c.relkind = 'r'
  order by 1`

/** Is the schema there, and of which type is the tenant column in its tables, where it is not uuid? */
export const inspectSchema = (schema: string, column: string | null): Sql<{ there: boolean; otherType: string | null }> => sql<{
  there: boolean
  otherType: string | null
}>`
  select to_regnamespace(quote_ident(${schema})) is not null as there,
         (select format('%s.%s is %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod))
          from pg_catalog.pg_class c
          join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = ${column} and a.atttypid <> 'uuid'::regtype and not a.attisdropped
          where c.relnamespace = to_regnamespace(quote_ident(${schema})) and c.relkind in ('r', 'p')
          order by 1
          limit 1) as "otherType"`
