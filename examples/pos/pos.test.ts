import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createTenantry, isFault, sql, type TenantHandle, type Tenantry } from 'tenantry'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
// The witness is not the application: it comes with the tests, and takes their statements.
import { sql as ask } from '../../src/index.js'
import type { Database } from '../../src/postgres/session.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../../test/support/fleet.js'
import { testServer } from '../../test/support/servers-injected.js'
import { checkConsole } from './check-platform.js'
import { closeShift } from './close-shift.js'
import { openCustomers } from './customers.js'
import { type NewSale, placeSale } from './place-sale.js'
import { receiveGoods } from './receive-goods.js'
import { isRefusal } from './refusal.js'
import { seedShop } from './seed-shop.js'
import type { Shop } from './shops.js'
import config from './tenantry.config.js'
import { trade } from './trade.js'

const ISOLATIONS = ['shared', 'schema', 'database'] as const
// Before any day on which this may run, since a shift cannot be closed before it was opened.
const CLOCK = new Date('2025-06-01T10:00:00Z')
const LINES = 90

const shopOf = (isolation: Shop['isolation']): Shop => ({
  slug: `shop-${isolation}`,
  name: `Shop ${isolation}`,
  isolation,
  trade: 'hardware',
  country: 'AT',
  locations: 1,
  lines: LINES,
})

/** The values of promises that all came true; the first reason otherwise. */
const fulfilled = <T>(results: readonly PromiseSettledResult<T>[]): readonly T[] =>
  results.map((result) => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  })

let fleet: Fleet
let tenantry: Tenantry

const waiting = ask<{ n: number }>`
  select count(*)::int as n
  from pg_stat_activity
  where datname = current_database()
    and wait_event_type = 'Lock'`

beforeAll(async () => {
  const { catalog: _, ...rest } = config
  fleet = await fleetOn(testServer(), {
    migrations: join(import.meta.dirname, 'migrations'),
    config: rest,
    tenants: { ...Object.fromEntries(ISOLATIONS.map((isolation) => [`shop-${isolation}`, isolation])), 'shop-neighbour': 'shared' },
  })
  tenantry = createTenantry({ catalogUrl: fleet.catalogUrl, secrets: fleet.secrets })
  for (const isolation of ISOLATIONS) await seedShop(tenantry.tenant(`shop-${isolation}`), shopOf(isolation), { clock: CLOCK })
  await seedShop(tenantry.tenant('shop-neighbour'), { ...shopOf('shared'), slug: 'shop-neighbour' }, { clock: CLOCK })
}, 120_000)

afterAll(async () => {
  await tenantry?.close()
  await fleet?.stop()
})

for (const isolation of ISOLATIONS) {
  describe(`a shop in ${isolation}`, () => {
    let shop: TenantHandle
    let witness: Database
    /** The shop's tables as a superuser finds them, without any scope. */
    let count: (where: ReturnType<typeof ask>) => Promise<number>

    beforeAll(async () => {
      const slug = `shop-${isolation}`
      shop = tenantry.tenant(slug)
      witness = await fleet.witness(slug)
      const { id, schema } = await fleet.tenant(slug)
      count = async (rows) =>
        witness.transaction(async (session) => {
          await session.run(ask`select set_config('search_path', ${schema}, true)`)
          return (await session.one(ask<{ n: number }>`select count(*)::int as n from (${rows}) as found where found.tenant_id = ${id}`)).n
        })
    })

    /** Starts these one after the other while a superuser holds what they need, so that all of them wait; then it lets go. */
    const racing = async <T>(
      held: ReturnType<typeof ask>,
      runners: readonly (() => Promise<T>)[],
    ): Promise<readonly PromiseSettledResult<T>[]> => {
      const { schema } = await fleet.tenant(`shop-${isolation}`)
      const running: Promise<T>[] = []
      await witness.transaction(async (session) => {
        await session.run(ask`select set_config('search_path', ${schema}, true)`)
        await session.run(held)
        for (const runner of runners) {
          running.push(runner())
          running.at(-1)!.catch(() => {})
          await expect.poll(() => witness.one(waiting)).toEqual({ n: running.length })
        }
      })
      return Promise.allSettled(running)
    }

    const till = async () => {
      const [found] = await shop.query(sql<{ shift: string; register: string; location: string; employee: string }>`
        select shifts.id as shift, registers.id as register, registers.location_id as location, shifts.opened_by as employee
        from register_shifts as shifts
        join registers on registers.id = shifts.register_id
        where shifts.closed_at is null`)
      return found!
    }

    const newSale = async (skus: readonly string[], more: Partial<NewSale> = {}): Promise<NewSale> => {
      const { shift, employee } = await till()
      return {
        clientRef: randomUUID(),
        shift,
        employee,
        lines: skus.map((sku) => ({ sku, quantity: '1' })),
        payment: { method: 'card' },
        ...more,
      }
    }

    const stockOf = async (sku: string): Promise<number> => {
      const [level] = await shop.query(sql<{ onHand: string }>`
        select levels.on_hand as "onHand"
        from stock_levels as levels
        join product_variants as variants on variants.id = levels.variant_id
        where variants.sku = ${sku}`)
      return Number(level!.onHand)
    }

    const leaveInStock = async (sku: string, quantity: number): Promise<void> => {
      await shop.query(sql`
        select record_stock_movement(levels.variant_id, levels.location_id, 'adjustment', ${quantity} - levels.on_hand)
        from stock_levels as levels
        join product_variants as variants on variants.id = levels.variant_id
        where variants.sku = ${sku}
          and levels.on_hand <> ${quantity}`)
    }

    test('a year of sales was loaded, and every sum of it is what its rows add up to', async () => {
      expect(await count(ask`select tenant_id from sale_lines`)).toBe(LINES)
      const [wrong] = await shop.query(sql<{ sales: number; levels: number; shifts: number; points: number }>`
        select
          (select count(*)::int from sales where total <> (select sum(amount) from payments where sale_id = sales.id)) as sales,
          (
            select count(*)::int
            from stock_levels as levels
            where on_hand <> (select sum(quantity) from inventory_transactions as moved where moved.variant_id = levels.variant_id and moved.location_id = levels.location_id)
               or on_hand < 0
          ) as levels,
          (
            select count(*)::int
            from register_shifts as shifts
            join register_shift_cash as cash on cash.register_shift_id = shifts.id
            where shifts.expected_cash <> cash.cash_expected
          ) as shifts,
          (
            select count(*)::int
            from loyalty_accounts as accounts
            where points_balance <> (select coalesce(sum(points), 0) from loyalty_ledger where loyalty_account_id = accounts.id)
          ) as points`)
      expect(wrong).toEqual({ sales: 0, levels: 0, shifts: 0, points: 0 })
    })

    test('a shop is loaded once', async () => {
      expect(await seedShop(shop, shopOf(isolation), { clock: CLOCK })).toBe(false)
      expect(await count(ask`select tenant_id from sale_lines`)).toBe(LINES)
    })

    test('a sale takes stock, carries its tax and is paid in full', async () => {
      const before = await stockOf('P0001-1')
      const receipt = await placeSale(shop, await newSale(['P0001-1'], { payment: { method: 'cash', tendered: '1000' } }))

      expect(await stockOf('P0001-1')).toBe(before - 1)
      expect(
        await count(ask`
        select sales.tenant_id
        from sales
        join payments on payments.sale_id = sales.id and payments.tenant_id = sales.tenant_id
        where sales.id = ${receipt.sale}
          and sales.status = 'completed'
          and payments.amount = sales.total
          and payments.change_given = 1000 - sales.total
          and sales.tax_included = round(sales.subtotal / 1.2 * 0.2, 2)`),
      ).toBe(1)
    })

    test('a sale that is sent twice at once is stored once', async () => {
      const { register } = await till()
      const sale = await newSale(['P0002-1', 'P0003-1'])
      const send = () => placeSale(shop, sale)
      const receipts = fulfilled(await racing(ask`select from registers where id = ${register} for update`, [send, send, send]))

      expect(receipts.map((receipt) => receipt.repeated).sort()).toEqual([false, true, true])
      expect(new Set(receipts.map((receipt) => `${receipt.sale} ${receipt.receiptNumber} ${receipt.total}`)).size).toBe(1)
      expect(await count(ask`select tenant_id from sales where client_ref = ${sale.clientRef}`)).toBe(1)
      expect(await count(ask`select tenant_id from sale_lines where sale_id = ${receipts[0]!.sale}`)).toBe(2)
    })

    test('of two orders for the last piece one wins, and the other leaves nothing behind', async () => {
      await leaveInStock('P0004-1', 1)
      const sales = [await newSale(['P0004-1']), await newSale(['P0004-1'])]
      const results = await racing(
        ask`
          select
          from stock_levels as levels
          join product_variants as variants on variants.id = levels.variant_id and variants.sku = 'P0004-1'
          for update of levels`,
        sales.map((sale) => () => placeSale(shop, sale, { fromStockOnly: true })),
      )

      expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected'])
      expect(results.some((result) => result.status === 'rejected' && isRefusal(result.reason, 'sold_out'))).toBe(true)
      expect(await stockOf('P0004-1')).toBe(0)
      expect(await count(ask`select tenant_id from sales where client_ref in (${sales[0]!.clientRef}, ${sales[1]!.clientRef})`)).toBe(1)
    })

    test('the till sells the last piece twice, since the shelf is right and the books are not', async () => {
      await leaveInStock('P0005-1', 1)
      await Promise.all([placeSale(shop, await newSale(['P0005-1'])), placeSale(shop, await newSale(['P0005-1']))])

      expect(await stockOf('P0005-1')).toBe(-1)
    })

    test('baskets with the same articles in any order do not wait for each other in a circle', async () => {
      const skus = ['P0006-1', 'P0007-1', 'P0008-1']
      const sales = await Promise.all(Array.from({ length: 8 }, (_, i) => newSale(i % 2 === 0 ? skus : skus.toReversed())))
      const receipts = await Promise.all(
        sales.map((sale, i) =>
          placeSale(shop, sale, { fromStockOnly: i % 4 === 3 }).catch((error: unknown) => isRefusal(error, 'sold_out')),
        ),
      )

      expect(receipts).not.toContain(false)
    })

    test('receipt numbers have no gaps, whatever was refused in between', async () => {
      const { register } = await till()
      const sales = await Promise.all([
        newSale(['P0001-1']),
        newSale(['P0001-1', 'no-such-article']),
        newSale(['P0001-1'], { payment: { method: 'shells' } }),
        newSale(['P0002-1']),
      ])
      await Promise.allSettled(sales.map((sale) => placeSale(shop, sale)))

      const [numbers] = await shop.query(sql<{ sales: number; last: number; counter: number }>`
        select count(*)::int as sales, max(receipt_number)::int as last,
               (select last_receipt_number::int from registers where id = ${register}) as counter
        from sales
        where register_id = ${register}
          and status = 'completed'`)
      expect(numbers).toEqual({ sales: numbers!.last, last: numbers!.last, counter: numbers!.last })
      expect(await count(ask`select tenant_id from sales where status <> 'completed'`)).toBe(0)
    })

    test('what is unknown, unpriced or paid with nothing known is refused', async () => {
      await expect(placeSale(shop, await newSale(['no-such-article']))).rejects.toMatchObject({ reason: 'not_for_sale' })
      await expect(placeSale(shop, await newSale(['P0001-1'], { payment: { method: 'shells' } }))).rejects.toMatchObject({
        reason: 'payment_method',
      })
      await expect(placeSale(shop, await newSale(['P0001-1'], { shift: '0' }))).rejects.toMatchObject({ reason: 'shift_closed' })
    })

    test('a customer with a card earns points once', async () => {
      const [account] = await shop.query(sql<{ customer: string; points: number }>`
        select customer_id as customer, points_balance as points
        from loyalty_accounts
        order by id
        limit 1`)
      const sale = await newSale(['P0006-1'], { customer: account!.customer })
      const { total } = await placeSale(shop, sale)
      await placeSale(shop, sale)

      const [after] = await shop.query(
        sql<{ points: number }>`select points_balance as points from loyalty_accounts where customer_id = ${account!.customer}`,
      )
      expect(after!.points).toBe(account!.points + Math.floor(Number(total)))
    })

    test('goods that arrive in several deliveries complete their order, and a delivery note counts once', async () => {
      const { employee } = await till()
      const [open] = await shop.query(
        sql<{ order: string }>`select number as order from purchase_orders where status = 'sent' order by number limit 1`,
      )
      const ordered = await shop.query(sql<{ sku: string }>`
        select variants.sku
        from purchase_order_lines as lines
        join purchase_orders as orders on orders.id = lines.purchase_order_id
        join product_variants as variants on variants.id = lines.variant_id
        where orders.number = ${open!.order}
        order by lines.line_number`)
      const [first, ...others] = ordered.map(({ sku }) => sku)
      const before = await stockOf(first!)
      const deliver = (
        deliveryNote: string,
        lines: readonly { sku: string; received: string; rejected?: string; rejectReason?: string }[],
      ) => receiveGoods(shop, { order: open!.order, deliveryNote, employee, lines })

      const one = [{ sku: first!, received: '8', rejected: '1', rejectReason: 'broken' }]
      const held = ask`select from purchase_orders where number = ${open!.order} for update`
      const twice = fulfilled(await racing(held, [() => deliver('A-1', one), () => deliver('A-1', one)]))
      expect(twice.map((receipt) => receipt.repeated).sort()).toEqual([false, true])
      expect(twice[0]!.orderStatus).toBe('partly_received')
      expect(await stockOf(first!)).toBe(before + 7)

      const rest = await racing(held, [
        () => deliver('A-2', [{ sku: first!, received: '5' }]),
        () =>
          deliver(
            'A-3',
            others.map((sku) => ({ sku, received: '12' })),
          ),
      ])
      expect(fulfilled(rest).map((receipt) => receipt.orderStatus)).toEqual(['partly_received', 'received'])
      expect(await count(ask`select tenant_id from purchase_receipts where delivery_note in ('A-1', 'A-2', 'A-3')`)).toBe(3)
      await expect(deliver('A-4', [{ sku: first!, received: '1' }])).rejects.toMatchObject({ reason: 'order_not_open' })
    })

    test('a closing shift waits for sales that are under way and counts them', async () => {
      const { shift, register, employee } = await till()
      const sale = await newSale(['P0002-1'], { payment: { method: 'cash' } })
      const [sold, counted] = await racing<unknown>(ask`select from registers where id = ${register} for update`, [
        () => placeSale(shop, sale),
        () => closeShift(shop, { shift, employee, countedCash: '151.00' }),
      ])

      expect([sold!.status, counted!.status]).toEqual(['fulfilled', 'fulfilled'])
      const [cash] = await shop.query(sql<{ expected: string }>`
        select cash_expected as expected
        from register_shift_cash
        where register_shift_id = ${shift}`)
      const again = await closeShift(shop, { shift, employee, countedCash: '0' })
      expect(again).toMatchObject({ repeated: true, countedCash: '151.00', expectedCash: cash!.expected })
      await expect(placeSale(shop, { ...sale, clientRef: randomUUID() })).rejects.toMatchObject({ reason: 'shift_closed' })
      expect(await placeSale(shop, sale)).toMatchObject({ repeated: true })
      expect(
        await count(
          ask`select tenant_id from sales where register_shift_id = ${shift} and completed_at > (select closed_at from register_shifts where id = ${shift})`,
        ),
      ).toBe(0)
      await expect(closeShift(shop, { shift: '0', employee, countedCash: '0' })).rejects.toMatchObject({ reason: 'unknown_shift' })
    })

    test('a user logs in with a password that nobody can read', async () => {
      const password = `correct horse ${isolation}`
      const [user] = await shop.query(sql<{ id: string; email: string }>`select id, email from platform.user_account where role = 'owner'`)
      await shop.query(sql`select platform.set_password(${user!.id}, ${password})`)

      const login = (email: string, given: string) =>
        shop.query(sql<{ user: string; role: string }>`select user_id as "user", role from platform.verify_login(${email}, ${given})`)
      expect(await login(user!.email, password)).toEqual([{ user: user!.id, role: 'owner' }])
      expect(await login(user!.email, 'wrong horse')).toEqual([])
      expect(await login(`e001@shop-neighbour.example`, password)).toEqual([])
      await expect(shop.query(sql`select password_hash from platform.user_account`)).rejects.toMatchObject({ code: '42501' })
      await expect(shop.query(sql`update platform.user_account set password_hash = 'x'`)).rejects.toMatchObject({ code: '42501' })
    })
  })
}

test('shops that are open trade by themselves, also the one whose shift was closed, and one that cannot is told of once', async () => {
  const closing = new AbortController()
  const notes: string[] = []
  const missing = { ...shopOf('shared'), slug: 'shop-nowhere' }
  const shops = [...ISOLATIONS.map(shopOf), missing]
  const sold = () =>
    tenantry.tenant('shop-shared').query(sql<{ n: number }>`select count(*)::int as n from sales where status = 'completed'`)
  const [before] = await sold()
  const trading = trade(tenantry, { shops, perSecond: 200, signal: closing.signal, note: (text) => notes.push(text) })
  try {
    await expect.poll(async () => (await sold())[0]!.n - before!.n, { timeout: 30_000 }).toBeGreaterThan(20)
    await expect.poll(() => notes, { timeout: 30_000 }).toEqual([expect.stringContaining('shop-nowhere cannot trade: TENANT_NOT_FOUND')])
  } finally {
    closing.abort()
  }
  const traded = await trading
  expect(traded).toMatchObject({ sales: expect.any(Number), looks: expect.any(Number) })
  expect(traded.refused).toBe(0)
  expect(traded.failed).toBeGreaterThan(0)
  const [wrong] = await tenantry.tenant('shop-shared').query(sql<{ sales: number; shifts: number }>`
    select (select count(*)::int from sales where total <> (select sum(amount) from payments where sale_id = sales.id)) as sales,
           (
             select count(*)::int
             from register_shifts as shifts
             join register_shift_cash as cash on cash.register_shift_id = shifts.id
             where shifts.expected_cash <> cash.cash_expected
           ) as shifts`)
  expect(wrong).toEqual({ sales: 0, shifts: 0 })
}, 60_000)

test('shops that are opened and closed faster than customers go are one or the other, and closed in the end', async () => {
  const said: string[] = []
  const none = { sales: 0, looks: 0, deliveries: 0, shifts: 0, refused: 0, failed: 0 }
  let [at, most] = [0, 0]
  const goes: (() => void)[] = []
  const trade = (signal: AbortSignal) =>
    new Promise<typeof none>((resolve) => {
      most = Math.max(most, ++at)
      signal.addEventListener('abort', () =>
        goes.push(() => {
          at--
          resolve(none)
        }),
      )
    })
  const customers = openCustomers({ trade, say: (text) => void said.push(text.slice(0, 18)) })
  const typed = [customers.toggle(), customers.toggle(), customers.toggle()]
  await expect.poll(() => goes.length).toBe(1)
  expect(at).toBe(1)
  goes.shift()!()
  await Promise.all(typed)
  const closed = customers.close()
  // Whoever types then is late.
  const late = customers.toggle()
  await expect.poll(() => goes.length).toBe(1)
  goes.shift()!()
  await Promise.all([closed, late])
  expect([most, at]).toEqual([1, 0])
  expect(said).toEqual(['the shops are open', 'the shops are clos', 'the shops are open', 'the shops are clos'])

  const broken = openCustomers({ trade: () => Promise.reject(new Error('no server')), say: (text) => void said.push(text) })
  await broken.toggle()
  await broken.close()
  expect(said.at(-1)).toBe('the shops had to close: no server')
})

test('the check asks for the page of the console and its script, and says what is wrong', async () => {
  let answers: Readonly<Record<string, { status: number; type?: string; location?: string; body?: string }>> = {}
  const server = createServer((request, response) => {
    const { status, type = 'text/html', location, body = '' } = answers[request.url!] ?? { status: 404 }
    response.writeHead(status, { 'Content-Type': type, ...(location && { Location: location }) }).end(body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const page = {
    status: 200,
    body: '<html><script src="/assets/theme.js"></script><script type="module" crossorigin src="/assets/index-abc.js"></script>',
  }
  try {
    const script = { status: 200, type: 'text/javascript', body: 'x' }
    answers = { '/': page, '/assets/theme.js': script, '/assets/index-abc.js': script }
    expect(await checkConsole(url)).toEqual({
      ok: true,
      says: "the console's page answers 200, and of its scripts /assets/theme.js 200, /assets/index-abc.js 200",
    })
    answers = { '/': page, '/assets/theme.js': script }
    expect(await checkConsole(url)).toMatchObject({
      ok: false,
      says: expect.stringContaining('/assets/index-abc.js 404, which is no script'),
    })
    answers = { '/': { status: 200, body: '<html>another</html>' } }
    expect(await checkConsole(url)).toMatchObject({ ok: false, says: expect.stringContaining('not the console') })
    answers = { '/': { status: 302, location: '/status' } }
    expect(await checkConsole(url)).toMatchObject({ ok: false, says: expect.stringContaining('no console was built') })
  } finally {
    server.close()
  }
})

test('what one shop did is not in its neighbour, who shares its tables', async () => {
  const neighbour = await fleet.tenant('shop-neighbour')
  const witness = await fleet.witness('shop-neighbour')
  const { lines } = await witness.transaction(async (session) => {
    await session.run(ask`select set_config('search_path', ${neighbour.schema}, true)`)
    return session.one(ask<{ lines: number }>`select count(*)::int as lines from sale_lines where tenant_id = ${neighbour.id}`)
  })
  expect(lines).toBe(LINES)
  const [foreign] = await tenantry
    .tenant('shop-shared')
    .query(sql<{ n: number }>`select count(*)::int as n from sales where tenant_id = ${neighbour.id}`)
  expect(foreign!.n).toBe(0)
  await expect(tenantry.tenant('shop-nowhere').query(sql`select 1`)).rejects.toSatisfy((error) => isFault(error, 'TENANT_NOT_FOUND'))
})
