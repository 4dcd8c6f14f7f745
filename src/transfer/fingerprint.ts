import { createHash } from 'node:crypto'
import { relationsIn } from '../isolation/in-schema.js'
import { type HomePlace, tenantColumnOf } from '../isolation/model.js'
import { EXTENSION_SCHEMA, PLATFORM_SCHEMA } from '../isolation/names.js'
import { ident, join, literal, type Sql, sql } from '../kernel/sql.js'
import { openLane } from '../postgres/lane.js'
import type { Database, Session } from '../postgres/session.js'
import { streamName, type TableFingerprint, type TenantFingerprint } from './model.js'
import type { TransferOptions } from './tables.js'

// What loads rows must not be what says that they are right: this file asks the catalog by itself, and has nothing of snapshot and apply but their types.

/** A table whose rows are added up. */
export interface SummedTable {
  readonly of: 'home' | 'platform'
  readonly name: string
  readonly partitioned: boolean
  readonly tenanted: boolean
  readonly columns: readonly string[]
}

const tablesIn = (of: SummedTable['of'], schema: string, column: string | null): Sql<SummedTable> => sql<SummedTable>`
  select ${of}::text as of, c.relname::text as name, c.relkind = 'p' as partitioned,
         coalesce(bool_or(a.attname = ${column}), false) as tenanted,
         coalesce(array_agg(a.attname::text order by a.attname collate "C")
           filter (where a.attgenerated = '' and a.attname is distinct from ${column}::text), '{}') as columns
  from pg_catalog.pg_class c
  left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where c.oid in ${relationsIn(schema)} and c.relkind in ('r', 'p') and not c.relispartition
  group by c.oid, c.relname, c.relkind`

/** All tables that may have rows of the tenant. */
export async function tablesToSum(session: Session, home: HomePlace, options: TransferOptions): Promise<readonly SummedTable[]> {
  const { tenantColumn, platformRows = true } = options
  const ofHome = await session.rows(tablesIn('home', home.schema, tenantColumnOf(home, tenantColumn)))
  if (tenantColumn === null || !platformRows) return ofHome
  return [...ofHome, ...(await session.rows(tablesIn('platform', PLATFORM_SCHEMA, tenantColumn))).filter(({ tenanted }) => tenanted)]
}

interface Sums {
  readonly rows: string
  readonly high: string | null
  readonly low: string | null
}

/**
 * Each row as the server writes it, its columns in the order of their names; of that a digest, and of the digests two sums. A sum and not an exclusive or: a
 * row that is there twice must not be as none. `offset 0` has each digest made once.
 */
export const sumOf = (table: SummedTable, home: HomePlace, tenant: string, tenantColumn: string | null): Sql<Sums> => {
  const name = ident(table.of === 'home' ? home.schema : PLATFORM_SCHEMA, table.name)
  const mine = table.tenanted ? sql`where ${ident(tenantColumn!)} = ${literal(tenant)}::uuid` : sql``
  return sql<Sums>`
    select count(*)::text as rows,
           sum(('x' || substr(digest, 1, 16))::bit(64)::bigint)::text as high,
           sum(('x' || substr(digest, 17, 16))::bit(64)::bigint)::text as low
    from (
      select encode(sha256(convert_to(row(${join(table.columns.map((column) => ident(column)))})::text, 'UTF8')), 'hex') as digest
      from ${table.partitioned ? name : sql`only ${name}`} ${mine}
      offset 0
    ) each_row`
}

const hex = (sum: string | null): string =>
  BigInt.asUintN(64, BigInt(sum ?? '0'))
    .toString(16)
    .padStart(16, '0')

/** The fingerprint that the sums of these tables make, in their order. */
export function fingerprintOfSums(tables: readonly SummedTable[], sums: readonly Sums[]): TenantFingerprint {
  const summed = sums.map(({ rows, high, low }, i): readonly [string, TableFingerprint] => [
    streamName(tables[i]!),
    { rows, sum: hex(high) + hex(low) },
  ])
  summed.sort(([a], [b]) => (a < b ? -1 : 1))
  return { tables: Object.fromEntries(summed), whole: createHash('sha256').update(JSON.stringify(summed)).digest('hex') }
}

/** The fingerprint of what a home has of a tenant, as of one moment. */
export async function fingerprintTenant(
  database: Pick<Database, 'config'>,
  home: HomePlace,
  tenant: string,
  options: TransferOptions,
): Promise<TenantFingerprint> {
  const lane = await openLane(database.config, 'tenantry fingerprint')
  const { session } = lane
  try {
    await session.script(sql`
      begin isolation level repeatable read read only;
      set local role ${ident(options.names.owner)};
      set local search_path = ${ident(home.schema)}, ${ident(EXTENSION_SCHEMA)}, pg_temp`)
    const tables = await tablesToSum(session, home, options)
    const sums: Sums[] = []
    for (const table of tables) sums.push(await session.one(sumOf(table, home, tenant, options.tenantColumn)))
    return fingerprintOfSums(tables, sums)
  } finally {
    await lane.close()
  }
}
