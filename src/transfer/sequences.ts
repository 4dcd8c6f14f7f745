import { relationsIn } from '../isolation/in-schema.js'
import { type HomePlace, MODELS } from '../isolation/model.js'
import { fault } from '../kernel/faults.js'
import { ident, join, literal, type Sql, sql, whole } from '../kernel/sql.js'
import type { Session } from '../postgres/session.js'
import type { TransferSequence } from './model.js'

interface Named {
  readonly name: string
  readonly increment: string
}

const namesIn = (schema: string): Sql<Named> => sql<Named>`
  select c.relname::text as name, s.seqincrement::text as increment
  from pg_catalog.pg_class c
  join pg_catalog.pg_sequence s on s.seqrelid = c.oid
  where c.oid in ${relationsIn(schema)} and c.relkind = 'S'
  order by c.relname collate "C"`

// In one statement for many: a home of a hundred tables has a hundred of them.
const AT_ONCE = 200

// Half a second or so.
const MOST_DRAWN = 1_000_000n

/**
 * Where the sequences of a home stand. They are no part of transactions: read after the snapshot, they stand behind every number that is in it. In a shared
 * home they have counted for all tenants.
 */
export async function sequencesOf(session: Session, home: Pick<HomePlace, 'schema'>): Promise<readonly TransferSequence[]> {
  const names = (await session.rows(namesIn(home.schema))).map(({ name }) => name)
  const found: TransferSequence[] = []
  for (let at = 0; at < names.length; at += AT_ONCE) {
    const batch = names
      .slice(at, at + AT_ONCE)
      .map((name) => sql`select ${name}::text as name, last_value::text as last, is_called as called from ${ident(home.schema, name)}`)
    found.push(...(await session.rows(join(batch, ' union all ') as Sql<TransferSequence>)))
  }
  return found
}

/** What a home's sequences lack; empty when it has all that are to be set. */
export async function lacksSequences(
  session: Session,
  home: Pick<HomePlace, 'schema'>,
  wanted: readonly TransferSequence[],
): Promise<readonly string[]> {
  const there = new Set((await session.rows(namesIn(home.schema))).map(({ name }) => name))
  return wanted.filter(({ name }) => !there.has(name)).map(({ name }) => `it has no sequence ${name}`)
}

/**
 * Sets the sequences of a home, as their owner. In a home of many one is only ever moved on: what it has handed out there must not be handed out again. Part
 * of a transaction.
 */
export async function setSequences(session: Session, home: HomePlace, wanted: readonly TransferSequence[]): Promise<void> {
  const increments = new Map((await session.rows(namesIn(home.schema))).map(({ name, increment }) => [name, BigInt(increment)]))
  for (const sequence of wanted) {
    const increment = increments.get(sequence.name)
    if (increment === undefined) throw fault('LOAD_UNFIT', { home: home.schema, differences: [`it has no sequence ${sequence.name}`] })
    if (MODELS[home.isolation].manyTenants) await moveOn(session, home, sequence, increment)
    else await setTo(session, home, sequence)
  }
}

/**
 * Moves sequences of a home on to where another home's stand, never back, so that it hands out no number that the other one has: of those that it has itself.
 * Part of a transaction.
 */
export async function moveSequencesOn(session: Session, home: HomePlace, others: readonly TransferSequence[]): Promise<void> {
  const increments = new Map((await session.rows(namesIn(home.schema))).map(({ name, increment }) => [name, BigInt(increment)]))
  for (const sequence of others) {
    const increment = increments.get(sequence.name)
    if (increment === undefined) continue
    if (MODELS[home.isolation].manyTenants) await moveOn(session, home, sequence, increment)
    else if (await isBehind(session, home, sequence, increment)) await setTo(session, home, sequence)
  }
}

const setTo = (session: Session, { schema }: Pick<HomePlace, 'schema'>, { name, last, called }: TransferSequence): Promise<unknown> =>
  session.run(sql`select setval(${ident(schema, name).text}::regclass, ${last}::bigint, ${called})`)

async function moveOn(session: Session, home: HomePlace, wanted: TransferSequence, increment: bigint): Promise<void> {
  if (!(await isBehind(session, home, wanted, increment))) return
  await drawTo(session, home, wanted, increment)
  if (!(await isBehind(session, home, wanted, increment))) return
  // Without the lock somebody could be handed a number between the look and the setting, which would take it back. No statement but this one locks a
  // sequence against `nextval`, and this one changes nothing.
  await session.script(sql`alter sequence ${ident(home.schema, wanted.name)} increment by ${wholeOf(increment)}`)
  if (await isBehind(session, home, wanted, increment)) await setTo(session, home, wanted)
}

/**
 * Draws numbers up to the wanted one, unless it is too far behind. Whoever else draws meanwhile, this never takes anything back, and nobody waits for it; the
 * lock would wait for every transaction that has drawn a number, with all behind it who want one.
 */
async function drawTo(session: Session, home: HomePlace, wanted: TransferSequence, increment: bigint): Promise<void> {
  // Once more where some came out of this session's own cache.
  for (let tries = 0; tries < 3 && (await isBehind(session, home, wanted, increment)); tries++) {
    const name = ident(home.schema, wanted.name)
    const { last, called } = await session.one(sql<{ last: string; called: boolean }>`
      select last_value::text as last, is_called as called from ${name}`)
    const distance = BigInt(wanted.last) - BigInt(last)
    const missing = distance / increment + (distance % increment === 0n ? 0n : 1n) + (called ? 0n : 1n)
    if (missing > MOST_DRAWN) return
    await session.run(sql`select max(nextval(${name.text}::regclass)) from generate_series(1, ${String(missing)}::bigint)`)
  }
}

async function isBehind(session: Session, { schema }: HomePlace, wanted: TransferSequence, increment: bigint): Promise<boolean> {
  const { last, called } = await session.one(sql<{ last: string; called: boolean }>`
    select last_value::text as last, is_called as called from ${ident(schema, wanted.name)}`)
  const ahead = (BigInt(wanted.last) - BigInt(last)) * (increment < 0n ? -1n : 1n)
  return ahead > 0n || (ahead === 0n && wanted.called && !called)
}

const wholeOf = (value: bigint): Sql => {
  const number = Number(value)
  if (Number.isSafeInteger(number)) return whole(number)
  return literal(String(value))
}
