import { ident, literal, type Sql, sql } from '../kernel/sql.js'
import { type Database, lockTimeout, type Session } from '../postgres/session.js'
import { assertFence, type FencingToken } from './fence.js'
import type { RoleNames } from './names.js'
import { raiseTableWalls } from './walls.js'

/** The home of tenants that are rehearsed with. */
export interface ScratchHome {
  readonly id: string
  readonly isolation: string
  readonly schema: string
  readonly role: string
}

/** What rows say of themselves, whatever stands around them: whose they are, who changed them last, and whether they were to be rolled back. */
const COLUMNS = sql`owner text not null, toucher text not null, doomed boolean not null default false`

const LOCK_TIMEOUT_MS = 5_000

/** Makes a table in a home beside those of its migrations, behind the same walls. Repeatable. */
export async function makeScratchTable(
  database: Database,
  home: ScratchHome,
  table: string,
  context: { readonly names: RoleNames; readonly tenantColumn: string | null; readonly by: FencingToken },
): Promise<void> {
  const { names, tenantColumn, by } = context
  await database.transaction(async (session) => {
    await session.run(assertFence(by))
    await session.run(lockTimeout(LOCK_TIMEOUT_MS))
    const column = tenantColumn === null ? undefined : ident(tenantColumn)
    await session.script(sql`set local role ${ident(names.owner)}`)
    await session.run(sql`
      create table if not exists ${ident(home.schema, table)} (
        ${column === undefined ? sql`` : sql`${column} uuid not null default tenantry.tenant(),`}
        id bigint generated always as identity,
        ${COLUMNS},
        primary key (${column === undefined ? sql`` : sql`${column}, `}id)
      )`)
    await session.script(sql`set local role none`)
    await raiseTableWalls(session, home, table, names, tenantColumn)
  })
}

/** Repeatable; a home that is gone has taken it along. */
export async function dropScratchTable(database: Database, home: ScratchHome, table: string, by: FencingToken): Promise<void> {
  await database.transaction(async (session) => {
    await session.run(assertFence(by))
    await session.run(lockTimeout(LOCK_TIMEOUT_MS))
    if ((await session.maybe(sql`select 1 as found where to_regnamespace(quote_ident(${home.schema})) is not null`)) === undefined) return
    await session.run(sql`drop table if exists ${ident(home.schema, table)}`)
  })
}

export interface ScratchRows {
  readonly rows: number
  readonly misplaced: number
  readonly doomed: number
}

/** What lies in the table of a home, seen from above the walls. `tenant`: whose the whole home is, if it is one tenant's. */
export const countScratchRows = (
  database: Database,
  home: ScratchHome,
  table: string,
  { names, tenantColumn, tenant }: { readonly names: RoleNames; readonly tenantColumn: string | null; readonly tenant: string | undefined },
): Promise<ScratchRows> =>
  database.transaction(async (session) => {
    // The owner of the tables sees every row, also where the administrator is no superuser.
    await session.script(sql`set local role ${ident(names.owner)}`)
    const whose = tenant === undefined ? sql`${ident(tenantColumn!)}::text` : sql`${tenant}::text`
    const column = tenantColumn === null ? whose : sql`${ident(tenantColumn)}::text`
    return session.one(sql<ScratchRows>`
      select count(*)::int as rows,
             count(*) filter (where ${whose} is distinct from owner or ${whose} is distinct from toucher or ${whose} is distinct from ${column})::int
               as misplaced,
             count(*) filter (where doomed)::int as doomed
      from ${ident(home.schema, table)}`)
  })

// --- the control: what people do without walls, in schemas of its own

export type Pattern = 'schemas' | 'rows'

export const controlSchema = (mark: string, place: number | Pattern): string => `tny_leak_${mark}_${place}`

/** Tables that a login may read and write by itself, so many schemas with one each and one table that its tenants share. Repeatable. */
export async function makeControl(database: Database, mark: string, login: string, schemas: number, by: FencingToken): Promise<void> {
  await database.transaction(async (session) => {
    await session.run(assertFence(by))
    const to = ident(login)
    for (let at = 0; at < schemas; at++)
      await makeOne(session, controlSchema(mark, at), sql`id bigint generated always as identity primary key`, to)
    const shared = controlSchema(mark, 'rows')
    const mine = sql`tenant_id = current_setting('app.current_tenant')::uuid`
    const made = await makeOne(
      session,
      shared,
      sql`tenant_id uuid not null default current_setting('app.current_tenant')::uuid, id bigint generated always as identity, primary key (tenant_id, id)`,
      to,
    )
    if (!made) return
    await session.run(sql`alter table ${ident(shared, 'parcel')} enable row level security`)
    await session.run(sql`create policy tenant_isolation on ${ident(shared, 'parcel')} using (${mine})`)
  })
}

async function makeOne(session: Session, schema: string, keys: Sql, login: Sql): Promise<boolean> {
  if ((await session.maybe(sql`select 1 as found where to_regnamespace(quote_ident(${schema})) is not null`)) !== undefined) return false
  await session.run(sql`create schema ${ident(schema)}`)
  await session.run(sql`create table ${ident(schema, 'parcel')} (${keys}, ${COLUMNS})`)
  await session.run(sql`grant usage on schema ${ident(schema)} to ${login}`)
  await session.run(sql`grant select, insert, update on ${ident(schema, 'parcel')} to ${login}`)
  return true
}

/** Repeatable. */
export async function dropControl(database: Database, mark: string, by: FencingToken): Promise<void> {
  const found = await database.rows(sql<{ name: string }>`
    select nspname::text as name from pg_catalog.pg_namespace where starts_with(nspname, ${`tny_leak_${mark}_`}) order by 1`)
  for (const { name } of found) {
    await database.transaction(async (session) => {
      await session.run(assertFence(by))
      await session.run(sql`drop schema if exists ${ident(name)} cascade`)
    })
  }
}

/** What lies in one schema of the control. `tenant`: whose it is, if it is one tenant's. */
export const countControlRows = (database: Database, schema: string, tenant: string | undefined): Promise<ScratchRows> => {
  const whose = tenant === undefined ? sql`tenant_id::text` : literal(tenant)
  return database.one(sql<ScratchRows>`
    select count(*)::int as rows, count(*) filter (where owner <> ${whose} or toucher <> ${whose})::int as misplaced,
           count(*) filter (where doomed)::int as doomed
    from ${ident(schema, 'parcel')}`)
}
