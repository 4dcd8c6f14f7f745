import type { PendingHome } from '../../catalog/pending.js'
import { EXTENSION_SCHEMA } from '../../isolation/names.js'
import { ident, join, type Sql, sql } from '../../kernel/sql.js'
import { sqlstate } from '../../postgres/errors.js'
import type { Database, Session } from '../../postgres/session.js'
import { type Foreseen, keyOf, type ObjectCheck, type Place, type RowCheck } from '../../schema/forecast/check.js'
import { asked, type Present, presentIn } from '../../schema/forecast/presence.js'
import { type Answer, type Asking, probe, trial } from '../../schema/forecast/probes.js'
import type { Foreboding, Unanswered } from './forecast.js'

const HOMES_PER_QUERY = 100
const STATEMENT_MS = 10_000
const LOCK_MS = 200
const HELD = '55P03'

interface Found {
  readonly findings: Foreboding[]
  readonly unanswered: Unanswered[]
}

/** Asks homes of one database, all with the same files to come. */
export async function askHomes(
  database: Database,
  owner: string,
  homes: readonly PendingHome[],
  { objects, rows }: Foreseen,
  found: Found,
): Promise<void> {
  if (objects.length + rows.length === 0) return
  const major = Math.floor((await database.one(sql<{ n: number }>`select current_setting('server_version_num')::int as n`)).n / 10_000)
  // To wait for the same lock at every question would take minutes.
  const held = new Set<string>()
  const asker: Asker = {
    database,
    owner,
    found,
    hold: (home, check) => held.add(`${home.schema} ${check.table}`),
    isHeld: (home, check) => held.has(`${home.schema} ${check.table}`),
  }
  for (let from = 0; from < homes.length; from += HOMES_PER_QUERY) {
    const batch = homes.slice(from, from + HOMES_PER_QUERY)
    const present = new Map(batch.map(({ schema }) => [schema, new Map<string, string | null>()]))
    const names = asked(objects, rows)
    const there = await database.rows<Present>(
      presentIn(
        batch.map(({ schema }) => schema),
        names,
      ),
    )
    for (const { schema, key, detail } of there) present.get(schema)?.set(key, detail)
    lookForObjects(batch, objects, present, found)
    for (const check of rows) {
      const askable = batch.filter(({ schema }) => isAskable(check, present.get(schema)!))
      for (const home of askable.filter((one) => asker.isHeld(one, check)))
        found.unanswered.push({ ...placeOf(home, check), what: check.what, why: whyNot(HELD) })
      const free = askable.filter((one) => !asker.isHeld(one, check))
      const asking = new Map(free.map((home) => [home, askingOf(check, home, present.get(home.schema)!, major)]))
      await askForRows(asker, check, asking)
    }
  }
}

function lookForObjects(
  homes: readonly PendingHome[],
  objects: readonly ObjectCheck[],
  present: ReadonlyMap<string, ReadonlyMap<string, string | null>>,
  { findings }: Found,
): void {
  for (const home of homes) {
    const there = present.get(home.schema)!
    // Said once, where it is first missed: of a table that is not there, no column is either.
    const said = new Set<string>()
    for (const check of objects) {
      if (there.has(keyOf(check)) === check.wanted || said.has(keyOf(check))) continue
      if (check.of !== undefined && check.wanted && !there.has(keyOf({ ...check, kind: ownerKind(check), of: undefined, name: check.of })))
        continue
      said.add(keyOf(check))
      const object = `${check.kind === 'relation' ? 'the table or index' : `the ${check.kind}`} ${check.of === undefined ? '' : `${check.of}.`}${check.name}`
      findings.push({
        ...placeOf(home, check),
        what: `${object} ${check.wanted ? 'is not there' : 'is there already'}`,
        rows: null,
        keys: [],
      })
    }
  }
}

const ownerKind = ({ kind }: ObjectCheck): 'type' | 'relation' => (kind === 'label' ? 'type' : 'relation')

const placeOf = ({ schema: home, tenant, database }: PendingHome, { file, line }: Place) => ({ home, tenant, database, file, line })

function isAskable(check: RowCheck, there: ReadonlyMap<string, string | null>): boolean {
  const has = (table: string, columns: readonly string[]): boolean =>
    there.has(`relation ${table}`) && columns.every((column) => there.has(`column ${table} ${column}`))
  return has(check.table, check.columns) && (check.kind !== 'orphan' || has(check.target, check.targetKeys))
}

const askingOf = (check: RowCheck, { schema }: PendingHome, there: ReadonlyMap<string, string | null>, major: number): Asking => ({
  schema,
  key: there.get(`relation ${check.table}`)?.split('\t') ?? [],
  targetKey: check.kind === 'orphan' ? (there.get(`relation ${check.target}`)?.split('\t') ?? []) : [],
  type: 'column' in check ? (there.get(`column ${check.table} ${check.column}`) ?? undefined) : undefined,
  major,
})

interface Asker {
  readonly database: Database
  readonly owner: string
  readonly found: Found
  /** Somebody keeps a lock on the table of the check. */
  readonly hold: (home: PendingHome, check: RowCheck) => void
  readonly isHeld: (home: PendingHome, check: RowCheck) => boolean
}

async function askForRows(asker: Asker, check: RowCheck, homes: ReadonlyMap<PendingHome, Asking>): Promise<void> {
  if (homes.size === 0) return
  // What calls code of the home, or names its types, means another thing in each.
  if (check.own && homes.size > 1) return oneByOne(asker, check, homes)
  try {
    const answers = await ask(asker, check, [...homes.values()])
    for (const home of homes.keys()) {
      const answer = answers.find(({ schema }) => schema === home.schema)
      if (answer !== undefined && answer.rows > 0)
        asker.found.findings.push({ ...placeOf(home, check), what: check.what, rows: answer.rows, keys: answer.keys })
    }
  } catch (error) {
    const state = sqlstate(error)
    if (state === undefined) throw error
    if (homes.size > 1) return oneByOne(asker, check, homes)
    const home = [...homes.keys()][0]!
    if (state === HELD) asker.hold(home, check)
    const failed = trial(check, [...homes.values()][0]!).kind === 'fails' && /^(22|23|42)/.test(state)
    // The server's own words would show the value.
    if (failed) asker.found.findings.push({ ...placeOf(home, check), what: `${check.what} (SQLSTATE ${state})`, rows: null, keys: [] })
    else asker.found.unanswered.push({ ...placeOf(home, check), what: check.what, why: whyNot(state) })
  }
}

async function oneByOne(asker: Asker, check: RowCheck, homes: ReadonlyMap<PendingHome, Asking>): Promise<void> {
  for (const [home, asking] of homes) await askForRows(asker, check, new Map([[home, asking]]))
}

function whyNot(state: string): string {
  if (state === '57014') return `it takes longer than ${STATEMENT_MS / 1_000} s to find out`
  if (state === HELD) return 'somebody holds a lock on the table'
  return `the server answers with SQLSTATE ${state}`
}

const ask = ({ database, owner }: Asker, check: RowCheck, homes: readonly Asking[]): Promise<readonly Answer[]> =>
  database.transaction(
    async (session) => {
      await enter(session, owner, check.own ? homes[0]!.schema : undefined)
      return session.rows<Answer>(
        join(
          homes.map((home) => sql`(${probe(trial(check, home), home)})`),
          ' union all ',
        ) as Sql<Answer>,
      )
    },
    { readOnly: true },
  )

// As the migration will run: its owner sees every tenant's rows. It may set nothing, so that comes first.
async function enter(session: Session, owner: string, schema: string | undefined): Promise<void> {
  const path = schema === undefined ? sql`${ident(EXTENSION_SCHEMA)}` : sql`${ident(schema)}, ${ident(EXTENSION_SCHEMA)}`
  await session.run(
    sql`select set_config('statement_timeout', ${`${STATEMENT_MS}ms`}, true), set_config('lock_timeout', ${`${LOCK_MS}ms`}, true)`,
  )
  await session.script(sql`set local role ${ident(owner)}; set local search_path = ${path}, pg_temp`)
}
