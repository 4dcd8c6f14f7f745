import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fileText, sql } from '../../src/kernel/sql.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'
import { CHANGES } from './drift-changes.js'
import { seenIn } from './drift-eyes.js'

const T = 'tenant_id uuid not null default tenantry.tenant()'
const SHOP = `-- migrate:up
create type state as enum ('open', 'paid', 'void');
create table customer (${T}, id bigint generated always as identity, email text not null, notes text, primary key (tenant_id, id), unique (tenant_id, email));
create table orders (${T}, id bigint generated always as identity, customer_id bigint not null, state state not null default 'open', amount numeric(10,2) not null default 0 check (amount >= 0),
  at timestamptz not null default now(), primary key (tenant_id, id), foreign key (tenant_id, customer_id) references customer (tenant_id, id));
create index orders_at on orders (tenant_id, at desc) where state <> 'void';
create function touch() returns trigger language plpgsql as $$ begin new.at := now(); return new; end $$;
create trigger orders_touch before update on orders for each row execute function touch();
create view owed with (security_invoker = true) as select customer_id, sum(amount) as amount from orders where state = 'open' group by customer_id;
create statistics orders_kinds on customer_id, state from orders;
comment on table orders is 'What was ordered';
`

interface Class {
  readonly class: string
  readonly state: string
  readonly homes: number
  readonly isolation: string
  readonly first: readonly string[]
}
interface Classes {
  readonly pending: number
  readonly unscanned: number
  readonly data: readonly Class[]
}
interface Repaired {
  readonly statements: readonly string[]
}

const AT_ONCE = 4
const slugs = Object.keys(CHANGES).map((_, at) => `shop-${at}`)
let fleet: Fleet
beforeAll(async () => {
  fleet = await fleetOn(testServer(), {
    migrations: { 'tenant/20260101000000_shop.sql': SHOP },
    tenants: {
      crowd: 'shared',
      alone: 'database',
      pattern: 'schema',
      ...Object.fromEntries(slugs.map((slug) => [slug, 'schema' as const])),
    },
  })
}, 120_000)
afterAll(() => fleet?.stop())

const scan = (): Promise<Classes> => fleet.run('drift.scan')

/** As a superuser in the tenant's home, with nothing of ours in between. */
async function byHand(slug: string, text: string): Promise<void> {
  const { schema } = await fleet.tenant(slug)
  const role = await roleOf(slug)
  const witness = await fleet.witness(slug)
  const inHome = `set local search_path = ${schema}, ext, pg_temp; set local allow_system_table_mods = on;`
  await witness.script(fileText(`begin; ${inHome} ${text.replaceAll('ROLE', role).replaceAll('HOME', schema)}; commit`))
}

async function roleOf(slug: string): Promise<string> {
  const { schema } = await fleet.tenant(slug)
  const { role } = await (await fleet.witness(slug)).one(
    sql<{ role: string }>`select role_name as role from tenantry.home where schema_name = ${schema}`,
  )
  return role
}

const seen = async (slug: string): Promise<readonly string[]> =>
  seenIn(await fleet.witness(slug), (await fleet.tenant(slug)).schema, await roleOf(slug))

const classOf = async (classes: Classes, slug: string): Promise<Class> => {
  const { schema } = await fleet.tenant(slug)
  return classes.data.find(({ first }) => first.some((place) => place.endsWith(`.${schema}`)))!
}

describe('drift', () => {
  test('homes that only the files have made are as expected, whatever their isolation', async () => {
    const found = await scan()
    expect(found).toMatchObject({ pending: 0, unscanned: 0 })
    expect(found.data.map(({ isolation, homes, state }) => [isolation, homes, state]).sort()).toEqual([
      ['database', 1, 'as expected'],
      ['schema', slugs.length + 1, 'as expected'],
      ['shared', 1, 'as expected'],
    ])
    const name = found.data[0]!.class
    await expect(fleet.run('drift.repair', { class: name, confirm: name })).rejects.toMatchObject({
      code: 'DRIFT_UNMENDABLE',
      facts: { reasons: ['it is as the files make it'] },
    })
  })

  test('each change by hand makes a class of its own, whose SQL mends it', async () => {
    const pattern = await seen('pattern')
    for (const [at, slug] of slugs.entries()) await byHand(slug, Object.values(CHANGES)[at]!.sql)
    const classes = await scan()
    expect(classes).toMatchObject({ pending: slugs.length, unscanned: 0 })
    const mended = async (slug: string, at: number): Promise<void> => {
      const [name, { mends, destructive = false }] = Object.entries(CHANGES)[at]!
      const found = await classOf(classes, slug)
      expect.soft(found, name).toMatchObject({ state: 'drifted', homes: 1 })
      const repair = (input: object): Promise<Repaired> => fleet.run('drift.repair', { class: found.class, confirm: found.class, ...input })
      if (destructive) {
        await expect.soft(repair({}), name).rejects.toMatchObject({ code: 'DRIFT_DESTRUCTIVE' })
        expect.soft(await seen(slug), name).not.toEqual(pattern)
      }
      const outcome = await repair({ destructive }).catch((error: Error) => ({ statements: [error.message] }))
      expect.soft(outcome.statements.join('\n'), name).toMatch(new RegExp(mends.source, 'm'))
      expect.soft(await seen(slug), name).toEqual(pattern)
    }
    for (let at = 0; at < slugs.length; at += AT_ONCE)
      await Promise.all(slugs.slice(at, at + AT_ONCE).map((slug, more) => mended(slug, at + more)))
    expect(await scan()).toMatchObject({ pending: 0, unscanned: 0 })
  }, 120_000)
})
