import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { forecast } from '../../src/engine/forecast/forecast.js'
import { fileText, ident, sql } from '../../src/kernel/sql.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { addMigration } from '../../src/testing/project-files.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

const FIRST = `-- migrate:up
create table customer (
  tenant_id uuid not null default tenantry.tenant(),
  id integer not null,
  email text not null,
  primary key (tenant_id, id)
);
create table invoice (tenant_id uuid not null default tenantry.tenant(), id integer not null, primary key (tenant_id, id));
`
const SECOND = `-- migrate:up
alter table customer add constraint customer_email unique (tenant_id, email);
alter table invoice add column paid boolean not null default false;
`

const SLUGS = Array.from({ length: 24 }, (_, n) => `shop-${n}`)
const [DIRTY, LOCKED, BARE] = ['shop-3', 'shop-11', 'shop-19']

interface Detail {
  readonly state: string
  readonly items: {
    readonly total: number
    readonly done: number
    readonly failed: readonly {
      readonly item: string
      readonly fault: { readonly code: string; readonly facts: Record<string, unknown> }
    }[]
  }
}

describe('homes that fail', () => {
  let fleet: Fleet
  let release: () => Promise<void>
  const inHome = async (slug: string, text: string): Promise<void> => {
    const { id, schema } = await fleet.tenant(slug)
    const witness = await fleet.witness(slug)
    await witness.transaction((session) =>
      session.script(sql`set local search_path = ${ident(schema)}; ${fileText(text.replaceAll('TENANT', `'${id}'`))}`),
    )
  }
  const slugsBySchema = async (): Promise<ReadonlyMap<string, string>> =>
    new Map(await Promise.all(SLUGS.map(async (slug) => [(await fleet.tenant(slug)).schema, slug] as const)))
  const failedOf = async (operation: string): Promise<ReadonlyMap<string, Detail['items']['failed'][number]['fault']>> => {
    const { items } = await fleet.run<Detail>('operation.show', { operation })
    const bySchema = await slugsBySchema()
    return new Map(items.failed.map(({ item, fault }) => [bySchema.get(item.split(' ')[0]!)!, fault]))
  }
  const versions = async (): Promise<readonly string[]> => {
    const { data } = await fleet.run<{ data: readonly { isolation: string; version: string; homes: number }[] }>('migrate.status')
    // The cluster has a shared home as well.
    return data.filter(({ isolation }) => isolation === 'schema').map(({ version, homes }) => `${homes} at ${version}`)
  }
  let run: string

  beforeAll(async () => {
    fleet = await fleetOn(testServer(), {
      migrations: { 'tenant/20260101000000_first.sql': FIRST },
      tenants: Object.fromEntries(SLUGS.map((slug) => [slug, 'schema'])),
    })
    for (const slug of SLUGS) await inHome(slug, `insert into customer values (TENANT, 1, 'a@x'), (TENANT, 2, 'b@x')`)
    await inHome(DIRTY, `insert into customer values (TENANT, 7, 'b@x')`)
    await inHome(BARE, 'drop table invoice')
    await addMigration(fleet, 'tenant/20260102000000_second.sql', SECOND)
  })
  afterAll(async () => {
    await release?.()
    await fleet?.stop()
  })

  test('are named by the forecast, but for those where somebody will be in the way', async () => {
    const { findings } = await forecast(fleet.platform)
    const bySchema = await slugsBySchema()
    expect(new Set(findings.map(({ home }) => bySchema.get(home)))).toEqual(new Set([DIRTY, BARE]))
  })

  test('are set apart: the others are migrated, and each is told with SQLSTATE and row', async () => {
    const witness = await fleet.witness(LOCKED)
    let held = (): void => undefined
    const holding = new Promise<void>((resolve) => {
      held = resolve
    })
    let started = (): void => undefined
    const locked = new Promise<void>((resolve) => {
      started = resolve
    })
    const { schema } = await fleet.tenant(LOCKED)
    const holder = witness.transaction(async (session) => {
      await session.run(sql`lock table ${ident(schema, 'customer')} in access share mode`)
      started()
      await holding
    })
    release = async () => {
      held()
      await holder
    }
    await locked
    await expect(fleet.run('migrate.up', { rounds: 1 })).rejects.toMatchObject({ code: 'FLEET_PARTIAL' })
    const [{ id }] = (await fleet.run<{ data: [{ id: string }] }>('operation.list', { name: 'migrate.up' })).data
    run = id
    const failed = await failedOf(run)
    expect([...failed.keys()].sort()).toEqual([LOCKED, BARE, DIRTY].sort())
    expect(failed.get(DIRTY)).toMatchObject({ code: 'MIGRATION_FAILED', facts: { sqlstate: '23505' } })
    expect(JSON.stringify(failed.get(DIRTY))).toContain('b@x')
    expect(failed.get(BARE)).toMatchObject({ code: 'MIGRATION_FAILED', facts: { sqlstate: '42P01' } })
    expect(failed.get(LOCKED)).toMatchObject({ code: 'MIGRATION_BUSY' })
    expect(await versions()).toEqual(['3 at 20260101000000', '21 at 20260102000000'])
  })

  test('are taken up again, and nothing else is, once they are repaired', async () => {
    await release()
    await inHome(DIRTY, 'delete from customer where id = 7')
    const { schema } = await fleet.tenant(BARE)
    await inHome(
      BARE,
      `create table invoice (tenant_id uuid not null default tenantry.tenant(), id integer not null, primary key (tenant_id, id));
       do $$ begin execute format('alter table ${schema}.invoice owner to %I', (select tableowner from pg_tables where schemaname = '${schema}' and tablename = 'customer')); end $$`,
    )
    await fleet.run('operation.retry', { operation: run })
    expect(await versions()).toEqual(['24 at 20260102000000'])
    const { state, items } = await fleet.run<Detail>('operation.show', { operation: run })
    expect({ state, total: items.total, done: items.done, failed: items.failed }).toEqual({
      state: 'succeeded',
      total: 25,
      done: 25,
      failed: [],
    })
    const witness = await fleet.witness(DIRTY)
    const { n } = await witness.one(sql<{ n: number }>`select count(*)::int as n from pg_constraint where conname = 'customer_email'`)
    // With the shared home.
    expect(n).toBe(SLUGS.length + 1)
  })
})
