import { relationsIn } from '../isolation/in-schema.js'
import { ledgerOf } from '../isolation/loading.js'
import type { HomePlace } from '../isolation/model.js'
import { EXTENSION_SCHEMA, PLATFORM_SCHEMA } from '../isolation/names.js'
import { ident, type Sql, sql } from '../kernel/sql.js'
import { openLane } from '../postgres/lane.js'
import type { Database, Session } from '../postgres/session.js'
import { fingerprintOfFacts } from '../schema/drift/facts.js'
import { fingerprintOfSums, sharedTablesToSum, sumOf } from './fingerprint.js'
import type { ReadTable, TenantFingerprint, TransferSequence, TransferTable, WalPosition } from './model.js'
import { sequencesOf } from './sequences.js'
import { definitionAlone, settle } from './settle.js'
import { columnList, type FoundTable, fromTable, inOrder, type TransferOptions } from './tables.js'

/** The tables that all tenants of a database share, as of one moment: those without a tenant column. The rows of the others go with their tenants. */
export interface PlatformSnapshot {
  readonly at: string
  readonly wal: WalPosition
  readonly serverVersion: number
  readonly shape: string
  readonly ledger: readonly { readonly version: string; readonly name: string; readonly checksum: string }[]
  readonly tables: readonly TransferTable[]
  readonly sequences: readonly TransferSequence[]
  readonly fingerprint: TenantFingerprint
  /** One at a time. */
  readonly read: ReadTable
  readonly close: () => Promise<void>
}

// As a place of tables, the schema of the platform is like a home that is nobody's.
const PLACE = { schema: PLATFORM_SCHEMA } as HomePlace

const shared = (tenantColumn: string | null): Sql<FoundTable> => sql<FoundTable>`
  select c.oid::text as oid, 'platform' as of, c.relname::text as name, c.relkind = 'p' as partitioned, null as "tenantColumn",
         coalesce((
           select jsonb_agg(jsonb_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod)) order by a.attnum)
           from pg_catalog.pg_attribute a
           where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''), '[]') as columns,
         pg_table_size(c.oid)::float8 as bytes
  from pg_catalog.pg_class c
  where c.oid in ${relationsIn(PLATFORM_SCHEMA)} and c.relkind in ('r', 'p') and not c.relispartition
    and not exists (select from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attname = ${tenantColumn} and not a.attisdropped)
  order by c.relname collate "C"`

/** Close it on every path; what would change the tables waits until then. Throws SNAPSHOT_BLOCKED. */
export async function openPlatformSnapshot(
  database: Pick<Database, 'config'>,
  ledger: string,
  { names, tenantColumn }: TransferOptions,
): Promise<PlatformSnapshot> {
  const lane = await openLane(database.config, 'tenantry snapshot')
  try {
    const { session } = lane
    const find = (): Promise<readonly FoundTable[]> => session.rows(shared(tenantColumn))
    const { tables, ...known } = await settle(lane, PLACE, find, {}, async (found, wal) => ({
      ...(await session.one(sql<{ at: string; serverVersion: number }>`
        select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at,
               current_setting('server_version_num')::int as "serverVersion"`)),
      wal,
      tables: await inOrder(session, found),
      shape: fingerprintOfFacts(await definitionAlone(session, PLACE), 'shape'),
      ledger: await session.rows(ledgerOf(ledger)),
      sequences: await sequencesOf(session, PLACE),
    }))
    await session.script(
      sql`set local role ${ident(names.owner)}; set local search_path = ${ident(PLATFORM_SCHEMA)}, ${ident(EXTENSION_SCHEMA)}, pg_temp`,
    )
    const fingerprint = await fingerprintIn(session, tenantColumn)
    return {
      ...known,
      tables: tables.map(({ of, name, columns, bytes }) => ({ of, name, columns, bytes })),
      fingerprint,
      read: (wanted) => {
        const table = tables.find(({ name }) => name === wanted.name)!
        return lane.copyOut(sql`copy (select ${columnList(table.columns)} from ${fromTable(table, PLACE)}) to stdout (format text)`)
      },
      close: lane.close,
    }
  } catch (error) {
    await lane.close()
    throw error
  }
}

async function fingerprintIn(session: Session, tenantColumn: string | null): Promise<TenantFingerprint> {
  const all = await sharedTablesToSum(session, tenantColumn)
  const sums = []
  for (const table of all) sums.push(await session.one(sumOf(table, PLACE, '', null)))
  return fingerprintOfSums(all, sums)
}
