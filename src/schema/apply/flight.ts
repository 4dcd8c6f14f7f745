import { EXTENSION_SCHEMA } from '../../isolation/names.js'
import { homeWalls } from '../../isolation/walls.js'
import { isFault } from '../../kernel/faults.js'
import { fileText, ident, join, literal, type Sql, sql, whole } from '../../kernel/sql.js'
import { sqlstate } from '../../postgres/errors.js'
import type { Database } from '../../postgres/session.js'
import { ledgerDigest, type Migration } from '../migration.js'
import type { Compiled, HomeClass } from './classes.js'
import type { ApplyContext, Entry, Target } from './context.js'
import { lockAll } from './needs.js'
import { BUDGET_MS, ONE_WAIT_MS, patiently } from './patience.js'

/**
 * Migrates a home with what the first of its class has taught, in one message. Answers false, and has changed nothing, when this home is not like those: it
 * then goes the full way, where the gate looks, and where an error is found in the file. Throws MIGRATION_BUSY and MIGRATION_SLOW.
 */
export async function fly(
  database: Database,
  target: Target,
  ledger: readonly Entry[],
  migration: Migration,
  context: ApplyContext,
  mine: HomeClass,
  compiled: Compiled,
): Promise<boolean> {
  const budgetMs = migration.options.budgetMs ?? BUDGET_MS
  const { file } = migration
  const { schema, label: home } = target
  const digest = ledgerDigest(ledger)
  try {
    await patiently({ database, schema, file, home, locks: compiled.locks, budgetMs }, (locks, limitMs = budgetMs) =>
      database.message(flightOf([target], digest, migration, context, { ...compiled, locks }), limitMs),
    )
    mine.flown++
    return true
  } catch (error) {
    if (isFault(error, 'MIGRATION_BUSY', 'MIGRATION_SLOW') || sqlstate(error) === 'TN010') throw error
    // When the answer was lost, the ledger tells whether it was committed.
    return false
  }
}

/**
 * One simple message, one transaction. The waits come first: the rows of the homes, then all locks at once. What tells the clients is a transaction of its
 * own, behind the commit, or they would learn the older version again; it need not be on the disk, since clients forget what they know when a server breaks.
 */
export function flightOf(
  targets: readonly Target[],
  expected: string,
  migration: Migration,
  { names, by }: ApplyContext,
  { locks, walls, shapes, before, added, cluster }: Compiled,
  waitMs = ONE_WAIT_MS,
): Sql {
  const { version, title, checksum, up } = migration
  const homes = sql`array[${join(targets.map(({ ledger }) => literal(ledger)))}]::uuid[]`
  const { tenantColumn } = targets[0]!
  const column = tenantColumn === null ? sql`null` : literal(tenantColumn)
  const file = fileText(`${up}\n;\n`)
  const raised = targets.flatMap((target) => homeWalls(walls, target.home!, names))
  return sql`begin isolation level read committed read write;
set local lock_timeout = ${whole(waitMs)};
select tenantry.begin_migrations(${literal(by.operation)}, ${whole(by.token)}, ${homes}, ${literal(expected)});
set local role ${ident(names.owner)};
${lockAll(
  targets.map(({ schema }) => schema),
  locks,
  waitMs,
)}
${join(
  targets.map(({ schema }) => sql`set local search_path = ${ident(schema)}, ${ident(EXTENSION_SCHEMA)}, pg_temp;\n${file}`),
  ' ',
)}
set local role none;
set local search_path = '';
${raised.length === 0 ? sql`` : sql`${join(raised, ';\n')};`}
select tenantry.end_migrations(
  ${literal(by.operation)}, ${homes}, ${literal(version)}, ${literal(title)}, ${literal(checksum)}, ${column},
  ${literal(cluster)}, ${literal(before)}, ${whole(added)}, array[${join(shapes.map((shape) => literal(shape)))}]
);
commit;
begin;
set local synchronous_commit = off;
select tenantry.renew_stamp() where exists (select 1 from tenantry.placement where home_id = any (${homes}));
commit`
}
