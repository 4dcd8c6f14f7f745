import type { Tenant } from '../catalog/tenants.js'
import type { Scope } from '../client/scope.js'
import { fault } from '../kernel/faults.js'
import { ident, type Sql, sql } from '../kernel/sql.js'
import { sqlstate } from '../postgres/errors.js'
import type { Session } from '../postgres/session.js'
import type { Fleet } from './open-fleet.js'

export interface IsolatedOptions {
  /** The slug of the tenant that tries. */
  readonly as: string
  /** The slug of the tenant whose rows it must not reach. It must have some. */
  readonly other: string
}

export interface IsolatedReport {
  /** Tables that were tried, since the other tenant has rows there. */
  readonly tried: readonly string[]
  /** Tables of which nothing is known, since it has none. */
  readonly empty: readonly string[]
}

interface Attempt {
  readonly mine: Tenant
  readonly theirs: Tenant
  readonly table: string
  readonly column: string | undefined
}

/**
 * Tries, as one tenant, to read, change and delete another's rows in every table of its home, and takes all of it back. Answers which tables were tried.
 * Throws TEST_LEAKED with what was reached, and where the other tenant has no rows at all, since that would prove nothing.
 */
export async function assertIsolated(fleet: Fleet, { as, other }: IsolatedOptions): Promise<IsolatedReport> {
  const [mine, theirs] = [await fleet.tenant(as), await fleet.tenant(other)]
  const column = fleet.platform.config.tenantColumn ?? undefined
  const witness = await fleet.witness(other)
  const tried: string[] = []
  const empty: string[] = []
  const leaks: string[] = []
  for (const { table, has } of await witness.rows(tablesOf(theirs.schema, column))) {
    const attempt = { mine, theirs, table, column: has ? column : undefined }
    if ((await countOf(witness, attempt)) === 0) {
      empty.push(table)
      continue
    }
    tried.push(table)
    leaks.push(...(await leaksOf(fleet, as, attempt)))
  }
  if (leaks.length > 0) throw fault('TEST_LEAKED', { leaks })
  if (tried.length === 0)
    throw fault('TEST_LEAKED', { leaks: [`tenant "${other}" has no rows at all, which proves nothing: write some first`] })
  return { tried, empty }
}

const tablesOf = (schema: string, column: string | undefined): Sql<{ table: string; has: boolean }> => sql`
  select c.relname::text as "table",
         exists (select from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attname = ${column ?? ''} and not a.attisdropped) as has
  from pg_catalog.pg_class c
  where c.relnamespace = ${schema}::text::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
  order by 1`

const theirRows = ({ theirs, column }: Attempt): Sql => (column === undefined ? sql`true` : sql`${ident(column)} = ${theirs.id}`)

const countOf = async (witness: Session, attempt: Attempt): Promise<number> =>
  (
    await witness.one(sql<{ n: number }>`
      select count(*)::int as n from (select from ${ident(attempt.theirs.schema, attempt.table)} where ${theirRows(attempt)} limit 1) as one`)
  ).n

/** In one home it is the policy that must hold; of another home not even the name may be usable. */
async function leaksOf(fleet: Fleet, as: string, attempt: Attempt): Promise<readonly string[]> {
  const table = ident(attempt.theirs.schema, attempt.table)
  const where = theirRows(attempt)
  const key = attempt.column === undefined ? undefined : ident(attempt.column)
  const statements: readonly (readonly [string, Sql])[] = [
    ['reads', sql`select 1 from ${table} where ${where} limit 1`],
    ['deletes', sql`delete from ${table} where ${where} returning 1`],
    ...(key === undefined ? [] : ([['changes', sql`update ${table} set ${key} = ${key} where ${where} returning 1`]] as const)),
  ]
  const leaks: string[] = []
  for (const [does, statement] of statements) {
    if ((await reached(fleet, as, statement)) > 0) leaks.push(`tenant "${as}" ${does} rows of another tenant in ${attempt.table}`)
  }
  return leaks
}

/** Refused for want of a right, and a name that is not there, are what a wall looks like. Everything is rolled back. */
const WALLS = ['42501', '42P01', '3F000']

async function reached(fleet: Fleet, as: string, statement: Sql): Promise<number> {
  let rows = 0
  const undone = {}
  const attempt = async (scope: Scope): Promise<void> => {
    rows = (await scope.rows(statement)).length
    throw undone
  }
  await fleet.app
    .tenant(as)
    .transaction(attempt)
    .catch((error: unknown) => {
      // A foreign key that stands in the way has seen the row.
      if (sqlstate(error) === '23503') rows = 1
      else if (error !== undone && !WALLS.includes(sqlstate(error) ?? '')) throw error
    })
  return rows
}
