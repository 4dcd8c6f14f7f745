import { relationsIn } from '../isolation/in-schema.js'
import { type HomePlace, MODELS, tenantColumnOf } from '../isolation/model.js'
import { EXTENSION_SCHEMA, PLATFORM_SCHEMA, type RoleNames } from '../isolation/names.js'
import { ident, join, literal, type Sql, sql } from '../kernel/sql.js'
import type { Session } from '../postgres/session.js'
import type { TransferColumn, TransferTable } from './model.js'

/** What everything that carries rows must know of where they are. */
export interface TransferOptions {
  readonly names: RoleNames
  /** That of the project; null in one without. */
  readonly tenantColumn: string | null
  /**
   * Do the tenant's rows of platform tables go along? They are there once for each database and not once for each home: a second home of the same tenant
   * beside the first one shares them. Default true.
   */
  readonly platformRows?: boolean
}

/** A table as the live catalog has it. */
export interface FoundTable extends TransferTable {
  readonly oid: string
  readonly partitioned: boolean
  /** Undefined where all rows are the tenant's. */
  readonly tenantColumn: string | undefined
}

const quoted = (table: FoundTable, home: Pick<HomePlace, 'schema'>): Sql =>
  ident(table.of === 'home' ? home.schema : PLATFORM_SCHEMA, table.name)

/** The table in a statement that reads it: without those that inherit from it, which are tables of their own. */
export const fromTable = (table: FoundTable, home: Pick<HomePlace, 'schema'>): Sql =>
  table.partitioned ? quoted(table, home) : sql`only ${quoted(table, home)}`

export const intoTable = quoted

/** A condition for the rows of a tenant, without a bind parameter: COPY takes none. */
export const whose = (table: FoundTable, tenant: string): Sql =>
  table.tenantColumn === undefined ? sql`true` : sql`${ident(table.tenantColumn)} = ${literal(tenant)}::uuid`

export const columnList = (columns: readonly TransferColumn[]): Sql => join(columns.map(({ name }) => ident(name)))

/**
 * The tables of a home, then those of the platform that hold rows of the tenant. Partitions are part of their parents. Looked up by the schema, and told to
 * the planner: what it knows of the catalogs would have it read those of all homes (see in-schema.ts).
 */
export async function tablesOf(
  session: Session,
  home: HomePlace,
  { tenantColumn, platformRows = true }: TransferOptions,
): Promise<readonly FoundTable[]> {
  const ofHome = await tablesIn(session, 'home', home.schema, tenantColumnOf(home, tenantColumn))
  if (tenantColumn === null || !platformRows) return ofHome
  const ofPlatform = await tablesIn(session, 'platform', PLATFORM_SCHEMA, tenantColumn)
  // Without the column it is a reference table, which is every tenant's.
  return [...ofHome, ...ofPlatform.filter((table) => table.tenantColumn !== undefined)]
}

async function tablesIn(session: Session, of: 'home' | 'platform', schema: string, column: string | null): Promise<readonly FoundTable[]> {
  const found = await session.rows(sql<Omit<FoundTable, 'of' | 'tenantColumn'> & { tenanted: boolean }>`
    select c.oid::text as oid, c.relname::text as name, c.relkind = 'p' as partitioned,
           exists (select from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attname = ${column} and not a.attisdropped) as tenanted,
           coalesce((
             select jsonb_agg(jsonb_build_object(
                      'name', a.attname,
                      'type', case when starts_with(f.type, quote_ident(${schema}) || '.') then substr(f.type, length(quote_ident(${schema})) + 2)
                                   else f.type end) order by a.attnum)
             from pg_catalog.pg_attribute a
             cross join lateral (select format_type(a.atttypid, a.atttypmod) as type) f
             where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attname is distinct from ${column}::text
           ), '[]') as columns,
           case c.relkind
             when 'p' then (select coalesce(sum(pg_table_size(t.relid)), 0)::float8 from pg_partition_tree(c.oid) t where t.isleaf)
             else pg_table_size(c.oid)::float8
           end as bytes
    from pg_catalog.pg_class c
    where c.oid in ${relationsIn(schema)} and c.relkind in ('r', 'p') and not c.relispartition
    order by c.relname collate "C"`)
  return found.map(({ tenanted, ...table }) => ({ ...table, of, tenantColumn: tenanted ? column! : undefined }))
}

/** Has the statements after it look up system catalogs by their indexes alone; for the rest of a transaction, or until `asUsual`. */
export const byIndexes = sql`set local enable_seqscan = off; set local enable_hashjoin = off; set local enable_mergejoin = off`
export const asUsual = sql`set local enable_seqscan = on; set local enable_hashjoin = on; set local enable_mergejoin = on`

/** Referred tables before those that refer to them; where they refer to each other, by name. */
export async function inOrder(session: Session, tables: readonly FoundTable[]): Promise<readonly FoundTable[]> {
  const references = await session.rows(sql<{ from: string; to: string }>`
    select distinct k.conrelid::text as from, k.confrelid::text as to
    from pg_catalog.pg_constraint k
    where k.contype = 'f' and k.conrelid = any (${tables.map(({ oid }) => oid)}::oid[]) and k.conrelid <> k.confrelid`)
  const known = new Set(tables.map(({ oid }) => oid))
  const waitsFor = new Map<string, Set<string>>(tables.map(({ oid }) => [oid, new Set()]))
  for (const { from, to } of references) if (known.has(to)) waitsFor.get(from)!.add(to)
  const ordered: FoundTable[] = []
  let left = [...tables]
  while (left.length > 0) {
    const ready = left.filter(({ oid }) => waitsFor.get(oid)!.size === 0)
    const next = ready.length > 0 ? ready : left.slice(0, 1)
    ordered.push(...next)
    left = left.filter((table) => !next.includes(table))
    for (const { oid } of left) for (const done of next) waitsFor.get(oid)!.delete(done.oid)
  }
  return ordered
}

/** Tables of a home of many in which nothing says whose a row is. */
export const untold = (home: HomePlace, tables: readonly FoundTable[], { tenantColumn }: TransferOptions): readonly string[] =>
  MODELS[home.isolation].manyTenants
    ? tables.filter((table) => table.tenantColumn === undefined).map(({ name }) => `table ${name} has no column ${tenantColumn ?? ''}`)
    : []

/** The rest of a transaction as the owner of the tables, who finds the types of the home by their names. */
export const asOwner = (home: Pick<HomePlace, 'schema'>, { names }: TransferOptions): Sql =>
  sql`set local role ${ident(names.owner)}; set local search_path = ${ident(home.schema)}, ${ident(EXTENSION_SCHEMA)}, pg_temp`
