import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ident, type Sql, sql } from '../../src/kernel/sql.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { LEAK_MIGRATIONS } from '../../src/testing/leak-meter.js'
import { fleetOn } from '../support/fleet.js'
import { describeOn, whyMissing } from '../support/servers-injected.js'
import { fill, neighbours } from './neighbours.js'

/** The home that an attempt aims at. */
interface Target {
  readonly id: string
  readonly schema: string
  readonly role: string
}

interface Attempt {
  readonly name: string
  readonly statement: (target: Target) => Sql
  readonly code: string
}

// The client does not send these at all.
const UNSENT: readonly Omit<Attempt, 'code'>[] = [
  { name: 'set role', statement: ({ role }) => sql`set role ${ident(role)}` },
  { name: 'reset role', statement: () => sql`reset role` },
  { name: 'a session setting', statement: ({ schema }) => sql`set search_path to ${ident(schema)}` },
  { name: 'set session authorization', statement: ({ role }) => sql`set session authorization ${ident(role)}` },
  { name: 'prepare', statement: () => sql`prepare kept as select owner from parcel` },
  { name: 'listen', statement: () => sql`listen parcel` },
  { name: 'begin', statement: () => sql`begin` },
  { name: 'commit and chain', statement: () => sql`commit and chain` },
  { name: 'rollback', statement: () => sql`rollback` },
  { name: 'a temporary table', statement: () => sql`create temp table parcel (owner text)` },
  { name: 'a cursor that is held', statement: () => sql`declare kept cursor with hold for select owner from parcel` },
  { name: 'discard all', statement: () => sql`discard all` },
  { name: 'do', statement: () => sql`do $$ begin commit; end $$` },
  { name: 'explain', statement: () => sql`explain analyze delete from parcel` },
  { name: 'copy', statement: () => sql`copy parcel to stdout` },
  { name: 'a statement behind nested comments', statement: ({ role }) => sql`/* /* */ select */ set role ${ident(role)}` },
  {
    name: 'a statement behind comments with line ends',
    statement: ({ role }) => sql`-- select\r/* select */-- select\nset role ${ident(role)}`,
  },
  { name: 'a statement behind parentheses', statement: ({ role }) => sql`( /* ( */ ( set role ${ident(role)}))` },
  { name: 'a statement behind an empty one', statement: ({ role }) => sql`; set role ${ident(role)}` },
]

// These begin like what reads and writes rows, and PostgreSQL refuses them.
const REFUSED: readonly Attempt[] = [
  { name: 'select into temp', statement: () => sql`select owner into temp parcel from parcel`, code: '42501' },
  { name: 'two statements without values', statement: () => sql`select 1; reset role`, code: '42601' },
  { name: 'two statements with values', statement: () => sql`select ${1}::int; reset role`, code: '42601' },
  { name: 'a second statement after parentheses', statement: () => sql`(select 1); commit`, code: '42601' },
  {
    name: 'a second statement after a with',
    statement: ({ role }) => sql`with a as (select 1) table a; set role ${ident(role)}`,
    code: '42601',
  },
  { name: 'a statement inside a with', statement: () => sql`with a as (commit) select 1`, code: '42601' },
  { name: 'set_config of the role', statement: ({ role }) => sql`select set_config('role', ${role}, false)`, code: '42501' },
  { name: 'set_config of the tenant', statement: ({ id }) => sql`select set_config('tenantry.context', ${id}, false)`, code: '42501' },
  {
    name: 'set_config in a condition',
    statement: ({ id }) => sql`select owner from parcel where set_config('tenantry.context', ${id}, true) = ${id}`,
    code: '42501',
  },
  { name: 'entering once more', statement: ({ id }) => sql`select tenantry.enter_v1(${id}, 1, '', ${id}, '', '')`, code: '42501' },
  { name: 'a lock of the session', statement: () => sql`select pg_advisory_lock(7426)`, code: '42501' },
  { name: 'a notification', statement: () => sql`select pg_notify('parcel', 'hello')`, code: '42501' },
]

const ATTEMPTS: readonly Attempt[] = [...UNSENT.map((attempt) => ({ ...attempt, code: 'STATEMENT_REFUSED' })), ...REFUSED]

interface BareAttempt {
  readonly name: string
  readonly statement: (target: Target) => Sql
  /** What the scopes of the library find on that backend afterwards: their own rows, or a refusal. */
  readonly afterwards: 'own rows' | '42501'
}

// What the login can do to the session that it shares with the library: keep others out, not let them in.
const BARE: readonly BareAttempt[] = [
  { name: 'set role', statement: ({ role }) => sql`set role ${ident(role)}`, afterwards: '42501' },
  { name: 'set search_path', statement: ({ schema }) => sql`set search_path to ${ident(schema)}`, afterwards: 'own rows' },
  {
    name: 'a tenant of its own choice for the session',
    statement: ({ id }) => sql`select set_config('tenantry.context', ${id}, false)`,
    afterwards: 'own rows',
  },
  { name: 'row security off', statement: () => sql`set row_security = off`, afterwards: '42501' },
  { name: 'prepare', statement: () => sql`prepare kept as select 1`, afterwards: 'own rows' },
  { name: 'listen', statement: () => sql`listen parcel`, afterwards: 'own rows' },
  { name: 'a cursor that is held', statement: () => sql`declare kept cursor with hold for select 1`, afterwards: 'own rows' },
  { name: 'begin', statement: () => sql`begin`, afterwards: 'own rows' },
]

if (whyMissing('pgbouncer') === undefined) {
  describeOn(['embedded-18'], 'attempts to leave a scope', (server) => {
    let fleet: Fleet
    let target: Target
    beforeAll(async () => {
      fleet = await fleetOn(server, {
        pooled: true,
        migrations: LEAK_MIGRATIONS,
        tenants: {
          'shared-1': 'shared',
          'shared-2': 'shared',
          'shared-3': 'shared',
          'schema-1': 'schema',
          'schema-2': 'schema',
          'schema-3': 'schema',
        },
      })
      await fill(fleet, ['shared-1', 'shared-2', 'shared-3', 'schema-1', 'schema-2', 'schema-3'])
      target = await targetOf(fleet, 'schema-2')
    })
    afterAll(() => fleet?.stop())

    for (const { name, statement, code } of ATTEMPTS) {
      test(`${name}: refused with ${code}, and the next 100 scopes on that server connection are alone`, async () => {
        for (const slug of ['shared-1', 'schema-1']) {
          const { backends: before } = await neighbours(fleet, OTHERS, 1)
          const tenant = fleet.app.tenant(slug)

          await expect(tenant.query(statement(target))).rejects.toMatchObject({ code })
          expect(await neighbours(fleet, OTHERS, 100)).toEqual({ found: { 'own rows': 100 }, backends: before })

          const inside = tenant.transaction(async (scope) => {
            await scope.rows(sql`select owner from parcel`)
            await scope.rows(statement(target))
          })
          await expect(inside).rejects.toMatchObject({ code })
          expect(await neighbours(fleet, OTHERS, 100)).toEqual({ found: { 'own rows': 100 }, backends: before })
        }
      })
    }

    describe('with the login of the application and no library', () => {
      test('it finds the session as it was before the scopes: no role, no tenant, the same path and limit', async () => {
        const bare = await fleet.bare('shared-1')
        const session = sql`
          select current_user = session_user as without_role, coalesce(current_setting('tenantry.context', true), '') as tenant,
                 current_setting('search_path') as path, current_setting('statement_timeout') as limit, pg_backend_pid() as backend`
        await bare.run(sql`discard all`)
        const before = await bare.rows(session)
        expect(before).toMatchObject([{ without_role: true, tenant: '' }])
        for (const slug of OTHERS) {
          const tenant = fleet.app.tenant(slug, { timeoutMs: 4_000, actor: 'ann' })
          await tenant.query(sql`select owner from parcel`)
          expect(await bare.rows(session)).toEqual(before)
          await tenant.transaction((scope) => scope.rows(sql`select owner from parcel`))
          expect(await bare.rows(session)).toEqual(before)
        }
      })

      for (const { name, statement, afterwards } of BARE) {
        test(`${name}: no row to see, and the scopes that follow get ${afterwards === '42501' ? 'a refusal' : 'their own rows'}`, async () => {
          const bare = await fleet.bare('shared-1')
          const shared = await targetOf(fleet, 'shared-1')
          try {
            await bare.run(statement(target))

            for (const table of [sql`parcel`, ident(shared.schema, 'parcel'), ident(target.schema, 'parcel')]) {
              const outcome = await bare.rows(sql`select owner from ${table}`).catch((error: { code: string }) => error.code)
              expect(['42501', '42P01', 'TN000']).toContain(outcome)
            }
            expect((await neighbours(fleet, OTHERS, 100)).found).toEqual({ [afterwards]: 100 })
          } finally {
            await bare.run(sql`discard all`)
          }
        })
      }

      test('it cannot enter a tenant by hand: the scopes that follow are refused, not misled', async () => {
        const bare = await fleet.bare('shared-1')
        try {
          await bare.run(sql`select set_config('tenantry.context', ${target.id}, false), set_config('role', ${target.role}, false)`)
          await expect(bare.rows(sql`select distinct owner from ${ident(target.schema, 'parcel')}`)).rejects.toMatchObject({
            code: 'TN000',
          })
          expect((await neighbours(fleet, OTHERS, 100)).found).toEqual({ '42501': 100 })
        } finally {
          await bare.run(sql`discard all`)
        }
        expect((await neighbours(fleet, OTHERS, 100)).found).toEqual({ 'own rows': 100 })
      })

      // At `standard` this is so by design: the login is trusted to enter.
      test('in a standard database it can enter a tenant by hand, and is that tenant alone', async () => {
        const { database } = await fleet.tenant('shared-1')
        await fleet.run('assurance.set', { cluster: 'main', database, to: 'standard' })
        const bare = await fleet.bare('shared-1')
        const shared = await targetOf(fleet, 'shared-1')
        try {
          await bare.run(sql`select set_config('tenantry.context', ${target.id}, false), set_config('role', ${target.role}, false)`)

          const seen = await bare.rows(sql<{ owner: string }>`select distinct owner from ${ident(target.schema, 'parcel')}`)
          expect(seen).toEqual([{ owner: target.id }])
          await expect(bare.rows(sql`select owner from ${ident(shared.schema, 'parcel')}`)).rejects.toMatchObject({ code: '42501' })
          expect((await neighbours(fleet, OTHERS, 100)).found).toEqual({ '42501': 100 })
        } finally {
          await bare.run(sql`discard all`)
        }
        expect((await neighbours(fleet, OTHERS, 100)).found).toEqual({ 'own rows': 100 })
        await fleet.run('assurance.set', { cluster: 'main', database, to: 'strict' })
      })

      test('writes of single statements are refused after it has made the session read-only', async () => {
        const bare = await fleet.bare('shared-1')
        const write = sql`update parcel set doomed = false`
        try {
          await bare.run(sql`set default_transaction_read_only = on`)

          await expect(fleet.app.tenant('shared-2').query(write)).rejects.toMatchObject({ code: '25006' })
          await expect(fleet.app.tenant('shared-2').transaction((scope) => scope.run(write))).resolves.toBeGreaterThan(0)
        } finally {
          await bare.run(sql`discard all`)
        }
      })
    })
  })
} else {
  test.skip(`attempts to leave a scope: ${whyMissing('pgbouncer')}`)
}

const OTHERS = ['shared-2', 'schema-2', 'shared-3', 'schema-3']

async function targetOf(fleet: Fleet, slug: string): Promise<Target> {
  const { id, schema, home } = await fleet.tenant(slug)
  const witness = await fleet.witness(slug)
  const { role } = await witness.one(sql<{ role: string }>`select role_name as role from tenantry.home where id = ${home}`)
  return { id, schema, role }
}
