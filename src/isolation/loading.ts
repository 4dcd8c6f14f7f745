import { type Sql, sql } from '../kernel/sql.js'
import { lockTimeout, type Session } from '../postgres/session.js'
import { assertFence, type FencingToken } from './fence.js'

/** Something that a home does without while rows are loaded. */
export interface Postponed {
  readonly kind: 'constraint' | 'index'
  readonly rel: string
  readonly name: string
}

export interface Loading {
  readonly operation: string
  readonly loaded: boolean
  readonly postponed: boolean
}

const LOCK_TIMEOUT_MS = 5_000

/** How far the rows of a tenant have come into a home. Undefined where none were ever loaded. Waits for whoever is at it. Part of a transaction. */
export async function holdLoading(session: Session, home: string, tenant: string, by: FencingToken): Promise<Loading | undefined> {
  await session.run(assertFence(by))
  await session.run(lockTimeout(LOCK_TIMEOUT_MS))
  return session.maybe(sql<Loading>`
    select operation_id as operation, loaded_at is not null as loaded, postponed <> '[]' as postponed
    from tenantry.loading
    where home_id = ${home} and tenant_id = ${tenant}
    for update`)
}

/** From now on what the home has of the tenant is this operation's to empty. */
export const beginLoading = (home: string, tenant: string, by: FencingToken): Sql => sql`
  insert into tenantry.loading as l (home_id, tenant_id, operation_id)
  values (${home}, ${tenant}, ${by.operation})
  on conflict (home_id, tenant_id) do update
    set operation_id = excluded.operation_id, begun_at = clock_timestamp(), loaded_at = null`

/** Has the home do without what rows need not be held to one by one; see sql/home. Part of the transaction that begins the load. */
export const postpone = (home: string, tenant: string, schema: string, what: { readonly keys: boolean; readonly indexes: boolean }): Sql =>
  sql`select tenantry.postpone(${home}, ${tenant}, ${schema}, ${what.keys}, ${what.indexes})`

export const postponedOf = async (session: Session, home: string, tenant: string): Promise<readonly Postponed[]> =>
  (
    await session.one(sql<{ postponed: readonly Postponed[] }>`
      select postponed from tenantry.loading where home_id = ${home} and tenant_id = ${tenant}`)
  ).postponed

/** The n-th of them, counted from 0. Repeatable. */
export const makeAgain = (home: string, tenant: string, n: number): Sql => sql`select tenantry.make_again(${home}, ${tenant}, ${n})`

/** Nothing is left to know of a load when its tenant leaves the home. In a database of an older release nothing was ever loaded. */
export async function forgetLoading(session: Session, tenant: string, home: string): Promise<void> {
  const { there } = await session.one(sql<{ there: boolean }>`select to_regclass('tenantry.loading') is not null as there`)
  if (there) await session.run(sql`delete from tenantry.loading where tenant_id = ${tenant} and home_id = ${home}`)
}

export const endLoading = (home: string, tenant: string): Sql => sql`
  update tenantry.loading set loaded_at = clock_timestamp(), postponed = '[]' where home_id = ${home} and tenant_id = ${tenant}`

/** The schema version of a home, and the files that were its making. Undefined where the database does not know the home. */
export async function standingOf(
  session: Session,
  home: string,
): Promise<
  | { readonly version: string; readonly ledger: readonly { readonly version: string; readonly name: string; readonly checksum: string }[] }
  | undefined
> {
  const found = await session.maybe(sql<{ version: string }>`select version from tenantry.home where id = ${home}`)
  if (found === undefined) return undefined
  const ledger = await session.rows(ledgerOf(home))
  return { version: found.version, ledger }
}

/** The files that were the making of a home, or of the platform tables, whose ledger has an id of its own. */
export const ledgerOf = (home: string): Sql<{ version: string; name: string; checksum: string }> => sql<{
  version: string
  name: string
  checksum: string
}>`
  select version, name, checksum from tenantry.migration where home_id = ${home} order by length(version), version`
