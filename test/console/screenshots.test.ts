import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { sql } from '../../src/kernel/sql.js'
import { enter } from '../watchdog/trap.js'
import { type Rig, startRig } from './rig.js'

const ROOT = join(import.meta.dirname, '..', '..')
const SHOWN = join(ROOT, 'docs', 'console')
const PICTURES = ['overview', 'tenants', 'tenant', 'operation', 'migrations', 'backups', 'cluster', 'sql']

const SHOPS = [
  ['harbor-coffee', 'Harbor Coffee', 'database', 'gold'],
  ['blue-door-books', 'Blue Door Books', 'schema', 'gold'],
  ['corner-bakery', 'Corner Bakery', 'schema', 'silver'],
  ['cedar-bikes', 'Cedar Bikes', 'schema', 'silver'],
  ['north-market', 'North Market', 'schema', 'silver'],
  ['river-flowers', 'River Flowers', 'shared', 'free'],
  ['sunny-toys', 'Sunny Toys', 'shared', 'free'],
  ['little-tailor', 'The Little Tailor', 'shared', 'free'],
  ['old-town-deli', 'Old Town Deli', 'shared', 'free'],
  ['paper-crane', 'Paper Crane', 'shared', 'free'],
  ['three-olives', 'Three Olives', 'shared', 'free'],
  ['wool-and-wood', 'Wool & Wood', 'shared', 'free'],
] as const

const SALES = `-- migrate:up
create table product (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  name text not null,
  price numeric(8,2) not null,
  primary key (tenant_id, id)
);
create table sale (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  product_id bigint not null,
  quantity integer not null,
  sold_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, product_id) references product (tenant_id, id)
);
-- migrate:down
drop table sale, product;
`

// UPDATE_SCREENSHOTS=1 takes them anew; whatever else it has seen is beside them in .build/screenshots.
if (process.env.UPDATE_SCREENSHOTS === '1')
  test('takes them', async () => {
    const rig = await startRig({
      migrations: { 'tenant/20260101000000_sales.sql': SALES },
      tenants: Object.fromEntries(SHOPS.map(([slug, , isolation]) => [slug, isolation])),
      config: { watchdog: 'off', collect: { samples: 'off' }, tiers: { gold: {}, silver: {}, free: {} } },
    })
    onTestFinished(() => rig.stop())
    await furnish(rig)
    await measure(rig)
    const page = await rig.open('/')
    const take = async (name: string, path: string, ready: (page: Page) => Promise<unknown>): Promise<void> => {
      await page.goto(path)
      await ready(page)
      await page.waitForTimeout(1_000)
      const folder = PICTURES.includes(name) ? SHOWN : join(ROOT, '.build', 'screenshots')
      mkdirSync(folder, { recursive: true })
      await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled', caret: 'hide' })
    }
    const text = (words: string) => (page: Page) => page.getByText(words).first().waitFor()
    await take('tenants', '/tenants?sort=slug', (page) => page.getByRole('link', { name: 'wool-and-wood' }).waitFor())
    await take('tenant', '/tenants/blue-door-books?tab=growth', (page) => page.locator('canvas').first().waitFor())
    await take('tenant-overview', '/tenants/blue-door-books', text('Blue Door Books'))
    await take('backups', '/backups', (page) => page.getByRole('grid', { name: 'Backups' }).getByText('verified').first().waitFor())
    await take('migrations', '/migrations?tab=plan', text('loyalty'))
    await take('operation', `/operations/${await bulk(rig)}?tab=items`, (page) => page.getByRole('grid', { name: 'Items' }).waitFor())
    await take('operations', '/operations', text('tenant.bulk'))
    await take('sql', '/sql?tenant=harbor-coffee', async (page) => {
      const statement = page.getByRole('textbox', { name: 'Statement' })
      await statement.fill(
        'select p.name, sum(s.quantity) as sold, sum(s.quantity * p.price) as revenue\nfrom sale s join product p on p.id = s.product_id\ngroup by p.name\norder by revenue desc',
      )
      await statement.press('Control+Enter')
      await page.getByRole('grid', { name: 'Rows' }).waitFor()
    })
    await take('security', '/security', (page) => page.getByRole('tab').first().waitFor())
    const letGo = await block(rig)
    await take('activity', '/activity?view=locks&text=true', text('harbor-coffee'))
    await letGo()
    await recount(rig)
    await measure(rig)
    await take('clusters', '/clusters', text('main'))
    await take('cluster', '/clusters/main?tab=charts&since=24h', (page) => page.locator('canvas').nth(5).waitFor())
    await take('overview', '/', text('Latest events'))
    await take('settings', '/settings', (page) => page.getByRole('tab').first().waitFor())
  }, 300_000)

test('each picture of the documentation is there, 1280 by 800, and small; the pages show all of them', () => {
  const page = readFileSync(join(ROOT, 'docs', 'console.md'), 'utf8')
  expect(readdirSync(SHOWN).sort()).toEqual(PICTURES.map((name) => `${name}.png`).sort())
  for (const name of PICTURES) {
    const png = readFileSync(join(SHOWN, `${name}.png`))
    expect([png.readUInt32BE(16), png.readUInt32BE(20)], name).toEqual([1_280, 800])
    expect(png.length, name).toBeLessThan(200_000)
    // A picture is made of pixels, and of nothing else that would tell where.
    expect(png.toString('latin1'), name).not.toMatch(/tEXt|iTXt|eXIf/)
    expect(page).toContain(`](console/${name}.png)`)
  }
  expect(readFileSync(join(ROOT, 'README.md'), 'utf8')).toContain('](docs/console/overview.png)')
})

// How large the homes are that are one tenant's, and the shared one of the rest.
const LARGE = sql`
  select p.home_id, max(coalesce(o.large, 0.3)) as large
  from catalog.placement p
  join catalog.tenant t on t.id = p.tenant_id
  left join (values ('blue-door-books', 1), ('harbor-coffee', 1.9), ('corner-bakery', 0.42), ('cedar-bikes', 0.77), ('north-market', 0.58)) o (slug, large)
    on o.slug = t.slug
  group by p.home_id`

/** A year of a dozen shops, as far as it is seen. */
async function furnish({ fleet }: Rig): Promise<void> {
  const { catalog } = fleet.platform
  const regions = ['eu-west', 'eu-north', 'us-east']
  for (const [n, [slug, name, , tier]] of SHOPS.entries()) {
    await fleet.run('tenant.rename', { tenant: slug, slug, name })
    await fleet.run('tenant.set', { tenant: slug, tier, region: regions[n % 3] })
    const shop = fleet.app.tenant(slug)
    await shop.query(
      sql`insert into product (name, price) values ('Espresso', 2.40), ('Flat white', 3.80), ('Cinnamon roll', 3.20), ('Beans, 250 g', 9.50), ('Filter papers', 4.10)`,
    )
    await shop.query(
      sql`insert into sale (product_id, quantity) select (array(select id from product order by id))[1 + (i + i / 3) % 5], 1 + i % 3 from generate_series(1, 400) i`,
    )
  }
  await catalog.run(sql`
    update catalog.tenant t set created_at = now() - (n + 2) * interval '19 days'
    from (select id, row_number() over (order by slug) as n from catalog.tenant) o where o.id = t.id`)
  await catalog.run(sql`
    update catalog.home h set created_at = t.created_at
    from (
      select p.home_id, min(t.created_at) as created_at from catalog.placement p join catalog.tenant t on t.id = p.tenant_id group by p.home_id
    ) t where t.home_id = h.id`)
  for (const [slug, , , tier] of SHOPS) if (tier !== 'free') await fleet.run('backup.create', { tenant: slug, verify: true })
  await fleet.run('backup.schedule', { tier: 'gold', daily: 7, weekly: 4, monthly: 12, hour: 2 })
  await fleet.run('backup.schedule', { tier: 'silver', daily: 7, hour: 2 })
  await fleet.run('tenant.suspend', { tenant: 'paper-crane', reason: 'invoice 2291 is unpaid since August' })
  // What a year of work would have left: sizes of homes day by day, and the backups of the last weeks, of the same size.
  await catalog.run(sql`
    insert into catalog.home_size (home_id, day, bytes, rows, dead)
    select home_id, current_date - n, 1024 * 1024 * large * (52 - n * 0.9 + 3 * sin(n)), large * (96000 - n * 2200 + 900 * sin(n)), large * (400 + 300 * (n % 4))
    from (${LARGE}) l, generate_series(0, 29) n
    on conflict (home_id, day) do update set bytes = excluded.bytes, rows = excluded.rows, dead = excluded.dead`)
  await catalog.run(sql`
    insert into catalog.home_fact (home_id, tried_at, bytes, rows, dead, held, tenants, week_ago, measured_at)
    select l.home_id, now(), s.bytes, s.rows, s.dead, 0, 1, w.bytes, now()
    from (${LARGE}) l
    join catalog.home_size s on s.home_id = l.home_id and s.day = current_date
    join catalog.home_size w on w.home_id = l.home_id and w.day = current_date - 7
    on conflict (home_id) do update
      set bytes = excluded.bytes, rows = excluded.rows, dead = excluded.dead, week_ago = excluded.week_ago, measured_at = excluded.measured_at`)
  const scheduled = sql<{
    made: number
  }>`select count(*)::int as made from catalog.backup where kind <> 'demand' and verified_at is not null`
  await expect.poll(async () => (await catalog.one(scheduled)).made, { timeout: 120_000 }).toBe(5)
  await catalog.run(sql`
    update catalog.backup b set kept_at = m.at, begun_at = m.at - interval '4 s', taken_at = m.at - interval '4 s', verified_at = m.at + interval '6 s'
    from (
      select id, case kind
        when 'demand' then now() - interval '15 hours' - interval '61 hours' * row_number() over (partition by kind = 'demand' order by slug)
        else date_trunc('day', now() - interval '3 hours', 'UTC') + interval '2 hours' + interval '97 s' * row_number() over (partition by kind = 'demand' order by slug)
      end as at
      from catalog.backup
    ) m where m.id = b.id`)
  await catalog.run(sql`
    insert into catalog.backup (id, tenant_id, slug, kind, state, operation_id, begun_at, kept_at, taken_at, verified_at, expires_at, isolation,
                                store, copies, manifest_digest, tables, key_id, server_version)
    select gen_random_uuid(), tenant_id, slug, 'daily', 'kept', operation_id, begun_at - back, kept_at - back, taken_at - back, verified_at - back,
           kept_at - back + interval '7 days', isolation, store, copies, manifest_digest, tables, key_id, server_version
    from catalog.backup, generate_series(1, 6) n, lateral (select n * interval '1 day' + n * interval '11 s' as back) o
    where kind <> 'demand'`)
  await catalog.run(sql`
    update catalog.backup b set rows = s.rows, bytes = s.bytes * 0.28, plain_bytes = s.bytes * 0.9,
                                note = case when b.kind = 'demand' then 'before the new prices' end
    from catalog.placement p, catalog.home_size s
    where p.tenant_id = b.tenant_id and s.home_id = p.home_id and s.day = (b.kept_at at time zone 'UTC')::date`)
  await catalog.run(sql`
    update catalog.backup set proven_at = kept_at + interval '41 minutes', proven_ms = 2140
    where slug in ('blue-door-books', 'harbor-coffee', 'cedar-bikes') and kind <> 'demand' and kept_at > now() - interval '4 days' and kept_at < now() - interval '2 days'`)
  await writeFile(
    join(fleet.folder, 'migrations', 'tenant', '20260301000000_loyalty_points.sql'),
    '-- migrate:up\nalter table sale add column loyalty_points integer not null default 0;\ncreate index on sale (tenant_id, sold_at);\n-- migrate:down\nalter table sale drop column loyalty_points;\n',
  )
}

/** A day of its server, as it would be seen until now. */
async function measure({ fleet }: Rig): Promise<void> {
  await fleet.platform.catalog.run(sql`
    insert into catalog.sample (cluster_id, source, step, at, facts)
    select c.id, 'server', step, at, jsonb_build_object('at', s, 'of', jsonb_build_object('', jsonb_build_object(
             'up', 1, 'room', 97, 'clients', round(31 + 22 * busy), 'active', round(3 + 9 * busy), 'idle', round(26 + 10 * busy),
             'idleInTransaction', round(2 + 3 * busy), 'waiting', greatest(0, round(4 * busy - 2 + sin(s / 1700))), 'oldest', 0.4 + 2 * busy + sin(s / 700) * 0.3,
             'databasesReset', 1, 'reset', 1, 'commits', 310 * total, 'rollbacks', 4 * total, 'blocksHit', 9000 * total, 'blocksRead', 12 * s + 20 * total,
             'wal', 900000 * total, 'tempBytes', 21000 * total)))
    from catalog.cluster c, (values (15, 300), (300, 290)) v (step, samples), generate_series(0, samples) n,
         lateral (select date_bin(make_interval(secs => step), clock_timestamp(), timestamptz '2001-01-01 00:00:00+00') - make_interval(secs => step * n) as at) m,
         lateral (select extract(epoch from at)::float8 - 1700000000 as s) e,
         lateral (select 0.5 - 0.4 * cos((s + 1700000000 - 4 * 3600) * 2 * pi() / 86400) + 0.06 * sin(s / 1900) + 0.04 * sin(s / 530) as busy,
                         0.5 * s - 0.4 * sin((s + 1700000000 - 4 * 3600) * 2 * pi() / 86400) * 86400 / (2 * pi()) - 114 * cos(s / 1900) - 21 * cos(s / 530) as total) w
    on conflict (cluster_id, source, step, at) do update set facts = excluded.facts`)
  await fleet.platform.catalog.run(sql`
    insert into catalog.sample (cluster_id, source, step, at, facts)
    select c.id, 'homes', step, at, jsonb_build_object('at', extract(epoch from at), 'of', jsonb_build_object('', jsonb_build_object(
             'bytes', f.bytes * (1 - 0.017 * days), 'rows', f.rows * (1 - 0.02 * days), 'deadShare', 1.1 + sin(days * 9) * 0.6)))
    from catalog.cluster c, (select sum(bytes) as bytes, sum(rows) as rows from catalog.home_fact) f,
         (values (300, 290), (3600, 180)) v (step, samples), generate_series(0, samples) n,
         lateral (select date_bin(make_interval(secs => step), clock_timestamp(), timestamptz '2001-01-01 00:00:00+00') - make_interval(secs => step * n) as at) m,
         lateral (select extract(epoch from clock_timestamp() - at)::float8 / 86400 as days) e
    on conflict (cluster_id, source, step, at) do update set facts = excluded.facts`)
}

// The newest first: the operation, how it went, of whom, by whom, and how many minutes ago.
const EVENTS = [
  ['tenant.bulk', 'succeeded', null, 'user:anna', 4],
  ['tenant.bulk', 'running', null, 'user:anna', 5],
  ['tenant.suspend', 'succeeded', 'paper-crane', 'user:ben', 38],
  ['tenant.set', 'succeeded', 'cedar-bikes', 'user:ben', 131],
  ['backup.drill', 'succeeded', 'harbor-coffee', 'worker', 290],
  ['backup.drill', 'running', 'harbor-coffee', 'worker', 291],
  ['tenant.rename', 'succeeded', 'old-town-deli', 'user:anna', 447],
  ['backup.due', 'succeeded', null, 'worker', 806],
  ['backup.due', 'running', null, 'worker', 808],
  ['backup.create', 'succeeded', 'blue-door-books', 'user:ben', 1_390],
  ['backup.schedule', 'succeeded', null, 'user:anna', 1_525],
  ['tenant.set', 'succeeded', 'three-olives', 'user:ben', 1_710],
] as const

/** Two days of a team, in place of what this test has done within a minute. */
async function recount({ fleet }: Rig): Promise<void> {
  const { catalog } = fleet.platform
  await catalog.run(sql`delete from catalog.event`)
  for (const [name, state, slug, actor, minutes] of EVENTS.toReversed())
    await catalog.run(sql`
      insert into catalog.event (at, source, name, state, subject, operation_id, facts)
      values (now() - ${minutes} * interval '1 minute', 'operation', ${name}, ${state},
              (select id from catalog.tenant where slug = ${slug}), (select id from catalog.operation where name = ${name} limit 1),
              jsonb_strip_nulls(jsonb_build_object('slug', ${slug}::text, 'actor', ${actor}::text)))`)
}

/** The operation that changes the tenants that share a home, all at once. */
async function bulk({ fleet }: Rig): Promise<string> {
  await fleet.run('tenant.bulk', { action: 'set', isolation: 'shared', setRegion: 'eu-west', expect: 7 })
  const { data } = await fleet.run<{ data: readonly { id: string }[] }>('operation.list', { name: 'tenant.bulk' })
  return data[0]!.id
}

/** A session that keeps two others waiting, until it is let go. */
async function block({ fleet }: Rig): Promise<() => Promise<void>> {
  const holder = await enter(fleet, 'harbor-coffee')
  await holder.say('lock table product in share row exclusive mode')
  const waiting = []
  for (let n = 0; n < 2; n++) {
    const waiter = await enter(fleet, 'harbor-coffee')
    await waiter.say('set local lock_timeout = 0')
    waiting.push({ waiter, over: waiter.say('update product set price = price * 1.05').catch(() => {}) })
  }
  return async () => {
    await holder.end()
    for (const { waiter, over } of waiting) {
      await over
      await waiter.end()
    }
  }
}
