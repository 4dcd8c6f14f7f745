import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { isFault, sql, type TenantHandle, type Tenantry } from 'tenantry'
import { closeShift } from './close-shift.js'
import { placeSale } from './place-sale.js'
import { type Random, randomFrom } from './random.js'
import { receiveGoods } from './receive-goods.js'
import { isRefusal } from './refusal.js'
import type { Shop } from './shops.js'

export interface TradeOptions {
  readonly shops: readonly Shop[]
  /** Customers a second in all shops together; large shops have more of them. Default 12. */
  readonly perSecond?: number
  /** Aborts when the shops close. Whoever is being served is served to the end. */
  readonly signal: AbortSignal
  /** A shop cannot trade, or can again. */
  readonly note: (text: string) => void
}

export interface Traded {
  sales: number
  looks: number
  deliveries: number
  shifts: number
  /** What a shop itself said no to. */
  refused: number
  /** What did not come to an end, as in a shop that is suspended. */
  failed: number
}

const AFTER_FAILURE_MS = 2_000
// Of a hundred that come in.
const LIKELY = { sale: 70, look: 25, delivery: 3, shift: 2 }

/** Customers, deliveries and changes of shift in every shop at once, at random moments, until the signal aborts. A shop that cannot trade is tried again. */
export async function trade(tenantry: Tenantry, { shops, perSecond = 12, signal, note }: TradeOptions): Promise<Traded> {
  const traded: Traded = { sales: 0, looks: 0, deliveries: 0, shifts: 0, refused: 0, failed: 0 }
  const lines = shops.reduce((sum, shop) => sum + shop.lines, 0)
  // Each shop waits for it.
  setMaxListeners(shops.length + 1, signal)
  await Promise.all(
    shops.map((shop) => {
      const tenant = tenantry.tenant(shop.slug, { actor: 'till' })
      // The big shops have most customers, and the small ones some.
      const every = 1_000 / (perSecond * (0.5 * (shop.lines / lines) + 0.5 / shops.length))
      return keepShop(tenant, { slug: shop.slug, every, traded, signal, note })
    }),
  )
  return traded
}

interface Keeping {
  readonly slug: string
  /** Milliseconds from one customer to the next, on average. */
  readonly every: number
  readonly traded: Traded
  readonly signal: AbortSignal
  readonly note: (text: string) => void
}

async function keepShop(tenant: TenantHandle, { slug, every, traded, signal, note }: Keeping): Promise<void> {
  const random = randomFrom(randomUUID())
  let open: OpenShop | undefined
  let shut = false
  const pause = (ms: number): Promise<unknown> => sleep(ms, undefined, { signal }).catch(() => {})
  for (;;) {
    await pause(-Math.log(1 - random.next()) * every)
    if (signal.aborted) return
    try {
      open ??= await openShop(tenant)
      const done = await serveNext(tenant, open, random)
      traded[done]++
      if (done === 'shifts') open = undefined
      if (shut) note(`${slug} trades again`)
      shut = false
    } catch (error) {
      // Another shift may be open by now, and another article for sale.
      open = undefined
      if (isRefusal(error)) traded.refused++
      else {
        traded.failed++
        if (!shut) note(`${slug} cannot trade: ${isFault(error) ? `${error.code}: ` : ''}${(error as Error).message}`)
        shut = true
        await pause(AFTER_FAILURE_MS)
      }
    }
  }
}

interface OpenShop {
  readonly tills: readonly { readonly shift: string; readonly employee: string; readonly skus: readonly string[] }[]
  readonly customers: readonly string[]
}

/** Opens a shift at every register that has none, by whoever had the last one. */
function openShop(tenant: TenantHandle): Promise<OpenShop> {
  return tenant.transaction(async (tx) => {
    await tx.run(sql`
      insert into register_shifts (register_id, opened_by, opening_float)
      select registers.id, before.opened_by, 150
      from registers
      cross join lateral (
        select shifts.opened_by
        from register_shifts as shifts
        where shifts.register_id = registers.id
        order by shifts.opened_at desc
        limit 1
      ) as before
      on conflict (tenant_id, register_id) where closed_at is null do nothing`)
    const tills = await tx.rows(sql<OpenShop['tills'][number]>`
      select shifts.id as shift, shifts.opened_by as employee,
             array(
               select variants.sku
               from product_variants as variants
               join products on products.id = variants.product_id and products.deleted_at is null
               where variants.deleted_at is null
                 and price_at(variants.id, locations.id, locations.currency) is not null
               order by variants.id
               limit 200
             ) as skus
      from register_shifts as shifts
      join registers on registers.id = shifts.register_id
      join locations on locations.id = registers.location_id
      where shifts.closed_at is null
      order by shifts.id`)
    const customers = await tx.rows(sql<{ id: string }>`
      select customer_id as id
      from loyalty_accounts
      where closed_at is null
      order by id
      limit 100`)
    return { tills: tills.filter((till) => till.skus.length > 0), customers: customers.map(({ id }) => id) }
  })
}

async function serveNext(tenant: TenantHandle, open: OpenShop, random: Random): Promise<keyof Traded> {
  if (open.tills.length === 0) return 'refused'
  const till = random.pick(open.tills)
  const what = (Object.keys(LIKELY) as (keyof typeof LIKELY)[])[random.weighted(Object.values(LIKELY))]!
  if (what === 'sale') {
    await placeSale(tenant, {
      clientRef: randomUUID(),
      shift: till.shift,
      employee: till.employee,
      ...(open.customers.length > 0 && random.chance(0.35) ? { customer: random.pick(open.customers) } : {}),
      lines: Array.from({ length: random.int(1, 5) }, () => ({ sku: random.pick(till.skus), quantity: random.pick(['1', '1', '1', '2']) })),
      payment: { method: random.pick(['cash', 'card', 'card']) },
    })
    return 'sales'
  }
  if (what === 'look') {
    await tenant.query(
      sql`
        select sum(levels.on_hand)
        from stock_levels as levels
        join product_variants as variants on variants.id = levels.variant_id
        where variants.sku = ${random.pick(till.skus)}`,
      { readOnly: true },
    )
    return 'looks'
  }
  if (what === 'delivery') return receiveOldest(tenant, till.employee)
  // The night before is counted, and somebody opens anew.
  await closeShift(tenant, { shift: till.shift, employee: till.employee, countedCash: '150.00' })
  return 'shifts'
}

/** What is still missing of the order that was sent first, if there is one. */
async function receiveOldest(tenant: TenantHandle, employee: string): Promise<'deliveries' | 'looks'> {
  const missing = await tenant.query(sql<{ order: string; sku: string; received: string }>`
    with oldest as (
      select id, number
      from purchase_orders
      where status in ('sent', 'partly_received')
      order by sent_at, number
      limit 1
    )
    select oldest.number as "order", variants.sku, max(ordered.quantity) as received
    from oldest
    join purchase_order_lines as ordered on ordered.purchase_order_id = oldest.id
    join product_variants as variants on variants.id = ordered.variant_id and variants.deleted_at is null
    group by oldest.number, variants.sku`)
  const order = missing[0]?.order
  if (order === undefined) return 'looks'
  await receiveGoods(tenant, {
    order,
    deliveryNote: randomUUID(),
    employee,
    lines: missing.map(({ sku, received }) => ({ sku, received })),
  })
  return 'deliveries'
}
