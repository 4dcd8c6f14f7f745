import type { HomePlace } from '../isolation/model.js'
import { ident, join, literal, type Sql, sql } from '../kernel/sql.js'
import { type Lane, openLane } from '../postgres/lane.js'
import type { Database, Session } from '../postgres/session.js'
import { NEWLINE } from './newlines.js'
import { byIndexes, type FoundTable, fromTable, type TransferOptions, tablesOf, whose } from './tables.js'
import { titleOf } from './target.js'

/** One of the two homes that are compared. */
export interface Side {
  readonly database: Pick<Database, 'config'>
  readonly home: HomePlace
}

export type Change = 'only-left' | 'only-right' | 'changed'

/** A row that one of two homes has, or that they have differently. */
export interface RowDifference {
  readonly change: Change
  /** Values of the primary key as text, without the tenant; of a table without one, the whole row. */
  readonly key: readonly (string | null)[]
  /** A place in the order of differences: what comes after it can be asked for. */
  readonly place: string
  /** All columns that both have, as text. Only where they were asked for. */
  readonly left?: Readonly<Record<string, string | null>> | undefined
  readonly right?: Readonly<Record<string, string | null>> | undefined
}

export interface TableDifferences {
  /** Columns of the primary key, without the tenant; none where there is no key that both have. */
  readonly key: readonly string[]
  /** Those that both have. */
  readonly columns: readonly string[]
  readonly rows: readonly RowDifference[]
}

export interface TableDifference {
  readonly table: string
  readonly left: number
  readonly right: number
  /** There is a primary key, by which rows that have changed can be told. */
  readonly keyed: boolean
  readonly onlyLeft: number
  readonly onlyRight: number
  readonly changed: number
  /** Columns that only one of the two has: they are not compared. */
  readonly columns: readonly string[]
  readonly examples: readonly RowDifference[]
}

/** A table as both have it. */
interface Pair {
  readonly table: string
  readonly left: FoundTable | undefined
  readonly right: FoundTable | undefined
  readonly columns: readonly string[]
  readonly key: readonly string[]
  readonly others: readonly string[]
}

interface Opened {
  readonly lanes: readonly [Lane, Lane]
  readonly pairs: readonly Pair[]
  readonly read: (pair: Pair, side: 0 | 1, rows: boolean, after: string) => AsyncGenerator<Line, void>
}

/** Compares what two homes have of a tenant, each as of one moment, table by table. Costs a look at each row, and sorting where two tables differ. */
export async function compareHomes(
  sides: readonly [Side, Side],
  tenant: string,
  options: TransferOptions,
  examples: number,
): Promise<readonly TableDifference[]> {
  return opened(sides, tenant, options, async ({ lanes, pairs, read }) => {
    const found: TableDifference[] = []
    for (const pair of pairs) {
      const [left, right] = await Promise.all([0, 1].map((i) => sumOf(lanes[i]!.session, sides[i]!.home, pair, tenant, i as 0 | 1)))
      const counts = { 'only-left': 0, 'only-right': 0, changed: 0 }
      const some: RowDifference[] = []
      if (left!.sum !== right!.sum || left!.rows !== right!.rows)
        for await (const one of merged(read(pair, 0, false, ''), read(pair, 1, false, ''))) {
          counts[one.change]++
          if (some.length < examples) some.push(one)
        }
      found.push({
        table: pair.table,
        left: left!.rows,
        right: right!.rows,
        keyed: pair.key.length > 0,
        onlyLeft: counts['only-left'],
        onlyRight: counts['only-right'],
        changed: counts.changed,
        columns: pair.others,
        examples: some,
      })
    }
    return found
  })
}

/**
 * The rows of one table in which two homes differ, whole, from a place on; a page is longer than its limit where rows are equal, since they share their place.
 * The names of all tables where neither has it.
 */
export async function differencesOf(
  sides: readonly [Side, Side],
  tenant: string,
  table: string,
  options: TransferOptions,
  page: { readonly after: string; readonly limit: number },
): Promise<TableDifferences | { readonly tables: readonly string[] }> {
  return opened(sides, tenant, options, async ({ pairs, read }) => {
    const pair = pairs.find((one) => one.table === table)
    if (pair === undefined) return { tables: pairs.map((one) => one.table) }
    const found: RowDifference[] = []
    for await (const one of merged(read(pair, 0, true, page.after), read(pair, 1, true, page.after))) {
      if (found.length >= page.limit && found.at(-1)!.place !== one.place) break
      found.push(one)
    }
    return { key: pair.key, columns: pair.columns, rows: found }
  })
}

async function opened<T>(
  sides: readonly [Side, Side],
  tenant: string,
  options: TransferOptions,
  body: (opened: Opened) => Promise<T>,
): Promise<T> {
  const lanes: Lane[] = []
  try {
    for (const { database } of sides) lanes.push(await openLane(database.config, 'tenantry compare'))
    const tables: (readonly FoundTable[])[] = []
    for (const [i, { session }] of lanes.entries()) {
      const { home } = sides[i]!
      await session.script(sql`begin isolation level repeatable read read only`)
      await session.script(byIndexes)
      tables.push(await tablesOf(session, home, options))
    }
    const keys = await Promise.all(tables.map((found, i) => keysOf(lanes[i]!.session, found)))
    for (const [i, { session }] of lanes.entries()) {
      await session.script(sql`set local enable_seqscan = on; set local enable_hashjoin = on; set local enable_mergejoin = on`)
      await session.script(
        sql`set local role ${ident(options.names.owner)}; set local search_path = ${ident(sides[i]!.home.schema)}, ext, pg_temp`,
      )
    }
    const pairs = pairsOf(tables[0]!, tables[1]!, keys)
    const read: Opened['read'] = (pair, side, rows, after) => {
      const table = side === 0 ? pair.left : pair.right
      return table === undefined ? none() : linesOf(lanes[side]!, rowsOf(table, sides[side]!.home, pair, tenant, rows, after))
    }
    return await body({ lanes: [lanes[0]!, lanes[1]!], pairs, read })
  } finally {
    await Promise.all(lanes.map((lane) => lane.close()))
  }
}

/** Columns of the primary key by the table's oid, without the tenant column. */
async function keysOf(session: Session, tables: readonly FoundTable[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = await session.rows(sql<{ oid: string; columns: string[] }>`
    select i.indrelid::text as oid,
           (select array_agg(a.attname::text order by k.n)
            from unnest(i.indkey::int2[]) with ordinality k (attnum, n)
            join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum) as columns
    from pg_catalog.pg_index i
    where i.indisprimary and i.indrelid = any (${tables.map(({ oid }) => oid)}::oid[])`)
  const column = new Map(tables.map(({ oid, tenantColumn }) => [oid, tenantColumn]))
  return new Map(found.map(({ oid, columns }) => [oid, columns.filter((name) => name !== column.get(oid))]))
}

function pairsOf(
  left: readonly FoundTable[],
  right: readonly FoundTable[],
  keys: readonly ReadonlyMap<string, readonly string[]>[],
): readonly Pair[] {
  const names = [...new Set([...left, ...right].map(titleOf))].sort()
  return names.map((table) => {
    const [a, b] = [left.find((one) => titleOf(one) === table), right.find((one) => titleOf(one) === table)]
    const [as, bs] = [a, b].map((one) => one?.columns.map(({ name }) => name) ?? []) as [string[], string[]]
    const columns = a === undefined ? bs : b === undefined ? as : as.filter((name) => bs.includes(name))
    const key = keys[a === undefined ? 1 : 0]!.get((a ?? b)!.oid) ?? []
    const other = a === undefined || b === undefined ? key : (keys[1]!.get(b.oid) ?? [])
    const same = key.join('\0') === other.join('\0') && key.every((name) => columns.includes(name))
    const others = a === undefined || b === undefined ? [] : [...as, ...bs].filter((name) => !columns.includes(name))
    // Columns in an order that both have.
    return { table, left: a, right: b, columns: columns.toSorted(), key: same ? key : [], others }
  })
}

const digestOf = (text: Sql): Sql => sql`encode(sha256(convert_to(${text}, 'UTF8')), 'hex')`
const rowOf = ({ columns }: Pair): Sql => sql`row(${join(columns.map((name) => ident(name)))})::text`

async function sumOf(session: Session, home: HomePlace, pair: Pair, tenant: string, side: 0 | 1): Promise<{ rows: number; sum: string }> {
  const table = side === 0 ? pair.left : pair.right
  if (table === undefined) return { rows: 0, sum: '0' }
  return session.one(sql<{ rows: number; sum: string }>`
    select count(*)::float8 as rows, coalesce(sum(('x' || substr(digest, 1, 16))::bit(64)::bigint::numeric), 0)::text as sum
    from (select ${digestOf(rowOf(pair))} as digest from ${fromTable(table, home)} where ${whose(table, tenant)} offset 0) each_row`)
}

function rowsOf(table: FoundTable, home: HomePlace, pair: Pair, tenant: string, rows: boolean, after: string): Sql {
  const parts = (pair.key.length > 0 ? pair.key : pair.columns).map((name) => sql`${ident(name)}::text`)
  // An array and no call with so many arguments: a row may have a thousand columns.
  const key = sql`array_to_json(array[${parts.length === 0 ? sql`null` : join(parts)}]::text[])::text`
  const all = join(pair.columns.map((name) => sql`t.${ident(name)}::text as ${ident(name)}`))
  const json = rows && pair.columns.length > 0 ? sql`(select row_to_json(x)::text from (select ${all}) x)` : sql`'{}'`
  return sql`
    copy (
      select place, digest, key, content
      from (
        select ${digestOf(sql`key`)} as place, digest, key, content
        from (
          select ${key} as key, ${digestOf(rowOf(pair))} as digest, ${json} as content
          from ${fromTable(table, home)} t where ${whose(table, tenant)}
        ) found
      ) placed
      where place > ${literal(after)} collate "C"
      order by place collate "C", digest collate "C"
    ) to stdout (format text)`
}

interface Line {
  readonly place: string
  readonly digest: string
  readonly key: string
  readonly content: string
}

async function* none(): AsyncGenerator<Line, void> {}

async function* linesOf(lane: Lane, statement: Sql): AsyncGenerator<Line, void> {
  // JSON writes what would end a line or a field in another way: only backslashes are doubled.
  const plain = (text: string): string => text.replaceAll('\\\\', '\\')
  for await (const line of split(lane.copyOut(statement))) {
    const [place = '', digest = '', key = '', content = ''] = line.split('\t')
    yield { place, digest, key: plain(key), content: plain(content) }
  }
}

async function* split(chunks: AsyncIterable<Buffer>): AsyncGenerator<string, void> {
  let rest: Buffer[] = []
  for await (const chunk of chunks) {
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      yield Buffer.concat([...rest, chunk.subarray(from, at)]).toString('utf8')
      rest = []
      from = at + 1
    }
    if (from < chunk.length) rest.push(chunk.subarray(from))
  }
}

async function* merged(left: AsyncGenerator<Line, void>, right: AsyncGenerator<Line, void>): AsyncGenerator<RowDifference, void> {
  try {
    yield* mergedOf(left, right)
  } finally {
    // Whoever has seen enough leaves them in the middle.
    await Promise.all([left.return(), right.return()])
  }
}

async function* mergedOf(as: AsyncGenerator<Line, void>, bs: AsyncGenerator<Line, void>): AsyncGenerator<RowDifference, void> {
  let [a, b] = await Promise.all([as.next(), bs.next()])
  while (!a.done || !b.done) {
    const order = a.done ? 1 : b.done ? -1 : a.value.place < b.value.place ? -1 : a.value.place > b.value.place ? 1 : 0
    const [one, other] = [order <= 0 && !a.done ? a.value : undefined, order >= 0 && !b.done ? b.value : undefined]
    if (one?.digest !== other?.digest) yield differenceOf(one, other)
    if (one !== undefined) a = await as.next()
    if (other !== undefined) b = await bs.next()
  }
}

function differenceOf(left: Line | undefined, right: Line | undefined): RowDifference {
  const change = left === undefined ? 'only-right' : right === undefined ? 'only-left' : 'changed'
  const { place, key } = (left ?? right)!
  const rowIn = (line: Line | undefined) => (line === undefined ? undefined : JSON.parse(line.content))
  return { change, place, key: JSON.parse(key), left: rowIn(left), right: rowIn(right) }
}
