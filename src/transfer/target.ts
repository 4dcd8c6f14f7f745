import { type HomePlace, MODELS } from '../isolation/model.js'
import { PLATFORM_SCHEMA } from '../isolation/names.js'
import { fault } from '../kernel/faults.js'
import { join, sql } from '../kernel/sql.js'
import type { Session } from '../postgres/session.js'
import { type SnapshotFacts, streamName, type TransferTable } from './model.js'
import { lacksSequences } from './sequences.js'
import { type FoundTable, fromTable, type TransferOptions, tablesOf, untold, whose } from './tables.js'

/** A table of the home, with what comes for it. */
export interface Arrival {
  readonly source: TransferTable
  readonly table: FoundTable
}

/** What goes where. Throws LOAD_UNFIT, which names all that does not fit. */
export async function arrivalsOf(
  session: Session,
  home: HomePlace,
  facts: SnapshotFacts,
  options: TransferOptions,
): Promise<{ readonly tables: readonly FoundTable[]; readonly arrivals: readonly Arrival[] }> {
  const tables = await tablesOf(session, home, options)
  const differences = [...untold(home, tables, options), ...(await lacksSequences(session, home, facts.sequences))]
  const arrivals: Arrival[] = []
  for (const source of facts.tables) {
    if (source.of === 'platform' && options.platformRows === false) continue
    const table = tables.find((one) => streamName(one) === streamName(source))
    if (table === undefined) {
      differences.push(`it has no table ${titleOf(source)}`)
      continue
    }
    differences.push(...lacks(source, table))
    arrivals.push({ source, table })
  }
  if (differences.length > 0) throw fault('LOAD_UNFIT', { home: home.schema, differences: differences.slice(0, MOST_TOLD) })
  return { tables, arrivals }
}

const MOST_TOLD = 20

export const titleOf = ({ of, name }: Pick<TransferTable, 'of' | 'name'>): string => (of === 'home' ? name : `${PLATFORM_SCHEMA}.${name}`)

const lacks = (source: TransferTable, table: FoundTable): readonly string[] =>
  source.columns.flatMap(({ name, type }) => {
    const there = table.columns.find((column) => column.name === name)
    if (there === undefined) return [`its table ${titleOf(table)} has no column ${name}, or makes it itself`]
    return there.type === type ? [] : [`its column ${titleOf(table)}.${name} is ${there.type} where ${type} comes`]
  })

/** The tables that have a row of the tenant; in a home of its own any row is in the way. */
export async function occupied(
  session: Session,
  home: HomePlace,
  tenant: string,
  tables: readonly FoundTable[],
): Promise<readonly FoundTable[]> {
  if (tables.length === 0) return []
  const itsOwn = (table: FoundTable): boolean => table.of === 'home' && !MODELS[home.isolation].manyTenants
  const found = await session.rows(
    join(
      tables.map(
        (table, i) =>
          sql`select ${i}::int as i where exists (select from ${fromTable(table, home)} where ${itsOwn(table) ? sql`true` : whose(table, tenant)})`,
      ),
      ' union all ',
    ) as ReturnType<typeof sql<{ i: number }>>,
  )
  return found.map(({ i }) => tables[i]!)
}
