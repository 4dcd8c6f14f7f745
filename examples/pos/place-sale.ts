import { type Scope, sql, type TenantHandle } from 'tenantry'
import { refuse } from './refusal.js'

/** Ids, quantities and money are text, as PostgreSQL sends them: only SQL calculates with them. */
export interface NewSale {
  /** A UUID that the till chooses before it sends: a sale that is sent twice is stored once. */
  readonly clientRef: string
  /** The open shift of the register that sells. */
  readonly shift: string
  readonly employee: string
  readonly customer?: string
  readonly lines: readonly { readonly sku: string; readonly quantity: string; readonly discount?: string }[]
  readonly payment: { readonly method: string; readonly tendered?: string; readonly reference?: string }
}

export interface Receipt {
  readonly sale: string
  readonly receiptNumber: string
  readonly total: string
  /** It had been stored before; nothing was done now. */
  readonly repeated: boolean
}

export interface PlaceSaleOptions {
  /**
   * Refuse what the books do not have, as an order from the web must. Default false: what the customer holds in the hand is on the shelf, and stock may
   * go below zero.
   */
  readonly fromStockOnly?: boolean
}

/**
 * Sells: prices, taxes, stock, receipt number, payment and loyalty points, all or nothing. Throws a refusal (`shift_closed`, `not_for_sale`, `sold_out`,
 * `payment_method`).
 */
export function placeSale(tenant: TenantHandle, sale: NewSale, options: PlaceSaleOptions = {}): Promise<Receipt> {
  return tenant.transaction(async (tx) => {
    const id = await openSale(tx, sale)
    if (id === undefined) return repeatedReceipt(tx, sale)
    await addLines(tx, id, sale)
    if (options.fromStockOnly === true) await refuseWhatIsShort(tx, id)
    await addTaxes(tx, id)
    await takeFromStock(tx, id)
    const receipt = await complete(tx, id)
    await pay(tx, id, sale)
    if (sale.customer !== undefined) await earnPoints(tx, id)
    return { ...receipt, repeated: false }
  })
}

/** Undefined when the sale was stored before, or when the shift is not open. The shift cannot be closed until this sale has ended. */
async function openSale(tx: Scope, sale: NewSale): Promise<string | undefined> {
  const opened = await tx.maybe(sql<{ id: string }>`
    with till as (
      select shifts.id, shifts.register_id, locations.id as location_id, locations.currency, locations.time_zone
      from register_shifts as shifts
      join registers on registers.id = shifts.register_id
      join locations on locations.id = registers.location_id
      where shifts.id = ${sale.shift}
        and shifts.closed_at is null
      for share of shifts
    )
    insert into sales (client_ref, location_id, register_id, register_shift_id, employee_id, customer_id, business_date, currency)
    select ${sale.clientRef}, location_id, register_id, id, ${sale.employee}, ${sale.customer ?? null},
           -- The night belongs to the day before.
           (now() at time zone time_zone - interval '4 hours')::date,
           currency
    from till
    on conflict (tenant_id, client_ref) do nothing
    returning id`)
  return opened?.id
}

async function repeatedReceipt(tx: Scope, sale: NewSale): Promise<Receipt> {
  const stored = await tx.maybe(sql<Omit<Receipt, 'repeated'>>`
    select id as sale, receipt_number as "receiptNumber", total
    from sales
    where client_ref = ${sale.clientRef}`)
  if (stored === undefined) throw refuse('shift_closed', `shift ${sale.shift} is not open`)
  return { ...stored, repeated: true }
}

/** The price is the one that holds at this place and time, and the name is kept as it was sold. */
async function addLines(tx: Scope, id: string, { lines }: NewSale): Promise<void> {
  const added = await tx.run(sql`
    insert into sale_lines (sale_id, line_number, variant_id, description, quantity, unit_price, discount)
    select sales.id, wanted.line_number, variants.id, btrim(products.name || ' ' || variants.name), wanted.quantity, price, coalesce(wanted.discount, 0)
    from rows from (jsonb_to_recordset(${JSON.stringify(lines)}::jsonb) as (sku text, quantity numeric, discount numeric))
      with ordinality as wanted (sku, quantity, discount, line_number)
    join product_variants as variants on variants.sku = wanted.sku and variants.deleted_at is null
    join products on products.id = variants.product_id and products.deleted_at is null
    join sales on sales.id = ${id}
    cross join lateral price_at(variants.id, sales.location_id, sales.currency) as price
    where price is not null`)
  if (added === 0 || added < lines.length) throw refuse('not_for_sale', 'an article is unknown or has no price here')
}

/** Locks the stock in the order of variants, as takeFromStock does, so that two baskets never wait for each other. */
async function refuseWhatIsShort(tx: Scope, id: string): Promise<void> {
  const short = await tx.rows(sql<{ description: string }>`
    with held as (
      select levels.variant_id, levels.available
      from stock_levels as levels
      join sales on sales.id = ${id} and sales.location_id = levels.location_id
      where levels.variant_id in (select variant_id from sale_lines where sale_id = ${id})
      order by levels.variant_id
      for update of levels
    )
    select min(lines.description) as description
    from sale_lines as lines
    join product_variants as variants on variants.id = lines.variant_id
    join products on products.id = variants.product_id and products.tracks_stock
    left join held on held.variant_id = lines.variant_id
    where lines.sale_id = ${id}
    group by lines.variant_id
    having sum(lines.quantity) > coalesce(min(held.available), 0)`)
  if (short.length > 0) throw refuse('sold_out', `not enough in stock: ${short.map((line) => line.description).join(', ')}`)
}

/** Tax inside the price is taken out of the line; tax on top of it is added to the sale. */
async function addTaxes(tx: Scope, id: string): Promise<void> {
  await tx.run(sql`
    insert into sale_line_taxes (sale_line_id, tax_rate_id, rate, is_included, taxable, tax)
    select line_id, rate_id, rate, included_in_price, round(net, 2), round(net * rate, 2)
    from (
      select lines.id as line_id, rates.id as rate_id, rates.rate, rates.included_in_price,
             lines.amount / (1 + coalesce(sum(rates.rate) filter (where rates.included_in_price) over (partition by lines.id), 0)) as net
      from sales
      join locations on locations.id = sales.location_id
      join sale_lines as lines on lines.sale_id = sales.id
      join product_variants as variants on variants.id = lines.variant_id
      join products on products.id = variants.product_id
      join tax_rates as rates on rates.tax_class_id = products.tax_class_id
      where sales.id = ${id}
        and rates.country_code = locations.country_code
        and rates.region in ('', locations.region)
        and rates.valid_during @> sales.business_date
    ) as taxed`)
}

async function takeFromStock(tx: Scope, id: string): Promise<void> {
  await tx.run(sql`
    select record_stock_movement(lines.variant_id, sales.location_id, 'sale', -lines.quantity, null, 'sale_line', lines.id, sales.employee_id)
    from sales
    join sale_lines as lines on lines.sale_id = sales.id
    join product_variants as variants on variants.id = lines.variant_id
    join products on products.id = variants.product_id and products.tracks_stock
    where sales.id = ${id}
    order by lines.variant_id, lines.id`)
}

/** The receipt number comes late: from here until the end of the scope the register waits for nobody else. */
function complete(tx: Scope, id: string): Promise<Omit<Receipt, 'repeated'>> {
  return tx.one(sql<Omit<Receipt, 'repeated'>>`
    update sales
    set status = 'completed',
        completed_at = now(),
        receipt_number = next_receipt_number(register_id),
        subtotal = (select sum(amount) from sale_lines where sale_id = sales.id),
        tax_included = taxes.included,
        tax_added = taxes.added
    from (
      select coalesce(sum(taxes.tax) filter (where taxes.is_included), 0) as included,
             coalesce(sum(taxes.tax) filter (where not taxes.is_included), 0) as added
      from sale_lines as lines
      join sale_line_taxes as taxes on taxes.sale_line_id = lines.id
      where lines.sale_id = ${id}
    ) as taxes
    where sales.id = ${id}
    returning sales.id as sale, sales.receipt_number as "receiptNumber", sales.total`)
}

async function pay(tx: Scope, id: string, { payment }: NewSale): Promise<void> {
  const { paid } = await tx.one(sql<{ paid: boolean }>`
    with payment as (
      insert into payments (sale_id, payment_method_id, amount, tendered, reference)
      select sales.id, methods.id, sales.total, ${payment.tendered ?? null}, ${payment.reference ?? null}
      from sales
      join payment_methods as methods on methods.code = ${payment.method} and methods.is_active
      where sales.id = ${id}
        and sales.total > 0
      returning id
    )
    select exists (select from payment) or sales.total = 0 as paid
    from sales
    where sales.id = ${id}`)
  if (!paid) throw refuse('payment_method', `nothing can be paid with ${payment.method}`)
}

async function earnPoints(tx: Scope, id: string): Promise<void> {
  await tx.run(sql`
    with earned as (
      insert into loyalty_ledger (loyalty_account_id, kind, points, sale_id)
      select accounts.id, 'earn', floor(sales.total * programs.points_per_unit), sales.id
      from sales
      join loyalty_accounts as accounts on accounts.customer_id = sales.customer_id and accounts.closed_at is null
      join loyalty_programs as programs on programs.id = accounts.loyalty_program_id and programs.is_active
      where sales.id = ${id}
        and floor(sales.total * programs.points_per_unit) >= 1
      returning loyalty_account_id, points
    )
    update loyalty_accounts
    set points_balance = points_balance + earned.points
    from earned
    where loyalty_accounts.id = earned.loyalty_account_id`)
}
