import { type Assurance, isSigned, type SigningKey } from '../kernel/assurance.js'
import { ident, type Sql, sql } from '../kernel/sql.js'
import type { Session } from '../postgres/session.js'

const padded = (key: Buffer, byte: number): Buffer => Buffer.alloc(64, byte).map((pad, i) => pad ^ (key[i] ?? 0)) as Buffer

/** Lets a database believe what this key signs. Repeatable. */
export const believeKey = ({ id, key }: SigningKey): Sql => sql`
  insert into tenantry.signing_key (id, key, inner_pad, outer_pad)
  values (${id}, ${key}, ${padded(key, 0x36)}, ${padded(key, 0x5c)})
  on conflict do nothing`

/** What a key has signed is refused from now on. */
export const forgetKeysBefore = (id: number): Sql => sql`delete from tenantry.signing_key where id < ${id}`

export const believedKeys = sql<{ id: number; key: Buffer }>`select id, key from tenantry.signing_key order by id`

/** Is the tenant entered with a token? */
export const isSignedPlacement = (tenant: string): Sql<{ signed: boolean }> =>
  sql<{ signed: boolean }>`select signed from tenantry.placement where tenant_id = ${tenant}`

/**
 * Where `tenantry.tenant()` and its siblings find who was entered: in a setting that everybody may write, or in one that only `enter_v2` can. While
 * tenants change from the one to the other, in either; each is then entered in exactly one way.
 */
export type Source = 'open' | 'either' | 'protected'

const OPEN = sql`pg_catalog.current_setting('tenantry.context', true)`
const PROTECTED = sql`pg_catalog.current_setting('backtrace_functions')`

const fromOpen = {
  tenant: sql`nullif(pg_catalog.left(${OPEN}, 36), '')::uuid`,
  actor: sql`nullif(pg_catalog.split_part(${OPEN}, E'\\x1f', 2), '')`,
  request: sql`nullif(pg_catalog.split_part(${OPEN}, E'\\x1f', 3), '')`,
} as const

const hex = (position: Sql): Sql =>
  sql`pg_catalog.convert_from(pg_catalog.decode(nullif(pg_catalog.split_part(${PROTECTED}, '_', ${position}), ''), 'hex'), 'UTF8')`

const fromProtected = {
  tenant: sql`nullif(pg_catalog.substr(${PROTECTED}, 3, 32), '')::uuid`,
  actor: hex(sql`3`),
  request: hex(sql`4`),
} as const

const found = (what: 'tenant' | 'actor' | 'request', source: Source): Sql =>
  ({
    open: fromOpen[what],
    protected: fromProtected[what],
    either: sql`case when ${PROTECTED} operator(pg_catalog.=) '' then ${fromOpen[what]} else ${fromProtected[what]} end`,
  })[source]

/** The bodies of the three, as the server keeps them but for white space. */
export const identitySources = (source: Source): Readonly<Record<'tenant' | 'actor' | 'request', string>> => ({
  tenant: sql`select coalesce(${found('tenant', source)}, tenantry.no_tenant())`.text,
  actor: sql`select ${found('actor', source)}`.text,
  request: sql`select ${found('request', source)}`.text,
})

/** Each one expression of the SQL language and without settings of its own, so that the planner inlines it; policies stay as they are. */
export async function readIdentityFrom(session: Session, source: Source): Promise<void> {
  await session.run(sql`
    create or replace function tenantry.tenant() returns uuid
    language sql stable parallel safe
    as $$ select coalesce(${found('tenant', source)}, tenantry.no_tenant()) $$`)
  for (const what of ['actor', 'request'] as const)
    await session.run(sql`
      create or replace function ${ident('tenantry', what)}() returns text
      language sql stable parallel safe
      as $$ select ${found(what, source)} $$`)
}

/**
 * Lets a database believe these keys and read who was entered in either way: tenants can change over one by one, and those that are made from now on are
 * entered as `assurance` says.
 */
export async function beginChange(session: Session, assurance: Assurance, keys: readonly SigningKey[]): Promise<void> {
  for (const key of keys) await session.run(believeKey(key))
  await session.run(sql`update tenantry.identity set assurance = ${assurance}`)
  await readIdentityFrom(session, 'either')
}

/** Tenants that are entered in the other way yet. */
export const tenantsToChange = (signed: boolean): Sql<{ tenant: string }> => sql<{ tenant: string }>`
  select tenant_id as tenant from tenantry.placement where signed <> ${signed} order by tenant_id`

export const allTenants = sql<{ tenant: string }>`select tenant_id as tenant from tenantry.placement order by tenant_id`

export const changeTenant = (tenant: string, signed: boolean): Sql =>
  sql`update tenantry.placement set signed = ${signed} where tenant_id = ${tenant}`

/** Every tenant has changed over. */
export async function endChange(session: Session, assurance: Assurance): Promise<void> {
  await readIdentityFrom(session, isSigned(assurance) ? 'protected' : 'open')
}

export const forgetAllKeys = sql`delete from tenantry.signing_key`

/** Makes an empty database one of this assurance. Part of the transaction that installs it. */
export async function installAssurance(session: Session, assurance: Assurance, keys: readonly SigningKey[]): Promise<void> {
  if (!isSigned(assurance)) return
  for (const key of keys) await session.run(believeKey(key))
  await session.run(sql`update tenantry.identity set assurance = ${assurance}`)
  await readIdentityFrom(session, 'protected')
}
