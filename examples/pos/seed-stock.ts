import { type Scope, sql } from 'tenantry'
import { copyRows, insertRows } from './insert-rows.js'
import type { PlannedSale } from './plan-trading.js'
import type { Variant } from './seed-catalogue.js'
import type { Place } from './seed-places.js'
import type { Sample } from './seed-shop.js'

const ORDERS_PER_YEAR = 4

interface OrderLine {
  readonly order: string
  readonly variant: Variant
  readonly quantity: number
}

/** Purchases that cover what was sold, the movements of stock that follow from both, and their sums. */
export async function seedStock(
  tx: Scope,
  sample: Sample,
  places: readonly Place[],
  variants: readonly Variant[],
  sales: readonly PlannedSale[],
): Promise<void> {
  const { currency, year, clock } = sample
  const stocked = variants.filter((variant) => variant.tracksStock)
  const suppliers = [...new Set(stocked.map((variant) => variant.supplier))]
  const lines = planOrders(sample, places, stocked, sales)
  const period = year.days / ORDERS_PER_YEAR
  const day = (quarter: number): number => Math.floor(quarter * period)

  const orders = places.flatMap((place) =>
    suppliers.flatMap((supplier, s) =>
      Array.from({ length: ORDERS_PER_YEAR + 1 }, (_, quarter) => {
        const open = quarter === ORDERS_PER_YEAR
        return {
          number: orderNumber(place, s, quarter),
          supplier_id: supplier,
          location_id: place.id,
          status: open ? 'sent' : 'received',
          currency,
          created_by: place.manager,
          created_at: open ? clock : year.at(day(quarter), -4_000),
          sent_at: open ? clock : year.at(day(quarter), -3_900),
          expected_on: open ? null : year.date(day(quarter)),
        }
      }),
    ),
  )
  const orderIds = await insertRows(tx, 'purchase_orders', 'number', orders)
  const numbers = new Map<string, number>()
  const nextNumber = (order: string): number => {
    const number = (numbers.get(order) ?? 0) + 1
    numbers.set(order, number)
    return number
  }
  const supplierIndex = new Map(suppliers.map((supplier, s) => [supplier, s]))
  const open = places.flatMap((place) =>
    suppliers.flatMap((supplier, s) =>
      stocked
        .filter((v) => v.supplier === supplier)
        .slice(0, 4)
        .map((variant): OrderLine => ({ order: orderNumber(place, s, ORDERS_PER_YEAR), variant, quantity: 12 })),
    ),
  )
  const received = lines.map(
    ({ place, quarter, variant, quantity }): OrderLine => ({
      order: orderNumber(place, supplierIndex.get(variant.supplier)!, quarter),
      variant,
      quantity,
    }),
  )
  await copyRows(
    tx,
    'purchase_order_lines',
    [...received, ...open].map(({ order, variant, quantity }) => ({
      purchase_order_id: orderIds.get(order)!,
      line_number: nextNumber(order),
      variant_id: variant.id,
      quantity: quantity.toFixed(3),
      unit_cost: (Number(variant.priceBefore) * 0.55).toFixed(4),
    })),
  )
  await receiveOrders(tx)
  await moveStock(tx)
}

const orderNumber = (place: Place, supplier: number, quarter: number): string => `PO-${place.code}-${supplier + 1}${quarter + 1}`

/** Each order holds what its quarter will sell and a little more, so that stock is never below zero. */
function planOrders({ random, year }: Sample, places: readonly Place[], stocked: readonly Variant[], sales: readonly PlannedSale[]) {
  const period = year.days / ORDERS_PER_YEAR
  const sold = new Map<string, number>()
  for (const sale of sales) {
    for (const { variant, quantity } of sale.lines) {
      const key = `${sale.location}/${Math.floor(sale.day / period)}/${variant.id}`
      sold.set(key, (sold.get(key) ?? 0) + Number(quantity))
    }
  }
  return places.flatMap((place) =>
    Array.from({ length: ORDERS_PER_YEAR }, (_, quarter) => quarter).flatMap((quarter) =>
      stocked
        .map((variant) => {
          const spare = quarter === ORDERS_PER_YEAR - 1 ? random.int(2, 14) : random.int(0, 2)
          return { place, quarter, variant, quantity: (sold.get(`${place.id}/${quarter}/${variant.id}`) ?? 0) + spare }
        })
        .filter((line) => line.quantity > 0),
    ),
  )
}

async function receiveOrders(tx: Scope): Promise<void> {
  await tx.run(sql`
    insert into purchase_receipts (purchase_order_id, delivery_note, received_by, received_at)
    select id, 'DN-' || number, created_by, created_at + interval '2 days'
    from purchase_orders
    where status = 'received'`)
  await tx.run(sql`
    insert into purchase_receipt_lines (purchase_receipt_id, purchase_order_line_id, quantity_received)
    select receipts.id, lines.id, lines.quantity
    from purchase_receipts as receipts
    join purchase_order_lines as lines on lines.purchase_order_id = receipts.purchase_order_id`)
}

/** Movements of the past are written as they were; only what happens from now on goes through record_stock_movement. */
async function moveStock(tx: Scope): Promise<void> {
  await tx.run(sql`
    insert into inventory_transactions (occurred_at, variant_id, location_id, kind, quantity, unit_cost, source_kind, source_id, employee_id)
    select receipts.received_at, ordered.variant_id, orders.location_id, 'receipt', lines.quantity_accepted, ordered.unit_cost,
           'purchase_receipt_line', lines.id, receipts.received_by
    from purchase_receipt_lines as lines
    join purchase_receipts as receipts on receipts.id = lines.purchase_receipt_id
    join purchase_order_lines as ordered on ordered.id = lines.purchase_order_line_id
    join purchase_orders as orders on orders.id = receipts.purchase_order_id`)
  await tx.run(sql`
    insert into inventory_transactions (occurred_at, variant_id, location_id, kind, quantity, source_kind, source_id, employee_id)
    select sales.completed_at, lines.variant_id, sales.location_id, 'sale', -lines.quantity, 'sale_line', lines.id, sales.employee_id
    from sale_lines as lines
    join sales on sales.id = lines.sale_id
    join product_variants as variants on variants.id = lines.variant_id
    join products on products.id = variants.product_id
    where products.tracks_stock`)
  await tx.run(sql`
    insert into inventory_transactions (occurred_at, variant_id, location_id, kind, quantity, source_kind, source_id, employee_id)
    select refunds.refunded_at, sold.variant_id, sales.location_id, 'refund', lines.quantity, 'refund_line', lines.id, refunds.employee_id
    from refund_lines as lines
    join refunds on refunds.id = lines.refund_id
    join sales on sales.id = refunds.sale_id
    join sale_lines as sold on sold.id = lines.sale_line_id
    join product_variants as variants on variants.id = sold.variant_id
    join products on products.id = variants.product_id
    where lines.restock
      and products.tracks_stock`)
  await tx.run(sql`
    insert into stock_levels (variant_id, location_id, on_hand, reorder_point, reorder_quantity)
    select variant_id, location_id, sum(quantity), 4, 20
    from inventory_transactions
    group by variant_id, location_id`)
}
