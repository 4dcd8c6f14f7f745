import { type Scope, sql, type TenantHandle } from 'tenantry'
import { refuse } from './refusal.js'

export interface Delivery {
  /** Number of the purchase order. */
  readonly order: string
  /** The supplier's number. Typed in twice, the goods are booked once. */
  readonly deliveryNote: string
  readonly employee: string
  readonly lines: readonly { readonly sku: string; readonly received: string; readonly rejected?: string; readonly rejectReason?: string }[]
}

export interface ReceivedGoods {
  readonly receipt: string
  readonly orderStatus: 'partly_received' | 'received'
  /** It had been booked before; nothing was done now. */
  readonly repeated: boolean
}

/** Books a delivery into stock and against its order. Throws a refusal (`order_not_open`, `not_ordered`). */
export function receiveGoods(tenant: TenantHandle, delivery: Delivery): Promise<ReceivedGoods> {
  return tenant.transaction(async (tx) => {
    // Two deliveries of one order take turns, or both would find something missing.
    const order = await tx.maybe(sql<{ id: string; status: string }>`
      select id, status
      from purchase_orders
      where number = ${delivery.order}
      for update`)
    if (order === undefined) throw refuse('order_not_open', `there is no order ${delivery.order}`)
    const receipt = await tx.maybe(sql<{ id: string }>`
      insert into purchase_receipts (purchase_order_id, delivery_note, received_by)
      values (${order.id}, ${delivery.deliveryNote}, ${delivery.employee})
      on conflict (tenant_id, purchase_order_id, delivery_note) do nothing
      returning id`)
    if (receipt === undefined) return bookedBefore(tx, order, delivery)
    if (order.status !== 'sent' && order.status !== 'partly_received')
      throw refuse('order_not_open', `order ${delivery.order} is ${order.status}`)
    await addLines(tx, receipt.id, order.id, delivery)
    await bookIntoStock(tx, receipt.id)
    return { receipt: receipt.id, orderStatus: await judgeOrder(tx, order.id), repeated: false }
  })
}

async function bookedBefore(
  tx: Scope,
  order: { readonly id: string; readonly status: string },
  { deliveryNote }: Delivery,
): Promise<ReceivedGoods> {
  const { id } = await tx.one(sql<{ id: string }>`
    select id
    from purchase_receipts
    where purchase_order_id = ${order.id}
      and delivery_note = ${deliveryNote}`)
  return { receipt: id, orderStatus: order.status as ReceivedGoods['orderStatus'], repeated: true }
}

/** An order may name an article in several lines; what arrives is booked to the first of them. */
async function addLines(tx: Scope, receipt: string, order: string, { lines, order: number }: Delivery): Promise<void> {
  const added = await tx.run(sql`
    insert into purchase_receipt_lines (purchase_receipt_id, purchase_order_line_id, quantity_received, quantity_rejected, reject_reason)
    select ${receipt}, ordered.id, arrived.received, coalesce(arrived.rejected, 0), arrived."rejectReason"
    from jsonb_to_recordset(${JSON.stringify(lines)}::jsonb) as arrived (sku text, received numeric, rejected numeric, "rejectReason" text)
    join product_variants as variants on variants.sku = arrived.sku and variants.deleted_at is null
    cross join lateral (
      select lines.id
      from purchase_order_lines as lines
      where lines.purchase_order_id = ${order}
        and lines.variant_id = variants.id
      order by lines.line_number
      limit 1
    ) as ordered`)
  if (added === 0 || added < lines.length) throw refuse('not_ordered', `order ${number} does not name all of these articles`)
}

/** In the order of variants, as sales do it, so that a delivery and a basket never wait for each other. */
async function bookIntoStock(tx: Scope, receipt: string): Promise<void> {
  await tx.run(sql`
    select record_stock_movement(
      ordered.variant_id, orders.location_id, 'receipt', lines.quantity_accepted, ordered.unit_cost, 'purchase_receipt_line', lines.id, receipts.received_by
    )
    from purchase_receipts as receipts
    join purchase_orders as orders on orders.id = receipts.purchase_order_id
    join purchase_receipt_lines as lines on lines.purchase_receipt_id = receipts.id
    join purchase_order_lines as ordered on ordered.id = lines.purchase_order_line_id
    where receipts.id = ${receipt}
      and lines.quantity_accepted > 0
    order by ordered.variant_id, lines.id`)
}

async function judgeOrder(tx: Scope, order: string): Promise<ReceivedGoods['orderStatus']> {
  const { status } = await tx.one(sql<{ status: ReceivedGoods['orderStatus'] }>`
    update purchase_orders
    set status = case
      when exists (
        select
        from purchase_order_lines as lines
        where lines.purchase_order_id = purchase_orders.id
          and lines.quantity > (
            select coalesce(sum(received.quantity_accepted), 0)
            from purchase_receipt_lines as received
            where received.purchase_order_line_id = lines.id
          )
      ) then 'partly_received'
      else 'received'
    end
    where id = ${order}
    returning status`)
  return status
}
