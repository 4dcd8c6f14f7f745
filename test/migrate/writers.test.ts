import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Fault } from '../../src/kernel/faults.js'
import { sql } from '../../src/kernel/sql.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

const WRITERS = 50
const T = 'tenant_id uuid not null default tenantry.tenant()'
const slugs = ['shared-a', 'shared-b', 'own-a', 'own-b']

let fleet: Fleet
beforeAll(async () => {
  fleet = await fleetOn(testServer(), {
    migrations: {
      'tenant/1_base.sql': `-- migrate:up
create table sale (${T}, id bigint generated always as identity, total int not null default 0, primary key (tenant_id, id));
create table line (${T}, id bigint generated always as identity, sale bigint not null, item text not null, primary key (tenant_id, id),
  foreign key (tenant_id, sale) references sale (tenant_id, id));\n`,
    },
    tenants: Object.fromEntries(slugs.map((slug) => [slug, slug.startsWith('own') ? ('schema' as const) : ('shared' as const)])),
    client: { maxConnections: 20 },
  })
})
afterAll(() => fleet?.stop())

test(`${WRITERS} clients go on writing through a fleet run, and nobody waits for us for a second`, async () => {
  const witness = await fleet.witness('own-a')
  const over = new AbortController()
  const [failed, written]: [unknown[], Map<string, number>] = [[], new Map()]
  const writer = async (n: number): Promise<void> => {
    const slug = slugs[n % slugs.length]!
    const tenant = fleet.app.tenant(slug)
    while (!over.signal.aborted) {
      const sell = () =>
        tenant.transaction(async (tx) => {
          const { id } = await tx.one(sql<{ id: string }>`insert into sale default values returning id`)
          await tx.run(sql`insert into line (sale, item) values (${id}, 'tea')`)
          await tx.run(sql`update sale set total = total + 1 where id = ${id}`)
        })
      // One retry, as the library's manual has it.
      await sell()
        .catch(sell)
        .then(
          () => written.set(slug, (written.get(slug) ?? 0) + 1),
          (error: unknown) => failed.push(error),
        )
      // As clients do: without it they would only show how many the machine can serve.
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  // How long each backend that is no migrator's has been seen behind one that is, at a stretch.
  const [since, longest] = [new Map<number, number>(), { ms: 0, samples: 0 }]
  const sampler = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const behind = await witness.rows(sql<{ pid: number; ms: number }>`
        select w.pid, extract(epoch from clock_timestamp() - l.waitstart)::float8 * 1000 as ms
        from pg_stat_activity w
        join pg_locks l on l.pid = w.pid and not l.granted
        where w.application_name = 'tenantry'
          and exists (
            select from unnest(pg_blocking_pids(w.pid)) as b join pg_stat_activity o on o.pid = b and o.application_name = 'tenantry control'
          )`)
      for (const { pid, ms } of behind) {
        since.set(pid, ms)
        longest.ms = Math.max(longest.ms, ms ?? 0)
      }
      longest.samples++
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const working = Promise.all([...Array.from({ length: WRITERS }, (_, n) => writer(n)), sampler()])
  const step = (version: number, text: string) =>
    writeFile(join(fleet.platform.config.migrations, 'tenant', `${version}_step.sql`), `-- migrate:up\n${text}\n`)
  // On a busy machine a home may find no moment while all of them write. What is asked here is that nobody waits for it, so it ends when they have.
  const up = (): Promise<unknown> =>
    fleet.run('migrate.up', { parallel: 4, rounds: 0 }).catch((error: Fault) => expect(error).toMatchObject({ code: 'FLEET_PARTIAL' }))
  try {
    await step(2, 'alter table sale add column note text;\nalter table line add column quantity int not null default 1;')
    await up()
    await step(
      3,
      `create table refund (${T}, id bigint, primary key (tenant_id, id));\nalter table line drop column quantity;\nalter table sale drop column note;`,
    )
    await up()
  } finally {
    over.abort()
    await working
  }
  await fleet.run('migrate.up')
  expect(failed).toEqual([])
  expect(longest.samples).toBeGreaterThan(5)
  expect(longest.ms).toBeLessThan(2_000)
  // All of them were at work, and what they wrote is there.
  for (const slug of slugs) {
    const { n } = await fleet.app.tenant(slug).transaction((tx) => tx.one(sql<{ n: number }>`select count(*)::int as n from sale`))
    expect(n).toBe(written.get(slug))
    expect(n).toBeGreaterThan(0)
  }
})
