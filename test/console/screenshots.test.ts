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
const PICTURES = ['overview', 'tenants', 'tenant', 'operation', 'migrations', 'backups', 'activity', 'sql']

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
      config: { watchdog: 'off', tiers: { gold: {}, silver: {}, free: {} } },
    })
    onTestFinished(() => rig.stop())
    await furnish(rig)
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
      sql`insert into sale (product_id, quantity) select (array(select id from product order by id))[1 + (i * i) % 5], 1 + i % 3 from generate_series(1, 400) i`,
    )
  }
  await catalog.run(sql`
    update catalog.tenant t set created_at = now() - n * interval '23 days'
    from (select id, row_number() over (order by slug) as n from catalog.tenant) o where o.id = t.id`)
  await fleet.run('backup.schedule', { tier: 'gold', daily: 7, weekly: 4, monthly: 12 })
  await fleet.run('backup.schedule', { tier: 'silver', daily: 7 })
  for (const [slug, , , tier] of SHOPS) if (tier !== 'free') await fleet.run('backup.create', { tenant: slug, verify: true })
  await fleet.run('tenant.suspend', { tenant: 'paper-crane', reason: 'invoice 2291 is unpaid since August' })
  const { home } = await fleet.run<{ home: string }>('tenant.growth', { tenant: 'blue-door-books' })
  await catalog.run(sql`
    insert into catalog.home_size (home_id, day, bytes, rows, dead)
    select ${home}::uuid, current_date - n, 1024 * 1024 * (52 - n * 0.9 + 3 * sin(n)), 96000 - n * 2200 + 900 * sin(n), 400 + 300 * (n % 4)
    from generate_series(0, 29) n
    on conflict (home_id, day) do update set bytes = excluded.bytes, rows = excluded.rows, dead = excluded.dead`)
  await catalog.run(sql`
    insert into catalog.home_fact (home_id, tried_at, bytes, rows, dead, held, tenants, week_ago, measured_at)
    values (${home}::uuid, now(), 54525952, 96000, 400, 0, 1, 47185920, now())
    on conflict (home_id) do update set bytes = 54525952, rows = 96000, dead = 400, week_ago = 47185920, measured_at = now()`)
  await writeFile(
    join(fleet.folder, 'migrations', 'tenant', '20260301000000_loyalty_points.sql'),
    '-- migrate:up\nalter table sale add column loyalty_points integer not null default 0;\ncreate index on sale (tenant_id, sold_at);\n-- migrate:down\nalter table sale drop column loyalty_points;\n',
  )
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
