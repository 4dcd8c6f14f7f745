import { ident, type Scope, sql } from '../../src/index.js'
import type { Fleet } from '../../src/testing/fleet.js'
import type { Row, Subject } from './subject.js'

export const LEDGER_MIGRATIONS = {
  'tenant/20260101000000_ledger.sql': `-- migrate:up
create table ledger (
  tenant_id uuid not null default tenantry.tenant(),
  id integer not null,
  owner text not null,
  secret text not null,
  primary key (tenant_id, id)
);
create table entry (
  tenant_id uuid not null default tenantry.tenant(),
  id integer generated always as identity,
  owner text not null,
  primary key (tenant_id, id)
);

-- migrate:down
drop table entry, ledger;
`,
}

export const ISOLATIONS = ['shared', 'schema', 'database'] as const
export type Pair = readonly [string, string]

/** Two tenants of each isolation. */
export const PAIRS = {
  shared: ['shared-one', 'shared-two'],
  schema: ['schema-one', 'schema-two'],
  database: ['database-one', 'database-two'],
} as const satisfies Readonly<Record<(typeof ISOLATIONS)[number], Pair>>
export const TENANTS = Object.fromEntries(ISOLATIONS.flatMap((isolation) => PAIRS[isolation].map((slug) => [slug, isolation] as const)))

const IDS = 50
/** Stands where an owner would, in what is rolled back. */
const NOBODY = 'nobody'

/** What a tenant's rows are, by its slug: written and read by a superuser, with nothing of ours in between. */
export type Truth = ReadonlyMap<string, ReadonlyMap<number, string>>

/** Gives every tenant rows with the same ids and secrets of their own. */
export async function fillLedgers(fleet: Fleet, slugs: readonly string[]): Promise<Truth> {
  const truth = new Map<string, ReadonlyMap<number, string>>()
  for (const slug of slugs) {
    const { id, schema } = await fleet.tenant(slug)
    const witness = await fleet.witness(slug)
    await witness.run(sql`
      insert into ${ident(schema, 'ledger')} (tenant_id, id, owner, secret)
      select ${id}, g, ${slug}, gen_random_uuid() from generate_series(1, ${IDS}) g`)
    const rows = await witness.rows(
      sql<{ id: number; secret: string }>`select id, secret from ${ident(schema, 'ledger')} where tenant_id = ${id}`,
    )
    truth.set(slug, new Map(rows.map((row) => [row.id, row.secret])))
  }
  return truth
}

export interface Judged {
  calls: number
  rows: number
  /** Rows that are another tenant's, or not what the database holds; and rows that did not come. */
  wrong: number
  /** Of those, the other tenant's. */
  strayed: number
  /** Scopes that have read while one of the other tenant was open on a connection of its own. */
  together: number
  /** Sessions of the server that have served them; and of those the ones that have served both. */
  backends: number
  shared: number
}

export interface Run {
  readonly subject: Subject
  readonly fleet: Fleet
  readonly pair: Pair
  readonly truth: Truth
  /** Of each tenant. */
  readonly calls: number
  /** What goes around each scope: for wiring without a door. */
  readonly inside?: (slug: string, body: () => Promise<void>) => Promise<void>
}

// What one scope does: reads that start in one tick, one after the other, a transaction of the library's, and one that it rolls back.
const CALLS_PER_SCOPE = 20
const IN_ONE_TICK = 14
const SIDE_BY_SIDE = 4

/** Two tenants at the same tick, again and again, several scopes of each open at once. */
export async function interleave({ subject, fleet, pair, truth, calls, inside = (_, body) => body() }: Run): Promise<Judged> {
  const judged: Judged = { calls: 0, rows: 0, wrong: 0, strayed: 0, together: 0, backends: 0, shared: 0 }
  const served = new Map<number, Set<string>>()
  const open = new Set<Scope>()
  const scopes = Math.ceil(calls / CALLS_PER_SCOPE)
  const before = await entriesOf(fleet, pair)

  const scope = (slug: string, round: number, meeting = nobodyWaits): Promise<void> => {
    const judge = (rows: readonly (Row | undefined)[], expected: number): void => {
      judged.calls++
      judged.rows += rows.length
      judged.wrong += Math.abs(expected - rows.length)
      judged.wrong += rows.filter((row) => row === undefined || row.owner !== slug || truth.get(slug)!.get(row.id) !== row.secret).length
      judged.strayed += rows.filter((row) => row !== undefined && row.owner !== slug).length
    }
    const id = (n: number): number => 1 + ((round * 7 + n * 13) % IDS)
    const work = async (scope: Scope) => {
      const sideBySide = await Promise.all(Array.from({ length: IN_ONE_TICK }, (_, n) => subject.byId(id(n))))
      for (const row of sideBySide) judge([row], 1)
      // Not before: the first statement of the scope is to be the library's.
      const { pid } = await scope.one(sql<{ pid: number }>`select pg_backend_pid() as pid`)
      served.set(pid, (served.get(pid) ?? new Set()).add(slug))
      open.add(scope)
      await meeting.met()
      judge(await subject.upTo(3), 3)
      if ([...open].some((other) => other.tenant.slug !== slug)) judged.together++
      await subject.inTransaction(async (queries) => {
        await queries.add(slug)
        judge([await queries.byId(id(IN_ONE_TICK))], 1)
      })
      await subject
        .inTransaction(async (queries) => {
          await queries.add(NOBODY)
          judge([await queries.byId(id(IN_ONE_TICK + 1))], 1)
          throw new Undone()
        })
        .catch(undone)
      judge([await subject.byId(id(IN_ONE_TICK + 2))], 1)
      judged.calls += 2
    }
    return fleet.app
      .tenant(slug)
      .transaction((scope) => inside(slug, () => work(scope)).finally(() => open.delete(scope)))
      .finally(meeting.leave)
  }

  for (let round = 0; round < scopes; round += SIDE_BY_SIDE) {
    // The first two of each round have both connections to themselves until both are open; then the others push in.
    const meeting = meetingOf(pair.length)
    const first = pair.map((slug) => scope(slug, round, meeting))
    await meeting.held
    const others = Array.from({ length: Math.min(SIDE_BY_SIDE, scopes - round) - 1 }, (_, i) => round + 1 + i)
    await Promise.all([...first, ...others.flatMap((mine) => pair.map((slug) => scope(slug, mine)))])
  }
  judged.backends = served.size
  judged.shared = [...served.values()].filter((slugs) => slugs.size === pair.length).length
  const after = await entriesOf(fleet, pair)
  for (const [i, slug] of pair.entries()) {
    judged.wrong += after[i]!.filter(({ owner }) => owner !== slug).length
    judged.wrong += Math.abs(after[i]!.length - before[i]!.length - scopes)
  }
  return judged
}

interface Meeting {
  /** Comes when all have come, or one has left for good. */
  readonly held: Promise<void>
  readonly met: () => Promise<void>
  readonly leave: () => void
}

function meetingOf(all: number): Meeting {
  let leave = (): void => undefined
  const held = new Promise<void>((resolve) => {
    leave = resolve
  })
  let here = 0
  const met = (): Promise<void> => {
    if (++here === all) leave()
    return held
  }
  return { held, met, leave: () => leave() }
}

const nobodyWaits: Meeting = { held: Promise.resolve(), met: async () => undefined, leave: () => undefined }

class Undone extends Error {}

const undone = (error: unknown): void => {
  if (!(error instanceof Undone)) throw error
}

/** What is stored as each tenant's, as a superuser sees it. */
const entriesOf = (fleet: Fleet, pair: Pair): Promise<readonly (readonly { readonly owner: string }[])[]> =>
  Promise.all(
    pair.map(async (slug) => {
      const { id, schema } = await fleet.tenant(slug)
      const witness = await fleet.witness(slug)
      return witness.rows(sql<{ owner: string }>`select owner from ${ident(schema, 'entry')} where tenant_id = ${id}`)
    }),
  )
