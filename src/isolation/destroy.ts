import { fault } from '../kernel/faults.js'
import { ident, join, type Sql, sql } from '../kernel/sql.js'
import { sqlstate } from '../postgres/errors.js'
import { type Database, lockTimeout, type Session } from '../postgres/session.js'
import { outsideOf } from './dependencies.js'
import { assertFence, type FencingToken } from './fence.js'
import { relationsIn } from './in-schema.js'
import type { HomePlace } from './model.js'
import { EXTENSION_SCHEMA, PLATFORM_SCHEMA, type RoleNames } from './names.js'
import type { Administrator } from './roles.js'

// A transaction keeps every lock that it takes, and by default a server has room for some 6,400 in all.
const LOCKS_AT_ONCE = 400
const ROWS_AT_ONCE = 5_000
const LOCK_TIMEOUT_MS = 5_000

interface Table {
  readonly schema: string
  readonly name: string
}

/** Tables that hold rows by themselves: partitions, and what has none. */
const tenantTables = (schemas: readonly string[], column: string): Sql<Table> => sql<Table>`
  select n.nspname::text as schema, c.relname::text as name
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = ${column} and not a.attisdropped
  where n.nspname = any (${schemas}) and c.relkind = 'r'
  order by 1, 2`

export interface Rows {
  readonly tenant: string
  readonly tenantColumn: string
  /** The schema of a shared home. */
  readonly schema: string | null
  /** The platform tables of the database as well? */
  readonly platform: boolean
}

const schemasOf = ({ schema, platform }: Rows): readonly string[] => [
  ...(schema === null ? [] : [schema]),
  ...(platform ? [PLATFORM_SCHEMA] : []),
]

/** How many tables have rows of the tenant, and how many rows. */
export async function countTenantRows(database: Database, of: Rows): Promise<{ readonly tables: number; readonly rows: number }> {
  let [tables, rows] = [0, 0]
  for (const table of await database.rows(tenantTables(schemasOf(of), of.tenantColumn))) {
    const { n } = await database.one(sql<{ n: number }>`
      select count(*)::float8 as n from ${ident(table.schema, table.name)} where ${ident(of.tenantColumn)} = ${of.tenant}`)
    if (n > 0) tables++
    rows += n
  }
  return { tables, rows }
}

/**
 * Deletes a tenant's rows, a few thousand in each transaction. Repeatable. As a superuser without triggers and checks of foreign keys: all rows of the
 * tenant go, and no foreign key crosses tenants. Without one, referring tables first, by trying.
 */
export async function deleteTenantRows(
  database: Database,
  of: Rows,
  names: RoleNames,
  admin: Administrator,
  by: FencingToken,
): Promise<void> {
  let left = await database.rows(tenantTables(schemasOf(of), of.tenantColumn))
  while (left.length > 0) {
    const referred: Table[] = []
    for (const table of left) {
      try {
        while ((await deleteSome(database, table, of, names, admin, by)) === ROWS_AT_ONCE);
      } catch (error) {
        if (sqlstate(error) !== '23503') throw error
        referred.push(table)
        if (referred.length === left.length) throw error
      }
    }
    left = referred
  }
}

const deleteSome = (database: Database, { schema, name }: Table, of: Rows, names: RoleNames, admin: Administrator, by: FencingToken) =>
  database.transaction(async (session) => {
    await session.run(assertFence(by))
    await session.run(lockTimeout(LOCK_TIMEOUT_MS))
    if (admin.superuser) await session.run(sql`select set_config('session_replication_role', 'replica', true)`)
    else await session.run(sql`set local role ${ident(names.owner)}`)
    const table = ident(schema, name)
    return session.run(sql`
      delete from ${table}
      where ctid = any (array(select ctid from ${table} where ${ident(of.tenantColumn)} = ${of.tenant} limit ${ROWS_AT_ONCE}))`)
  })

/**
 * Refreshes the materialised views of a shared home, which still show what was deleted. Views that were never filled are left so. Not concurrently: that
 * makes temporary tables, which their owner may not.
 */
export async function refreshViews(database: Database, schema: string, by: FencingToken): Promise<void> {
  const views = await database.rows(sql<{ name: string }>`
    select c.relname::text as name
    from pg_catalog.pg_class c
    where c.oid in ${relationsIn(schema)} and c.relkind = 'm' and c.relispopulated
    order by c.oid`)
  for (const { name } of views) {
    await database.transaction(async (session) => {
      await session.run(assertFence(by))
      await session.run(lockTimeout(LOCK_TIMEOUT_MS))
      await session.run(sql`set local search_path = ${ident(schema)}, ${ident(EXTENSION_SCHEMA)}, pg_temp`)
      await session.run(sql`refresh materialized view ${ident(schema, name)}`)
    })
  }
}

/** Tables and bytes of a home. */
export const sizeOfHome = (schema: string): Sql<{ tables: number; bytes: number }> => sql<{ tables: number; bytes: number }>`
  select count(*)::int as tables, coalesce(sum(pg_total_relation_size(c.oid)), 0)::float8 as bytes
  from pg_catalog.pg_class c
  where c.oid in ${relationsIn(schema)} and c.relkind = 'r'`

/**
 * Drops the tables of a home, in transactions that each take a bounded number of locks; `dropHome` then finds little left. Repeatable. Throws
 * TENANT_DEPENDED when something outside of the home has come to depend on it.
 */
export async function dropTables(database: Database, tenant: string, home: HomePlace, by: FencingToken): Promise<void> {
  for (;;) {
    const more = await database.transaction(async (session) => {
      await session.run(assertFence(by))
      await session.run(lockTimeout(LOCK_TIMEOUT_MS))
      // Only what we recorded is ours to drop.
      const recorded = await session.maybe(
        sql`select 1 from tenantry.home where id = ${home.id} and schema_name = ${home.schema} for update`,
      )
      if (recorded === undefined) return false
      const what = await outsideOf(session, home)
      if (what.length > 0) throw fault('TENANT_DEPENDED', { tenant, what })
      const batch = await nextTables(session, home.schema)
      if (batch.length === 0) return false
      await session.run(sql`drop table ${join(batch.map((name) => ident(home.schema, name)))} cascade`)
      return true
    })
    if (!more) return
  }
}

/** Partitions before what they are partitions of, and no more than there are locks for: one for the table, its indexes, its toast table and that one's index. */
async function nextTables(session: Session, schema: string): Promise<readonly string[]> {
  const tables = await session.rows(sql<{ name: string; locks: number }>`
    select c.relname::text as name, 3 + (select count(*)::int from pg_catalog.pg_index i where i.indrelid = c.oid) as locks
    from pg_catalog.pg_class c
    where c.oid in ${relationsIn(schema)} and c.relkind in ('r', 'p')
    order by c.relispartition desc, c.relkind = 'p', c.oid
    limit ${LOCKS_AT_ONCE}`)
  const batch: string[] = []
  let locks = 0
  for (const table of tables) {
    locks += table.locks
    if (locks > LOCKS_AT_ONCE && batch.length > 0) break
    batch.push(table.name)
  }
  return batch
}
