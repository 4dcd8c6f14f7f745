import { fault } from '../kernel/faults.js'
import { ident, join, literal, type Sql, sql } from '../kernel/sql.js'
import type { Session } from '../postgres/session.js'
import { functionsIn, relationsIn } from './in-schema.js'
import { PLATFORM_SCHEMA, type RoleNames } from './names.js'

export interface Relation {
  readonly name: string
  readonly kind: 'r' | 'p' | 'v' | 'm' | 'S' | 'f'
  readonly partition: boolean
  readonly rls: boolean
  readonly policies: readonly string[]
  /** To anybody but its owner. */
  readonly granted: boolean
  readonly tenanted: boolean
  readonly columns: readonly string[]
  /** What is granted on it, as the server writes it; null is what its owner has. */
  readonly acl: string | null
}

/** What the walls of a schema need to know: live, from pg_catalog. */
export const relationsOf = (schema: string, tenantColumn: string | null): Sql<Relation> => sql<Relation>`
  select c.relname::text as name,
         c.relkind::text as kind,
         c.relispartition as partition,
         c.relrowsecurity as rls,
         coalesce((select array_agg(p.polname::text) from pg_catalog.pg_policy p where p.polrelid = c.oid), '{}') as policies,
         exists (select 1 from aclexplode(c.relacl) as a where a.grantee <> c.relowner) as granted,
         exists (select 1 from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attname = ${tenantColumn} and not a.attisdropped) as tenanted,
         coalesce((
           select array_agg(a.attname::text order by a.attnum)
           from pg_catalog.pg_attribute a
           where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
         ), '{}') as columns,
         c.relacl::text as acl
  from pg_catalog.pg_class c
  where c.oid in ${relationsIn(schema)}
    and c.relkind in ('r', 'p', 'v', 'm')
  order by c.relname`

/** Functions and views of a schema that are not in the hands of the right owner yet. */
export interface Code {
  /** The signature of each, with the name of the schema left out wherever it stands: the parts between. */
  readonly functions: readonly (readonly string[])[]
  readonly views: readonly string[]
}

export async function codeOf(session: Session, schema: string, names: RoleNames): Promise<Code> {
  const functions = await session.rows(sql<{ signature: string; prefix: string }>`
    select p.oid::regprocedure::text as signature, quote_ident(${schema}) || '.' as prefix
    from pg_catalog.pg_proc p
    where p.oid in ${functionsIn(schema)}
      and p.proowner <> to_regrole(quote_ident(${names.code}))`)
  const views = await session.rows(sql<{ name: string }>`
    select c.relname::text as name
    from pg_catalog.pg_class c
    where c.oid in ${relationsIn(schema)}
      and c.relkind = 'v'
      and c.relowner <> to_regrole(quote_ident(${names.code}))`)
  return { functions: functions.map(({ signature, prefix }) => signature.split(wholeWord(prefix))), views: views.map(({ name }) => name) }
}

// The schema `t` is no part of `ext.citext`.
const wholeWord = (prefix: string): RegExp => new RegExp(`(?<![\\p{L}\\p{N}_$"])${prefix.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`, 'u')

/**
 * Hands functions and views of a schema to the owner that RLS binds. Functions and security-invoker views run with the caller's rights anyway; the
 * others would otherwise run with the rights of the owner of the tables, who sees every row.
 */
function handOver({ functions, views }: Code, schema: string, names: RoleNames): readonly Sql[] {
  if (functions.length + views.length === 0) return []
  const qualified = (parts: readonly string[]): string => parts.join(`${ident(schema).text}.`)
  return [
    // ALTER … OWNER wants the new owner to be allowed to create there, for as long as it takes.
    sql`grant create on schema ${ident(schema)} to ${ident(names.code)}`,
    ...functions.map((parts) => sql`select tenantry.hand_over_function(${literal(qualified(parts))}, ${literal(names.code)})`),
    ...views.map((name) => sql`alter view ${ident(schema, name)} owner to ${ident(names.code)}`),
    sql`revoke create on schema ${ident(schema)} from ${ident(names.code)}`,
  ]
}

export const handOverCode = async (session: Session, schema: string, names: RoleNames): Promise<void> =>
  inOneMessage(session, handOver(await codeOf(session, schema, names), schema, names))

/** A home of fifty tables has some three hundred statements of walls: one by one, their round trips would cost more than their work. */
const inOneMessage = async (session: Session, statements: readonly Sql[]): Promise<void> => {
  if (statements.length > 0) await session.script(join(statements, ';\n'))
}

/** What the walls of a home are made from; no name of the home is in it. */
export interface WallPlan {
  readonly code: Code
  readonly relations: readonly Relation[]
  readonly security: RowSecurity
}

async function wallPlanOf(session: Session, schema: string, names: RoleNames, tenantColumn: string | null): Promise<WallPlan> {
  return {
    code: await codeOf(session, schema, names),
    relations: await session.rows(relationsOf(schema, tenantColumn)),
    security: await rowSecurity(session, names, tenantColumn),
  }
}

/**
 * Raises the walls of a home after its tables changed: row-level security wherever there is a tenant column, grants for the home's role and nobody
 * else. A home of one tenant gets the policies too: keys begin with the tenant column everywhere, and it is the policy that makes `where id = $1` find
 * them. Partitions are reached through their parent alone: they get no grant, and RLS without a policy.
 */
export function homeWalls({ code, relations, security }: WallPlan, home: WalledHome, names: RoleNames): readonly Sql[] {
  return [
    ...handOver(code, home.schema, names),
    ...relations.flatMap((relation) => rowSecurityOf(ident(home.schema, relation.name), relation, security)),
    ...homeGrants(relations, home, names, security.tenantColumn),
  ]
}

interface WalledHome {
  readonly schema: string
  readonly role: string
  readonly isolation: string
}

/** Answers what they were made from. */
export async function raiseHomeWalls(session: Session, home: WalledHome, names: RoleNames, tenantColumn: string | null): Promise<WallPlan> {
  const plan = await wallPlanOf(session, home.schema, names, tenantColumn)
  await inOneMessage(session, [
    sql`grant usage on schema ${ident(home.schema)} to ${ident(home.role)}, ${ident(names.code)}`,
    ...homeWalls(plan, home, names),
  ])
  return plan
}

/** The same for one table alone, whose home has its walls. */
export async function raiseTableWalls(
  session: Session,
  home: WalledHome,
  table: string,
  names: RoleNames,
  tenantColumn: string | null,
): Promise<void> {
  const security = await rowSecurity(session, names, tenantColumn)
  const relations = (await session.rows(relationsOf(home.schema, tenantColumn))).filter(({ name }) => name === table)
  const walls = relations.flatMap((relation) => rowSecurityOf(ident(home.schema, relation.name), relation, security))
  await inOneMessage(session, [...walls, ...homeGrants(relations, home, names, tenantColumn)])
}

/**
 * A materialised view knows no row-level security. Where others can come to its home's role, which is in every database that several homes share, only
 * the view in front of it may read it, which the gate has checked. Without a tenant column there is nothing that such a view could ask.
 */
export const mayReadMaterialised = ({ isolation }: { readonly isolation: string }, tenantColumn: string | null): boolean =>
  isolation === 'database' || tenantColumn === null

function homeGrants(relations: readonly Relation[], home: WalledHome, names: RoleNames, tenantColumn: string | null): readonly Sql[] {
  const [role, code] = [ident(home.role), ident(names.code)]
  const grant = (rights: Sql, kinds: readonly Relation['kind'][], to: Sql): readonly Sql[] => {
    const granted = relations
      .filter(({ kind, partition }) => !partition && kinds.includes(kind))
      .map(({ name }) => ident(home.schema, name))
    return granted.length === 0 ? [] : [sql`grant ${rights} on ${join(granted)} to ${to}`]
  }
  return [
    ...attached(relations).map(({ name }) => sql`revoke all on ${ident(home.schema, name)} from ${role}`),
    ...grant(sql`select, insert, update, delete`, ['r', 'p'], role),
    ...grant(sql`select`, ['v'], role),
    ...grant(sql`select`, ['m'], mayReadMaterialised(home, tenantColumn) ? sql`${role}, ${code}` : code),
  ]
}

/** Partitions that have stood by themselves, and were reached directly then. */
const attached = (relations: readonly Relation[]): readonly Relation[] => relations.filter(({ partition, granted }) => partition && granted)

/** Raises the walls of the platform tables: reference tables are read-only, tenant-owned ones stand behind the same policies as shared homes. */
export async function raisePlatformWalls(
  session: Session,
  names: RoleNames,
  tenantColumn: string | null,
  hidden: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  await handOverCode(session, PLATFORM_SCHEMA, names)
  const security = await rowSecurity(session, names, tenantColumn)
  const relations = await session.rows(relationsOf(PLATFORM_SCHEMA, tenantColumn))
  await inOneMessage(
    session,
    relations.flatMap((relation) => platformWallsOf(relation, security, names, hidden[relation.name] ?? [])),
  )
}

function platformWallsOf(relation: Relation, security: RowSecurity, names: RoleNames, concealed: readonly string[]): readonly Sql[] {
  const table = ident(PLATFORM_SCHEMA, relation.name)
  const [everyTenant, code] = [ident(names.tenant), ident(names.code)]
  if (relation.kind === 'v') return [sql`grant select on ${table} to ${everyTenant}`]
  if (relation.kind !== 'r' && relation.kind !== 'p') return []
  const readable =
    concealed.length === 0 ? sql`` : sql`(${join(relation.columns.filter((c) => !concealed.includes(c)).map((c) => ident(c)))})`
  const taken = attached([relation]).map(() => sql`revoke all on ${table} from ${everyTenant}, ${code}`)
  if (!relation.tenanted) {
    if (relation.partition) return taken
    return [
      sql`revoke all on ${table} from ${everyTenant}`,
      sql`grant select ${readable} on ${table} to ${everyTenant}`,
      sql`grant select on ${table} to ${code}`,
    ]
  }
  const walls = rowSecurityOf(table, relation, security)
  if (relation.partition) return [...walls, ...taken]
  return [
    ...walls,
    sql`revoke all on ${table} from ${everyTenant}`,
    sql`grant select ${readable}, insert ${readable}, update ${readable} on ${table} to ${everyTenant}`,
    sql`grant delete on ${table} to ${everyTenant}`,
    // The functions that may see what tenants may not: themselves bound by the tenant's policy.
    sql`grant select, insert, update, delete on ${table} to ${code}`,
  ]
}

/** Throws CONFIG_INVALID when a column that is to be hidden is not there: such a slip of the pen would leave a secret readable. */
export async function assertHidden(session: Session, hidden: Readonly<Record<string, readonly string[]>>): Promise<void> {
  const relations = await session.rows(relationsOf(PLATFORM_SCHEMA, null))
  const missing = Object.entries(hidden).flatMap(([table, columns]) => {
    const relation = relations.find(({ name }) => name === table)
    return columns
      .filter((column) => !relation?.columns.includes(column))
      .map((column) => `hidden: there is no column ${PLATFORM_SCHEMA}.${table}.${column}`)
  })
  if (missing.length > 0) throw fault('CONFIG_INVALID', { path: 'the configuration', issues: missing })
}

export interface RowSecurity {
  readonly tenantColumn: string | null
  /**
   * Binds the owner of the tables as well. Migrations must see every row, so this needs an owner with BYPASSRLS, which only a superuser can make; an
   * unhardened cluster does without, and cannot have shared homes.
   */
  readonly force: boolean
}

async function rowSecurity(session: Session, names: RoleNames, tenantColumn: string | null): Promise<RowSecurity> {
  const { force } = await session.one(
    sql<{ force: boolean }>`select rolbypassrls as force from pg_catalog.pg_roles where rolname = ${names.owner}`,
  )
  return { tenantColumn, force }
}

/**
 * Row-level security of one table, FORCEd. The restrictive policy is the wall: whatever other policy a table has or gets, a row of another tenant does
 * not pass it. It is `to public`, since a role could take itself out of a policy that names it. It compares with a sub-select, which the planner runs once
 * per statement and can use an index for. The permissive one says nothing (there must be one, or nothing passes): the same comparison twice would be run
 * twice, and costs a scope more than a lock does.
 */
function rowSecurityOf(table: Sql, relation: Relation, { tenantColumn, force }: RowSecurity): readonly Sql[] {
  if (tenantColumn === null || (relation.kind !== 'r' && relation.kind !== 'p')) return []
  const forced = force ? sql`, force row level security` : sql``
  const enabled = relation.rls ? [] : [sql`alter table ${table} enable row level security${forced}`]
  if (relation.partition)
    return [
      ...enabled,
      ...POLICIES.filter((name) => relation.policies.includes(name)).map((name) => sql`drop policy ${ident(name)} on ${table}`),
    ]
  if (!relation.tenanted) return enabled
  const missing = POLICIES.filter((name) => !relation.policies.includes(name))
  return [...enabled, ...missing.map((name) => createPolicy(name, table, tenantColumn))]
}

export const POLICIES = ['tenantry_tenant', 'tenantry_fence'] as const

export function createPolicy(name: (typeof POLICIES)[number], table: Sql, tenantColumn: string): Sql {
  if (name === 'tenantry_tenant')
    return sql`create policy tenantry_tenant on ${table} as permissive for all to public using (true) with check (true)`
  const mine = sql`${ident(tenantColumn)} = (select tenantry.tenant())`
  return sql`create policy tenantry_fence on ${table} as restrictive for all to public using (${mine}) with check (${mine})`
}
