import { fault } from '../kernel/faults.js'
import { join, literal, type Sql, sql, whole } from '../kernel/sql.js'
import { sqlstate } from '../postgres/errors.js'
import type { Lane } from '../postgres/lane.js'
import type { Session } from '../postgres/session.js'
import { type Fact, onLevel } from '../schema/drift/facts.js'
import { look } from '../schema/drift/look.js'
import type { WalPosition } from './model.js'
import { type FoundTable, fromTable } from './tables.js'

export interface SettleOptions {
  /** A snapshot that a replication slot has exported, and where the slot begins: then the position is exact. It must stay exported until this has answered. */
  readonly slot?: { readonly snapshot: string; readonly lsn: string }
  /** How long tables may be locked by others, in all. Default 10 s. */
  readonly withinMs?: number
}

const WITHIN_MS = 10_000
const TRIES = 5

/**
 * Has a lane look at tables as of one moment, from when `look` is called until it is closed: each is locked as whoever reads it locks it.
 * The locks come before the snapshot: whoever empties or rewrites a table between the two would leave the snapshot with nothing to see. LOCK takes no snapshot
 * itself, so the first statement after it does; and if it sees other tables than were locked, all begins anew. Throws SNAPSHOT_BLOCKED, and what `look` throws.
 */
export async function settle<T>(
  { session }: Lane,
  place: { readonly schema: string },
  find: (session: Session) => Promise<readonly FoundTable[]>,
  options: SettleOptions,
  look: (tables: readonly FoundTable[], wal: WalPosition) => Promise<T>,
): Promise<T> {
  const waitMs = Math.max(1, Math.floor((options.withinMs ?? WITHIN_MS) / TRIES))
  let reason = 'its tables changed meanwhile'
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      await session.script(sql`begin; set local lock_timeout = ${whole(waitMs)}`)
      const before = await find(session)
      const wal = options.slot === undefined ? await walNow(session) : { lsn: options.slot.lsn, exact: true }
      await session.script(sql`commit`)
      await session.script(beginning(before, place, options, waitMs))
      const tables = await find(session)
      if (shapeOf(tables) === shapeOf(before) && !(await rewritten(session, tables))) return await look(tables, wal)
      reason = 'its tables changed meanwhile'
    } catch (error) {
      // Somebody has a table locked; somebody has dropped one.
      if (sqlstate(error) !== '55P03' && sqlstate(error) !== '42P01' && sqlstate(error) !== '40P01') throw error
      reason = sqlstate(error) === '55P03' ? 'a table is locked' : reason
    }
    await session.script(sql`rollback`)
    // What a slot has seen stays as it was: to look again would find the same.
    if (options.slot !== undefined && reason !== 'a table is locked') break
  }
  throw fault('SNAPSHOT_BLOCKED', { home: place.schema, reason })
}

const shapeOf = (tables: readonly FoundTable[]): string =>
  JSON.stringify(tables.map(({ oid, of, name, columns }) => [oid, of, name, columns]))

const beginning = (tables: readonly FoundTable[], place: { readonly schema: string }, { slot }: SettleOptions, waitMs: number): Sql =>
  join(
    [
      sql`begin isolation level repeatable read read only`,
      ...(slot === undefined ? [] : [sql`set transaction snapshot ${literal(slot.snapshot)}`]),
      sql`set local lock_timeout = ${whole(waitMs)}`,
      ...(tables.length === 0 ? [] : [sql`lock table ${join(tables.map((table) => fromTable(table, place)))} in access share mode`]),
      sql`set local lock_timeout = 0`,
    ],
    ';\n',
  )

/** Has a table been emptied or written anew since the snapshot, ahead of the lock? The function sees the file of now, the table that of then. */
async function rewritten(session: Session, tables: readonly FoundTable[]): Promise<boolean> {
  const { found } = await session.one(sql<{ found: boolean }>`
    select exists (
      select
      from unnest(${tables.map(({ oid }) => oid)}::oid[]) as t (oid)
      cross join lateral (
        select t.oid union all select p.relid::oid from pg_partition_tree(t.oid) p where p.relid <> t.oid) as part (oid)
      join pg_catalog.pg_class c on c.oid = part.oid
      where c.relfilenode <> 0 and c.relfilenode is distinct from pg_relation_filenode(c.oid)
    ) as found`)
  return found
}

async function walNow(session: Session): Promise<WalPosition> {
  const { lsn } = await session.one(sql<{ lsn: string }>`
    select (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end)::text as lsn`)
  return { lsn, exact: false }
}

/**
 * The definition of a view is read with a lock on all that it reads. Kept until the end, that on a materialised view would keep whoever loads rows into the
 * same shared home from refreshing it: so it is given up at once.
 */
export async function definitionAlone(session: Session, { schema }: { readonly schema: string }): Promise<readonly Fact[]> {
  await session.script(sql`savepoint definition`)
  const found = await look(session, { schema, role: null, login: null }, undefined)
  await session.script(sql`rollback to savepoint definition`)
  return [...onLevel(found, 'shape'), ...found.filter(({ kind }) => kind === 'comment')]
}
