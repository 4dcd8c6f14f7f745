import { createHash } from 'node:crypto'
import { relationsIn } from '../isolation/in-schema.js'
import { type HomePlace, tenantColumnOf } from '../isolation/model.js'
import { EXTENSION_SCHEMA, PLATFORM_SCHEMA } from '../isolation/names.js'
import { fault } from '../kernel/faults.js'
import { ident, join, literal, type Sql, sql, whole } from '../kernel/sql.js'
import { openLane } from '../postgres/lane.js'
import type { Database, Session } from '../postgres/session.js'
import { lanesBeside, laneThrough } from './lanes.js'
import { streamName, type TableFingerprint, type TenantFingerprint } from './model.js'
import type { TransferOptions } from './tables.js'

// What loads rows must not be what says that they are right: this file asks the catalog by itself, and has nothing of snapshot and apply but their types.

/** How the hash of a value is made: of a number of at most 32 bits, of a UUID, of its text, or of what its type writes. */
type Hashed = 'integer' | 'uuid' | 'text' | 'written'

/** A table whose rows are added up. */
export interface SummedTable {
  readonly of: 'home' | 'platform'
  readonly name: string
  readonly partitioned: boolean
  readonly tenanted: boolean
  readonly columns: readonly { readonly name: string; readonly hashed: Hashed }[]
  /** Is the database written in UTF-8? */
  readonly utf8: boolean
}

// A cast to text is taken of PostgreSQL's own types alone: those of others may be anybody's function; and that of `bpchar` takes blanks away. A bigint is hashed
// as text: its own hash is made equal to that of smaller types, and folds 64 bits to 32.
const hashed = sql<Hashed>`
  case when b.oid in ('int2'::regtype, 'int4'::regtype) then 'integer'
       when b.oid = 'uuid'::regtype then 'uuid'
       when b.typnamespace = 'pg_catalog'::regnamespace and b.typtype = 'b' and b.typelem = 0 and b.oid <> 'bpchar'::regtype then 'text'
       else 'written' end`

const tablesIn = (of: SummedTable['of'], schema: string, column: string | null): Sql<SummedTable> => sql<SummedTable>`
  select ${of}::text as of, c.relname::text as name, c.relkind = 'p' as partitioned, getdatabaseencoding() = 'UTF8' as utf8,
         coalesce(bool_or(a.attname = ${column}), false) as tenanted,
         coalesce(jsonb_agg(jsonb_build_object('name', a.attname, 'hashed', ${hashed}) order by a.attname collate "C")
           filter (where a.attgenerated = '' and a.attname is distinct from ${column}::text), '[]') as columns
  from pg_catalog.pg_class c
  left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_catalog.pg_type t on t.oid = a.atttypid
  left join pg_catalog.pg_type b on b.oid = coalesce(nullif(t.typbasetype, 0), t.oid)
  where c.oid in ${relationsIn(schema)} and c.relkind in ('r', 'p') and not c.relispartition
  group by c.oid, c.relname, c.relkind`

/** All tables that may have rows of the tenant. */
export async function tablesToSum(session: Session, home: HomePlace, options: TransferOptions): Promise<readonly SummedTable[]> {
  const { tenantColumn, platformRows = true } = options
  const ofHome = await session.rows(tablesIn('home', home.schema, tenantColumnOf(home, tenantColumn)))
  if (tenantColumn === null || !platformRows) return ofHome
  return [...ofHome, ...(await session.rows(tablesIn('platform', PLATFORM_SCHEMA, tenantColumn))).filter(({ tenanted }) => tenanted)]
}

/** The tables of the platform that are nobody's. */
export const sharedTablesToSum = async (session: Session, tenantColumn: string | null): Promise<readonly SummedTable[]> =>
  (await session.rows(tablesIn('platform', PLATFORM_SCHEMA, tenantColumn))).filter(({ tenanted }) => !tenanted)

interface Sums {
  readonly rows: string
  readonly high: string | null
  readonly low: string | null
}

/**
 * Of the bytes in UTF-8, whatever the database is written in, and whatever its collation holds to be the same. Of a record of one the hash is that of the one,
 * and that of bytes the same as that of text.
 */
const textHash = (text: Sql, place: Sql, utf8: boolean): Sql =>
  utf8
    ? sql`hashtextextended((${text}) collate "C", ${place})`
    : sql`case when ${text} is not null then hash_record_extended(row(convert_to(${text}, 'UTF8')), ${place}) end`

/** Of one value, with the place of its column as the seed: a value that has slipped into the next column is another one. */
function hashOf({ name, hashed: how }: SummedTable['columns'][number], place: Sql, utf8: boolean): Sql {
  const column = ident(name)
  if (how === 'integer') return sql`hashint4extended(${column}, ${place})`
  if (how === 'uuid') return sql`uuid_hash_extended(${column}, ${place})`
  return textHash(how === 'text' ? sql`${column}::text` : sql`row(${column})::text`, place, utf8)
}

// Of a bigint that fits into 32 bits the hash folds nothing.
const HALF = sql`4294967295::bigint`

/**
 * Of each row one hash of 64 bits of all its values; of its halves one more each, since sums alone would not tell which values are of one row; and of each of
 * them a sum. A sum and not an exclusive or: a row that is there twice must not be as none. These are the hashes that partitions are chosen by, the same in all
 * versions of the server: a third of the time of a SHA-256 of the row. They find accidents; forgers are the business of an archive's seals. `offset 0` has each
 * row's made once.
 */
export const sumOf = (table: SummedTable, home: HomePlace, tenant: string, tenantColumn: string | null): Sql<Sums> => {
  const name = ident(table.of === 'home' ? home.schema : PLATFORM_SCHEMA, table.name)
  const mine = table.tenanted ? sql`where ${ident(tenantColumn!)} = ${literal(tenant)}::uuid` : sql``
  const values = table.columns.map((column, i) => sql`coalesce(${hashOf(column, whole(i + 1), table.utf8)}, ${whole(i + 1)})`)
  return sql<Sums>`
    select count(*)::text as rows,
           sum(hashint8extended(line & ${HALF}, 1))::text as high,
           sum(hashint8extended((line >> 32) & ${HALF}, 2))::text as low
    from (
      select ${values.length === 0 ? sql`0::bigint` : join(values, ' # ')} as line
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

/** The fingerprint of what a home has of a tenant, as of one moment, over as many connections as `lanes` (default 1). Throws SNAPSHOT_LOST. */
export async function fingerprintTenant(
  database: Pick<Database, 'config'>,
  home: HomePlace,
  tenant: string,
  options: TransferOptions & { readonly lanes?: number },
): Promise<TenantFingerprint> {
  const open = () => openLane(database.config, 'tenantry fingerprint')
  const asOwner = sql`
    set local role ${ident(options.names.owner)};
    set local search_path = ${ident(home.schema)}, ${ident(EXTENSION_SCHEMA)}, pg_temp`
  const first = await open()
  let exported = ''
  const lost = () => fault('SNAPSHOT_LOST', { home: home.schema })
  const lanes = lanesBeside(first, options.lanes ?? 1, () => laneThrough(exported, open, asOwner), lost)
  try {
    await first.session.script(sql`begin isolation level repeatable read read only`)
    ;({ exported } = await first.session.one(sql<{ exported: string }>`select pg_export_snapshot() as exported`))
    await first.session.script(asOwner)
    const tables = await tablesToSum(first.session, home, options)
    const sums = await Promise.all(
      tables.map(async (table) => {
        const { lane, giveBack } = await lanes.take()
        return lane.session.one(sumOf(table, home, tenant, options.tenantColumn)).finally(giveBack)
      }),
    )
    return fingerprintOfSums(tables, sums)
  } finally {
    await lanes.close()
  }
}
