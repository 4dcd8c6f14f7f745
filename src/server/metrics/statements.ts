import { type HeavyStatement, heaviestStatements } from '../../catalog/slow-statements.js'
import { EVERY_S } from '../../engine/collect/statements.js'
import type { Platform } from '../../engine/platform.js'
import type { Family } from './text.js'

// Of what is older nobody knows whether it still holds.
const FRESH_STEPS = 4

const NAMES: readonly (readonly [name: string, help: string, of: (one: HeavyStatement) => number])[] = [
  ['calls_total', 'How often the statement ran', ({ calls }) => calls],
  ['seconds_total', 'Time of the statement', ({ seconds }) => seconds],
  ['rows_total', 'Rows that it read or changed', ({ rows }) => rows],
  ['block_read_seconds_total', 'Time of reading blocks, where track_io_timing is on', ({ readSeconds }) => readSeconds],
  ['block_write_seconds_total', 'Time of writing blocks, where track_io_timing is on', ({ writeSeconds }) => writeSeconds],
]

/** Under the names of postgres_exporter, of all homes of a database together: without its label `user`, which here is a home. */
export async function statementFamilies({ catalog }: Platform): Promise<readonly Family[]> {
  const heaviest = await catalog.rows(heaviestStatements(FRESH_STEPS * EVERY_S))
  return NAMES.map(([name, help, of]) => ({
    name: `pg_stat_statements_${name}`,
    help,
    type: 'counter',
    points: heaviest.map((one) => ({ labels: { cluster: one.cluster, datname: one.database, queryid: one.queryId }, value: of(one) })),
  }))
}
