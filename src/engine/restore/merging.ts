import type { Tenant } from '../../catalog/tenants.js'
import { enterAsPlatform } from '../../isolation/enter-as-platform.js'
import { type FencingToken, fenceOnce, hasCommitted } from '../../isolation/fence.js'
import { fault } from '../../kernel/faults.js'
import { ident, join, type Sql, sql } from '../../kernel/sql.js'
import { sqlstate } from '../../postgres/errors.js'
import { lockTimeout, type Session } from '../../postgres/session.js'
import type { RowDifference } from '../../transfer/compare.js'
import { refusesRow } from '../../transfer/refusal.js'
import type { Platform } from '../platform.js'
import { placed } from '../repointing.js'
import { differencesWith } from './comparing.js'

export interface MergeWish {
  readonly table: string
  /** Only rows of the home beside that have these values in these columns, as text. */
  readonly where: readonly (readonly [column: string, value: string])[]
  /** Of a row that both have with other values: the one that is there stays, or the restored one takes its place. */
  readonly conflicts: 'keep' | 'take'
  /** Nothing is written; what would be is told. */
  readonly dryRun: boolean
}

export interface Merged {
  readonly inserted: number
  readonly updated: number
  readonly conflicts: readonly { readonly key: readonly (string | null)[]; readonly reason: string }[]
}

/** What was merged is known before it is committed, so that whoever takes over can tell it. */
export interface MergeNotes {
  readonly write: (merged: Merged) => Promise<unknown>
  readonly read: () => Promise<Merged>
}

const PAGE = 1_000
// What is merged is one transaction of the tenant, and waits in memory: beyond that, pointing to the restored home is the better way.
const MOST = 100_000
const LOCK_TIMEOUT_MS = 5_000

/**
 * Writes rows of a home beside that the home the tenant lives in has not, or has differently, into it: in one transaction, as the tenant, so behind all of its
 * walls, triggers and constraints. Rows that only the live home has stay. What a constraint refuses is reported and left out. Once for each operation, however
 * often it is asked: clients may have changed or deleted since what it brought back. Throws TABLE_UNKNOWN, MERGE_TOO_LARGE.
 */
export async function mergeRows(
  platform: Platform,
  tenant: Tenant,
  beside: string,
  wish: MergeWish,
  by: FencingToken,
  notes: MergeNotes,
): Promise<Merged> {
  const live = await placed(platform.catalog, tenant.home)
  const database = platform.connect(live.adminRef, live.database.name)
  if (await hasCommitted(database, by)) return notes.read()
  const { key, rows } = await wanted(platform, tenant, beside, wish)
  const report = { inserted: 0, updated: 0, conflicts: [] as { key: readonly (string | null)[]; reason: string }[] }
  const refuse = ({ key: values }: RowDifference, reason: string): void => {
    report.conflicts.push({ key: values, reason })
  }
  const first = await database.transaction(async (session) => {
    if (!(await fenceOnce(session, by))) return false
    await session.run(lockTimeout(LOCK_TIMEOUT_MS))
    await enterAsPlatform(session, tenant.id, 'merge')
    await session.script(sql`savepoint merge`)
    // What is deferred would be judged at the end, where nobody could say which row it was.
    await session.script(sql`set constraints all immediate`)
    for (const row of rows) {
      if (row.change === 'changed' && wish.conflicts === 'keep') {
        refuse(row, 'is there with other values, which stay')
        continue
      }
      const reason = await tried(session, row.change === 'changed' ? updateOf(wish.table, row, key) : insertOf(wish.table, row))
      if (reason !== undefined) refuse(row, reason)
      else if (row.change === 'changed') report.updated++
      else report.inserted++
    }
    if (wish.dryRun) await session.script(sql`rollback to savepoint merge`)
    await notes.write(report)
    return true
  })
  return first ? report : notes.read()
}

async function wanted(
  platform: Platform,
  tenant: Tenant,
  beside: string,
  { table, where }: MergeWish,
): Promise<{ readonly key: readonly string[]; readonly rows: readonly RowDifference[] }> {
  if (table.startsWith('platform.'))
    throw fault('INPUT_INVALID', {
      issues: [`table: ${table} belongs to the database and not to a home of the tenant, so that a merge does not write it`],
    })
  const rows: RowDifference[] = []
  for (let after = ''; ; ) {
    const found = await differencesWith(platform, tenant, beside, table, { after, limit: PAGE })
    const unknown = where.find(([column]) => !found.columns.includes(column))
    if (unknown !== undefined) throw fault('INPUT_INVALID', { issues: [`where: not both homes have a column ${unknown[0]} in ${table}`] })
    rows.push(...found.rows.filter(({ right }) => right !== undefined && where.every(([column, value]) => right[column] === value)))
    if (rows.length > MOST) throw fault('MERGE_TOO_LARGE', { tenant: tenant.slug, table, most: MOST })
    // A page may be longer: equal rows come together.
    if (found.rows.length < PAGE) return { key: found.key, rows }
    after = found.rows.at(-1)!.place
  }
}

/** Why the server refuses a row; whatever else is wrong is thrown. */
async function tried(session: Session, statement: Sql): Promise<string | undefined> {
  await session.script(sql`savepoint one`)
  try {
    const written = await session.run(statement)
    await session.script(sql`release savepoint one`)
    return written === 1 ? undefined : 'a rule, a trigger or another writer left it out'
  } catch (error) {
    // Or it is a right that the tenant has not.
    if (!refusesRow(error) && sqlstate(error) !== '42501') throw error
    await session.script(sql`rollback to savepoint one`)
    return (error as Error).message
  }
}

const insertOf = (table: string, { right = {} }: RowDifference): Sql => {
  const columns = Object.keys(right)
  return columns.length === 0
    ? sql`insert into ${ident(table)} default values`
    : sql`insert into ${ident(table)} (${join(columns.map((name) => ident(name)))}) overriding system value
          values (${join(columns.map((name) => sql`${right[name]!}`))})`
}

const updateOf = (table: string, { left = {}, right = {}, key: values }: RowDifference, key: readonly string[]): Sql => {
  // An identity that is always generated cannot be set, and one that is the same need not be.
  const columns = Object.keys(right).filter((name) => right[name] !== left[name])
  return sql`update ${ident(table)} set ${join(columns.map((name) => sql`${ident(name)} = ${right[name]!}`))}
             where ${join(
               key.map((name, i) => sql`${ident(name)} = ${values[i]!}`),
               ' and ',
             )}`
}
