import type { Scope } from '../client/scope.js'
import type { Tenantry } from '../client/tenantry.js'
import { fault } from '../kernel/faults.js'
import { fileText, ident, join, type Sql, sql, whole } from '../kernel/sql.js'
import { sqlstate } from '../postgres/errors.js'
import type { Fitted } from '../transfer/import/fitting.js'
import type { ImportRow } from '../transfer/import/model.js'
import { refusesRow } from '../transfer/refusal.js'

export interface RefusedRow {
  readonly table: string
  readonly file: string
  readonly line: number
  readonly reason: string
}

export interface Imported {
  readonly tables: readonly { readonly table: string; readonly rows: number; readonly refused: number }[]
  readonly refused: readonly RefusedRow[]
  /** The rows are there: nothing was refused, or what was may be missing. */
  readonly kept: boolean
}

export interface ImportingOptions {
  readonly tenant: string
  readonly slug: string
  readonly actor: string
  readonly dryRun: boolean
  readonly skipRefused: boolean
  readonly signal?: AbortSignal | undefined
  readonly onRows?: (rows: number) => void
}

const ROWS_AT_ONCE = 1_000
const CHARACTERS_AT_ONCE = 2_000_000
const STATEMENT_MS = 3_600_000
/** After so many refusals it is a mistake of another kind, and nothing is kept. */
export const MOST_REFUSED = 100

/** Is thrown out of a scope that is to leave nothing. */
const LEAVE_NOTHING = Symbol('nothing is kept')

/**
 * Inserts rows as the tenant, in one scope: through its walls, its constraints and its triggers. All of them or none; with `skipRefused` all that are taken.
 * Throws IMPORT_BROKEN, what a scope throws, and what reading a source throws.
 */
export async function importRows(tenantry: Tenantry, fitted: readonly Fitted[], options: ImportingOptions): Promise<Imported> {
  const refused: RefusedRow[] = []
  const tables: { table: string; rows: number; refused: number }[] = []
  const keeps = (): boolean => !options.dryRun && (refused.length === 0 || options.skipRefused)
  try {
    await tenantry.tenant(options.tenant).transaction(
      async (scope) => {
        for (const one of fitted) {
          const before = refused.length
          const rows = await importTable(scope, one, refused, options)
          tables.push({ table: one.source.table, rows, refused: refused.length - before })
          if (refused.length >= MOST_REFUSED) break
        }
        if (!keeps() || refused.length >= MOST_REFUSED) throw LEAVE_NOTHING
      },
      { timeoutMs: STATEMENT_MS, actor: options.actor },
    )
    return { tables, refused, kept: true }
  } catch (error) {
    if (error === LEAVE_NOTHING) return { tables, refused, kept: false }
    if (refusesRow(error)) throw fault('IMPORT_BROKEN', { tenant: options.slug, reason: reasonOf(error as Error) }, { cause: error })
    throw error
  }
}

async function importTable(scope: Scope, fitted: Fitted, refused: RefusedRow[], { signal, onRows }: ImportingOptions): Promise<number> {
  let written = 0
  let [batch, size]: [ImportRow[], number] = [[], 0]
  const flush = async (): Promise<void> => {
    signal?.throwIfAborted()
    const rows = batch
    ;[batch, size] = [[], 0]
    written += await insert(scope, fitted, rows, refused)
    onRows?.(rows.length)
  }
  for await (const row of fitted.source.rows(fitted.jsonb)) {
    batch.push(row)
    for (const value of row.values) size += value?.length ?? 0
    if (batch.length >= ROWS_AT_ONCE || size >= CHARACTERS_AT_ONCE) await flush()
    if (refused.length >= MOST_REFUSED) return written
  }
  if (batch.length > 0) await flush()
  return written
}

/** As many as there are at once; where that is refused, by halves, until the row is found. */
async function insert(scope: Scope, fitted: Fitted, rows: readonly ImportRow[], refused: RefusedRow[]): Promise<number> {
  if (refused.length >= MOST_REFUSED) return 0
  try {
    return await scope.transaction((part) => part.run(insertion(fitted, rows)))
  } catch (error) {
    if (!refusesRow(error)) throw error
    if (rows.length === 1) {
      const { table, file } = fitted.source
      refused.push({ table, file, line: rows[0]!.line, reason: reasonOf(error as Error) })
      return 0
    }
    const half = Math.ceil(rows.length / 2)
    const first = await insert(scope, fitted, rows.slice(0, half), refused)
    return first + (await insert(scope, fitted, rows.slice(half), refused))
  }
}

function insertion({ schema, table, columns }: Fitted, rows: readonly ImportRow[]): Sql {
  const into = ident(schema, table.name)
  if (columns.length === 0) return sql`insert into ${into} select from generate_series(1, ${whole(rows.length)})`
  const names = columns.map((_, i) => ident(`c${i}`))
  const arrays = columns.map((_, i) => sql`${rows.map(({ values }) => values[i] ?? null)}::text[]`)
  // Types are in the server's own words.
  const values = columns.map(({ as }, i) => sql`u.${names[i]!}::${fileText(as)}`)
  return sql`
    insert into ${into} (${join(columns.map(({ name }) => ident(name)))}) overriding system value
    select ${join(values)} from unnest(${join(arrays)}) as u (${join(names)})`
}

// The values themselves are the tenant's, and a report goes elsewhere.
const reasonOf = (error: Error): string =>
  `${error.message
    .replace(/^value ".*" is/s, 'a value is')
    .replace(/: ".*$/s, '')
    .slice(0, 300)} (${sqlstate(error)})`
