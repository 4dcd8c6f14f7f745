import { fault } from '../kernel/faults.js'
import { ident, isSql, join, type Sql, sql } from '../kernel/sql.js'
import { bindingOf, checkSecret, cursorFault, type Key, openCursor, sealCursor } from './cursor.js'
import type { Scope } from './scope.js'
import type { TenantHandle } from './tenantry.js'

export interface KeysetColumn {
  /** As the statement answers it. */
  readonly column: string
  /** Default `asc`. */
  readonly direction?: 'asc' | 'desc'
  /** Default as PostgreSQL has it: last when ascending, first when descending. */
  readonly nulls?: 'first' | 'last'
  /** It is never null. Said of all columns, in one direction, it lets an index find the place of a cursor at once; said wrongly, rows are left out. */
  readonly notNull?: boolean
}

export interface KeysetOptions {
  /** What rows are ordered by. Together the columns must be unique: end with those of a key. A text is that column, ascending. */
  readonly order: readonly (KeysetColumn | string)[]
  /** Rows per page, 1 to 10 000. */
  readonly limit: number
  /** The `next` of the page before; undefined or null for the first one. */
  readonly after?: string | null | undefined
  /**
   * Encrypts and signs cursors with it: 32 bytes at least. Without, a cursor can be read and forged, which tells and moves a place in the list,
   * and no more than that.
   */
  readonly secret?: string
}

export interface KeysetPage<Row> {
  readonly rows: readonly Row[]
  /** The cursor of the page after this one; undefined when this is the last. */
  readonly next: string | undefined
}

const MAX_LIMIT = 10_000
const KEY = 'tenantry_key'

/**
 * One page of a statement's rows, by the place of the last row and not by a count: a row that is there all the while is answered exactly once, whatever
 * comes and goes between the pages. Throws CURSOR_INVALID for a cursor of another tenant, statement, value or order, or with
 * values that do not fit; ORDER_NOT_UNIQUE; INPUT_INVALID.
 */
export async function keysetPage<Row>(where: Scope | TenantHandle, statement: Sql<Row>, options: KeysetOptions): Promise<KeysetPage<Row>> {
  const order = checkOrder(options)
  checkSecret(options.secret)
  if (!isSql(statement)) throw fault('STATEMENT_INVALID')
  const binding = bindingOf([await tenantIdOf(where), statement.text, statement.values, order])
  const after = options.after == null ? undefined : openCursor(options.after, binding, order.length, options.secret)
  const paged = pageStatement(statement, order, after, options.limit)
  const ask = 'identity' in where ? where.query : where.rows
  const found = (await ask(paged).catch((error: unknown) => {
    throw after === undefined ? error : cursorFault(error)
  })) as readonly (Row & { readonly [KEY]: Key })[]

  const equal = found.some((row, i) => i > 0 && row[KEY].every((part, at) => part === found[i - 1]![KEY][at]))
  if (equal) throw fault('ORDER_NOT_UNIQUE', { columns: order.map(({ column }) => column) })
  const shown = found.slice(0, options.limit)
  const last = shown.at(-1)
  return {
    rows: shown.map(({ [KEY]: _, ...row }) => row as unknown as Row),
    next: found.length > shown.length ? sealCursor(last![KEY], binding, options.secret) : undefined,
  }
}

type Column = Required<KeysetColumn>

function checkOrder({ order, limit }: KeysetOptions): readonly Column[] {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw fault('INPUT_INVALID', { issues: [`limit must be a whole number from 1 to ${MAX_LIMIT}`] })
  }
  if (order.length === 0) throw fault('INPUT_INVALID', { issues: ['order needs a column at least'] })
  return order.map((given) => {
    const { column, direction = 'asc', nulls, notNull = false } = typeof given === 'string' ? { column: given } : given
    if ((direction !== 'asc' && direction !== 'desc') || (nulls !== undefined && nulls !== 'first' && nulls !== 'last')) {
      throw fault('INPUT_INVALID', { issues: [`order by ${column}: direction is asc or desc, nulls is first or last`] })
    }
    return { column, direction, nulls: nulls ?? (direction === 'asc' ? 'last' : 'first'), notNull }
  })
}

/** The id, as the database or the catalog has it: a slug may be another's one day. */
async function tenantIdOf(where: Scope | TenantHandle): Promise<string> {
  if ('identity' in where) return (await where.identity()).id
  // Not entered yet.
  if (where.tenant.id === where.tenant.slug) await where.rows(sql`select`)
  return where.tenant.id
}

/** One row more than the page, to know whether there is another; the place of each as text, since JavaScript's dates and numbers are less exact. */
function pageStatement(statement: Sql, order: readonly Column[], after: Key | undefined, limit: number): Sql {
  const key = join(order.map(({ column }) => sql`q.${ident(column)}::text`))
  const by = join(order.map(({ column, direction, nulls }) => sql`q.${ident(column)} ${WORDS[direction]} ${WORDS[nulls]}`))
  return sql`
    select q.*, array[${key}] as ${ident(KEY)}
    from (${statement}) as q
    ${after === undefined ? sql`` : sql`where ${beyond(order, after)}`}
    order by ${by}
    limit ${limit + 1}`
}

const WORDS = { asc: sql`asc`, desc: sql`desc`, first: sql`nulls first`, last: sql`nulls last` } as const

/** What comes after the place: beyond it in one column, and equal in all before that one. */
function beyond(order: readonly Column[], after: Key): Sql {
  const [first] = order
  if (order.every(({ direction, notNull }) => notNull && direction === first!.direction)) {
    const columns = join(order.map(({ column }) => sql`q.${ident(column)}`))
    const place = join(after.map((part) => sql`${part}`))
    // One comparison, which an index over the columns answers.
    return first!.direction === 'asc' ? sql`(${columns}) > (${place})` : sql`(${columns}) < (${place})`
  }
  const ways = order.flatMap((column, i): readonly Sql[] => {
    const past = pastIn(column, after[i]!)
    if (past === undefined) return []
    return [join([...order.slice(0, i).map((before, at) => sameIn(before, after[at]!)), past], ' and ')]
  })
  // After the last place of all columns there is nothing.
  return ways.length === 0 ? sql`false` : sql`(${either(ways)})`
}

const either = (ways: readonly Sql[]): Sql => ways.reduce((sum, way) => sql`${sum} or ${way}`)

const sameIn = ({ column }: Column, part: string | null): Sql =>
  part === null ? sql`q.${ident(column)} is null` : sql`q.${ident(column)} = ${part}`

function pastIn({ column, direction, nulls, notNull }: Column, part: string | null): Sql | undefined {
  const name = sql`q.${ident(column)}`
  if (part === null) return nulls === 'first' ? sql`${name} is not null` : undefined
  const past = direction === 'asc' ? sql`${name} > ${part}` : sql`${name} < ${part}`
  return nulls === 'last' && !notNull ? sql`(${past} or ${name} is null)` : past
}
