import { fault } from '../kernel/faults.js'
import { ident, join, type Sql, sql } from '../kernel/sql.js'
import { DriverError } from '../postgres/errors.js'
import { jsonBatches } from './bulk.js'
import type { Scope } from './scope.js'

/** Objects whose fields are columns. */
export type Records = Iterable<object> | AsyncIterable<object>

export interface UpsertOptions {
  /** The columns of the unique key that decides whether a row is there. The tenant column may be left out. */
  readonly on: readonly string[]
  /** What is written to a row that is there. Default: all given columns that are not of the key. `nothing` leaves it as it is. */
  readonly update?: readonly string[] | 'nothing'
  /**
   * Two rows with one key in one batch (1,000 rows, or 4 million characters): `refuse` throws BATCH_DUPLICATE, `last` lets the later one win. In
   * different batches the later one wins always. Default `refuse`.
   */
  readonly duplicates?: 'refuse' | 'last'
}

/**
 * Inserts records in batches, each one statement of bounded size. All have the columns of the first one; every other column gets its default. Answers how
 * many were written. Throws BATCH_INVALID, or PostgreSQL's own error, which ends the scope as any other does.
 */
export async function insertMany(scope: Pick<Scope, 'run'>, table: string, records: Records): Promise<number> {
  let written = 0
  const alike = checkAlike(table, records)
  for await (const batch of jsonBatches(alike.records)) {
    const list = listOf(alike.columns())
    written += await scope.run(sql`
      insert into ${ident(table)} (${list})
      select ${list} from jsonb_populate_recordset(null::${ident(table)}, ${batch}::jsonb)`)
  }
  return written
}

/** Inserts records, or updates those that are there, as `insertMany` does. Answers how many were inserted or updated. */
export async function upsertMany(
  scope: Pick<Scope, 'run' | 'rows'>,
  table: string,
  records: Records,
  options: UpsertOptions,
): Promise<number> {
  const { on, update, duplicates = 'refuse' } = options
  let written = 0
  let key: UniqueKey | undefined
  const alike = checkAlike(table, records)
  for await (const batch of jsonBatches(alike.records)) {
    const columns = alike.columns()
    key ??= await uniqueKey(scope, table, on)
    const changed = update === 'nothing' ? [] : (update ?? columns.filter((column) => !key!.columns.includes(column)))
    const strange = [...on, ...changed].find((column) => !columns.includes(column))
    if (strange !== undefined) throw fault('BATCH_INVALID', { table, reason: `the rows have no column "${strange}"` })
    const action =
      changed.length === 0
        ? sql`nothing`
        : sql`update set ${join(changed.map((column) => sql`${ident(column)} = excluded.${ident(column)}`))}`
    try {
      written += await scope.run(sql`
        insert into ${ident(table)} (${listOf(columns)})
        ${duplicates === 'last' ? lastOf(table, columns, batch, key) : allOf(table, columns, batch)}
        on conflict (${listOf(key.columns)}) do ${action}`)
    } catch (error) {
      if (isSecondTime(error)) throw fault('BATCH_DUPLICATE', { table, on }, { cause: error })
      throw error
    }
  }
  return written
}

/** "ON CONFLICT DO UPDATE command cannot affect row a second time"; a trigger can have the same SQLSTATE for reasons of its own. */
const isSecondTime = (error: unknown): boolean =>
  error instanceof DriverError && error.code === '21000' && error.routine === 'ExecOnConflictUpdate'

const listOf = (columns: readonly string[]): Sql => join(columns.map((column) => ident(column)))

/** Records are read in a stream; what differs from the first one is a fault, since a column that is missing would overwrite with null. */
function checkAlike(
  table: string,
  records: Records,
): { records: AsyncGenerator<Readonly<Record<string, unknown>>>; columns: () => readonly string[] } {
  let columns: readonly string[] = []
  const checked = async function* () {
    let n = 0
    for await (const given of records) {
      const record = given as Readonly<Record<string, unknown>>
      const names = Object.keys(record)
      if (n === 0) columns = names
      if (names.length === 0) throw fault('BATCH_INVALID', { table, reason: 'a row without a column' })
      const strange = names.length === columns.length ? columns.find((column) => !Object.hasOwn(record, column)) : ''
      if (strange !== undefined) throw fault('BATCH_INVALID', { table, reason: `row ${n + 1} has other columns than the first one` })
      const missing = names.find((name) => record[name] === undefined)
      if (missing !== undefined)
        throw fault('BATCH_INVALID', { table, reason: `"${missing}" of row ${n + 1} is undefined; null is SQL's null` })
      n++
      yield record
    }
  }
  return { records: checked(), columns: () => columns }
}

const allOf = (table: string, columns: readonly string[], batch: string): Sql =>
  sql`select ${listOf(columns)} from jsonb_populate_recordset(null::${ident(table)}, ${batch}::jsonb)`

/** Which rows have the same key is for the columns' types to say, so PostgreSQL compares them. A key with a null in it is like no other. */
function lastOf(table: string, columns: readonly string[], batch: string, key: UniqueKey): Sql {
  const given = key.columns.filter((column) => columns.includes(column))
  const names = join(given.map((column) => sql`r.${ident(column)}`))
  const unlike = key.nullsAlike ? sql`` : sql`, case when num_nulls(${names}) > 0 then e.n end`
  return sql`
    select distinct on (${names}${unlike}) ${join(columns.map((column) => sql`r.${ident(column)}`))}
    from jsonb_array_elements(${batch}::jsonb) with ordinality as e (doc, n), jsonb_populate_record(null::${ident(table)}, e.doc) as r
    order by ${names}${unlike}, e.n desc`
}

interface UniqueKey {
  readonly columns: readonly string[]
  readonly nullsAlike: boolean
}

interface FoundKey extends UniqueKey {
  /** Those that are filled with the scope's tenant. */
  readonly tenant: readonly string[]
}

const findKeys = (table: string): Sql<FoundKey> => sql<FoundKey>`
  select
    array_agg(a.attname::text order by k.n) as columns,
    bool_or(i.indnullsnotdistinct) as "nullsAlike",
    coalesce(
      array_agg(a.attname::text) filter (where pg_get_expr(d.adbin, d.adrelid) like 'tenantry.tenant()%'),
      '{}'
    ) as tenant
  from pg_catalog.pg_index i
    cross join lateral unnest(i.indkey::int2[]) with ordinality as k (attnum, n)
    join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
    left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where i.indrelid = to_regclass(quote_ident(${table})) and i.indisunique and i.indisvalid and i.indpred is null
    and i.indexprs is null and k.n <= i.indnkeyatts
  group by i.indexrelid`

/** The unique key over these columns, with or without the tenant column. */
async function uniqueKey(scope: Pick<Scope, 'rows'>, table: string, on: readonly string[]): Promise<UniqueKey> {
  const keys = await scope.rows(findKeys(table))
  const fits = (columns: readonly string[]): boolean =>
    columns.length === on.length && columns.every((column) => on.includes(column)) && new Set(on).size === on.length
  const found =
    keys.find(({ columns }) => fits(columns)) ?? keys.find(({ columns, tenant }) => fits(columns.filter((c) => !tenant.includes(c))))
  if (found !== undefined) return found
  const known = keys.map(({ columns }) => `(${columns.join(', ')})`).join(', ')
  throw fault('BATCH_INVALID', { table, reason: `no unique key is over (${on.join(', ')}); there is ${known === '' ? 'none' : known}` })
}
