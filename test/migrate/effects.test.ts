import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fileText, sql } from '../../src/kernel/sql.js'
import { parseUrl } from '../../src/postgres/connection.js'
import { type Database, openDatabase, type Session } from '../../src/postgres/session.js'
import { type Effect, type LockMode, strength } from '../../src/schema/effects/effect.js'
import { effectsOf } from '../../src/schema/effects/effects-of.js'
import { storyOfHome } from '../../src/schema/effects/known-home.js'
import { type Statement, statementsOf } from '../../src/schema/statements.js'
import { urlOf } from '../support/fleet.js'
import { ENGINES } from '../support/servers.js'
import { testServer } from '../support/servers-injected.js'
import { CASES, type Case, FIXTURE } from './effects-cases.js'

const SCHEMA = 'effects_of'
const engine = (process.env.TENANTRY_EFFECTS_ON ?? 'embedded-18') as keyof typeof ENGINES
const { major } = ENGINES[engine]
let database: Database
beforeAll(async () => {
  database = openDatabase(parseUrl(urlOf(testServer(engine)), 'it'), { applicationName: 'test', max: 1 })
  await database.script(fileText(`create schema ${SCHEMA}; set search_path = ${SCHEMA}; ${FIXTURE}`))
})
afterAll(async () => {
  await database?.script(sql`drop schema effects_of cascade`)
  await database?.end()
})

const MODES: Readonly<Record<string, LockMode>> = {
  AccessShareLock: 'access share',
  RowShareLock: 'row share',
  RowExclusiveLock: 'row exclusive',
  ShareUpdateExclusiveLock: 'share update exclusive',
  ShareLock: 'share',
  ShareRowExclusiveLock: 'share row exclusive',
  ExclusiveLock: 'exclusive',
  AccessExclusiveLock: 'access exclusive',
}

interface State {
  readonly id: number
  readonly name: string
  readonly file: string | null
  readonly scans: number
}

const stateOf = (ids: readonly number[] | null) => sql<State>`
  select c.oid::int as id, c.relname::text as name, case when c.relkind <> 'S' then pg_relation_filenode(c.oid)::text end as file,
         coalesce(pg_stat_get_xact_numscans(c.oid), 0)::int as scans
  from pg_class c
  where c.relkind in ('r', 'p', 'v', 'm', 'S', 'c') and c.relnamespace = ${SCHEMA}::regnamespace and (${ids}::oid[] is null or c.oid = any (${ids}::oid[]))`

const held = sql<{ id: number; mode: string }>`
  select relation::int as id, mode from pg_locks where locktype = 'relation' and pid = pg_backend_pid()`

type Locks = Readonly<Record<string, LockMode>>

interface Happened {
  readonly locks: Locks
  readonly rewrites: readonly string[]
  readonly scans: readonly string[]
}

const strongest = (locks: readonly (readonly [string, LockMode])[]): Locks => {
  const found: Record<string, LockMode> = {}
  for (const [name, mode] of locks) if (found[name] === undefined || strength(found[name]) < strength(mode)) found[name] = mode
  return found
}

/** What the server says of it, by the names of before. */
async function happens(session: Session, statements: readonly Statement[]): Promise<Happened> {
  const before = new Map((await session.rows(stateOf(null))).map((state) => [state.id, state]))
  for (const statement of statements) await session.script(fileText(statement.text))
  const locks = (await session.rows(held)).flatMap(({ id, mode }) =>
    before.has(id) ? [[before.get(id)!.name, MODES[mode]!] as const] : [],
  )
  const after = await session.rows(stateOf([...before.keys()]))
  const changed = (is: (now: State, then: State) => boolean) =>
    after.filter((now) => is(now, before.get(now.id)!)).map(({ id }) => before.get(id)!.name)
  return {
    locks: strongest(locks),
    rewrites: changed((now, then) => now.file !== then.file),
    scans: changed((now, then) => now.scans > then.scans),
  }
}

/** The same as `effectsOf` says it, over the whole section. */
function said(effects: readonly Effect[]): Happened {
  const rewrites = [...new Set(effects.flatMap((effect) => effect.rewrites))]
  return {
    locks: strongest(
      effects.flatMap((effect) => effect.locks.filter(({ made }) => !made).map(({ table, mode }) => [table, mode] as const)),
    ),
    rewrites,
    scans: [...new Set(effects.flatMap((effect) => effect.scans))].filter((table) => !rewrites.includes(table)),
  }
}

async function both({ sql: text }: Case) {
  const statements = await statementsOf({ file: 'case.sql', text, line: 1 })
  const done = new Error('rolled back')
  let answer: { happened: Happened; known: Effect[]; byText: readonly Effect[] } | undefined
  await database
    .transaction(async (session) => {
      await session.script(sql`set local search_path = effects_of; set local timezone = 'Europe/Berlin'`)
      const known = effectsOf(statements, await storyOfHome(session, SCHEMA)) as Effect[]
      answer = { happened: await happens(session, statements), known, byText: effectsOf(statements) }
      throw done
    })
    .catch((error: unknown) => {
      if (error !== done) throw error
    })
  return answer!
}

// What is weaker lets all reading and writing pass, and comes and goes with plans and foreign keys.
const felt = (locks: Locks): Locks =>
  Object.fromEntries(Object.entries(locks).filter(([, mode]) => strength(mode) >= strength('share update exclusive')))
const isData = (text: string): boolean =>
  /^(insert|update|delete|merge|with|select|truncate|refresh|create (table|materialized view) \w+ as)/.test(text)

describe(`what statements do is what the server does (${engine})`, () => {
  const cases = CASES.filter(({ since = 15 }) => since <= major)

  test.each(cases)('$sql', async (one) => {
    const { happened, known, byText } = await both(one)
    const exact = said(known)
    const [taken, told] = [felt(happened.locks), felt(exact.locks)]
    const hidden = known.flatMap((effect) => effect.hidden.map((lock) => lock.mode))
    for (const [table, mode] of Object.entries(taken)) {
      if (told[table] !== undefined || !one.also?.includes(table)) expect([table, told[table]]).toEqual([table, mode])
      else expect(hidden).toContain(mode)
    }
    expect(Object.keys(taken)).toEqual(expect.arrayContaining(Object.keys(told)))
    if (!isData(one.sql)) {
      expect([...exact.rewrites].sort()).toEqual([...happened.rewrites].sort())
      expect([...exact.scans].sort()).toEqual(happened.scans.filter((table) => !exact.rewrites.includes(table)).sort())
    }
    // From the text alone nothing is missed: it may say more, or that it is hidden.
    const guessed = said(byText)
    if (one.textKnows ?? true)
      expect([...guessed.rewrites, ...guessed.scans]).toEqual(
        expect.arrayContaining([...exact.rewrites, ...exact.scans].filter((table) => guessed.locks[table])),
      )
    for (const [table, mode] of Object.entries(felt(happened.locks)))
      if (guessed.locks[table] === undefined || strength(guessed.locks[table]) < strength(mode))
        expect(byText.flatMap(({ hidden }) => hidden.map((lock) => lock.mode))).toContain(mode)
  })
})
