import { type Scope, sql } from 'tenantry'
import { copyRows, insertRows, type Row, runBatches } from './insert-rows.js'
import { type PlannedSale, planTrading } from './plan-trading.js'
import type { Variant } from './seed-catalogue.js'
import type { Place } from './seed-places.js'
import type { Sample } from './seed-shop.js'

/** A year of sales. What is bought, when and by whom is made up here; every amount is calculated by the database. */
export async function seedTrading(
  tx: Scope,
  sample: Sample,
  places: readonly Place[],
  variants: readonly Variant[],
  customers: readonly string[],
): Promise<readonly PlannedSale[]> {
  const { currency, year, random } = sample
  const plan = planTrading(sample, places, variants, customers)
  const shiftIds = await insertRows(
    tx,
    'register_shifts',
    'note',
    plan.shifts.map((shift) => ({
      // Only one shift of a register may be open, so they come into the world closed, and are counted below.
      note: shift.key,
      register_id: shift.register,
      opened_by: shift.employee,
      closed_by: shift.employee,
      opened_at: year.at(shift.day, 510),
      closed_at: year.at(shift.day, 1_220),
      opening_float: '150.00',
      expected_cash: 0,
      counted_cash: 0,
    })),
  )
  await copyRows(
    tx,
    'time_entries',
    plan.shifts.map((shift) => ({
      employee_id: shift.employee,
      location_id: shift.location,
      clocked_in_at: year.at(shift.day, 500),
      clocked_out_at: year.at(shift.day, 1_230),
      break_minutes: 45,
    })),
  )
  const saleIds = await insertRows(
    tx,
    'sales',
    'client_ref',
    plan.sales.map((sale) => ({
      client_ref: sale.ref,
      location_id: sale.location,
      register_id: sale.register,
      register_shift_id: shiftIds.get(sale.shift)!,
      employee_id: sale.employee,
      customer_id: sale.customer,
      status: 'completed',
      receipt_number: sale.receiptNumber,
      business_date: year.date(sale.day),
      currency,
      subtotal: 0,
      discount: 0,
      tax_included: 0,
      tax_added: 0,
      opened_at: sale.at,
      completed_at: sale.at,
      updated_at: sale.at,
    })),
  )
  await copyRows(
    tx,
    'sale_lines',
    plan.sales.flatMap((sale) =>
      sale.lines.map(({ variant, quantity, price, discount }, i) => ({
        sale_id: saleIds.get(sale.ref)!,
        line_number: i + 1,
        variant_id: variant.id,
        description: variant.description,
        quantity,
        unit_price: price,
        discount,
      })),
    ),
  )
  await calculateTotals(tx)
  await seedPayments(tx, plan.sales, saleIds)
  await seedRefunds(tx, plan.sales, saleIds, shiftIds)
  await seedLoyalty(tx)
  await countShifts(
    tx,
    plan.shifts.map((shift) => ({
      id: shiftIds.get(shift.key)!,
      difference: random.chance(0.8) ? '0.00' : (random.int(-500, 400) / 100).toFixed(2),
    })),
  )
  await openToday(tx, sample, places)
  return plan.sales
}

async function calculateTotals(tx: Scope): Promise<void> {
  await tx.run(sql`
    insert into sale_line_taxes (sale_line_id, tax_rate_id, rate, is_included, taxable, tax)
    select line_id, rate_id, rate, included_in_price, round(net, 2), round(net * rate, 2)
    from (
      select lines.id as line_id, rates.id as rate_id, rates.rate, rates.included_in_price,
             lines.amount / (1 + case when rates.included_in_price then rates.rate else 0 end) as net
      from sale_lines as lines
      join product_variants as variants on variants.id = lines.variant_id
      join products on products.id = variants.product_id
      join tax_rates as rates on rates.tax_class_id = products.tax_class_id
    ) as taxed`)
  await tx.run(sql`
    update sales
    set subtotal = sums.amount,
        tax_included = sums.included,
        tax_added = sums.added
    from (
      -- Every article of the sample has one rate, so the join repeats no line.
      select lines.sale_id,
             sum(lines.amount) as amount,
             coalesce(sum(taxes.tax) filter (where taxes.is_included), 0) as included,
             coalesce(sum(taxes.tax) filter (where not taxes.is_included), 0) as added
      from sale_lines as lines
      join sale_line_taxes as taxes on taxes.sale_line_id = lines.id
      group by lines.sale_id
    ) as sums
    where sales.id = sums.sale_id`)
  await tx.run(sql`
    update registers
    set last_receipt_number = (select coalesce(max(receipt_number), 0) from sales where register_id = registers.id)`)
}

async function seedPayments(tx: Scope, sales: readonly PlannedSale[], ids: ReadonlyMap<string, string>): Promise<void> {
  const rows: Row[] = sales.map((sale) => ({
    sale_id: ids.get(sale.ref)!,
    method: sale.method,
    reference: sale.method === 'card' ? `T-${sale.ref.slice(0, 8)}-${sale.ref.slice(-6)}` : null,
  }))
  await runBatches(
    tx,
    rows,
    (batch) => sql`
      insert into payments (sale_id, payment_method_id, amount, tendered, reference, paid_at)
      select sales.id, methods.id, sales.total,
             -- In cash one gives the next note.
             case when methods.kind = 'cash' then ceil(sales.total / 5) * 5 end,
             paid.reference, sales.completed_at
      from jsonb_to_recordset(${batch}) as paid (sale_id bigint, method text, reference text)
      join sales on sales.id = paid.sale_id
      join payment_methods as methods on methods.code = paid.method
      where sales.total > 0`,
  )
}

/** One line goes back, whole, with the tax that was added to it. */
async function seedRefunds(
  tx: Scope,
  sales: readonly PlannedSale[],
  ids: ReadonlyMap<string, string>,
  shifts: ReadonlyMap<string, string>,
): Promise<void> {
  const rows: Row[] = sales
    .filter((sale) => sale.refund !== undefined)
    .map((sale) => ({ sale_id: ids.get(sale.ref)!, shift_id: shifts.get(sale.shift)!, employee_id: sale.employee, ...sale.refund! }))
  await runBatches(
    tx,
    rows,
    (batch) => sql`
      with returned as (
        select refunds.*, lines.id as sale_line_id, lines.quantity,
               lines.amount + coalesce((select sum(taxes.tax) from sale_line_taxes as taxes where taxes.sale_line_id = lines.id and not taxes.is_included), 0) as total,
               (select payments.payment_method_id from payments where payments.sale_id = lines.sale_id limit 1) as payment_method_id
        from jsonb_to_recordset(${batch}) as refunds (ref uuid, sale_id bigint, shift_id bigint, employee_id bigint, reason text, at timestamptz)
        join sale_lines as lines on lines.sale_id = refunds.sale_id and lines.line_number = 1
        where lines.amount > 0
      ),
      booked as (
        insert into refunds (client_ref, sale_id, register_shift_id, employee_id, payment_method_id, reason, total, refunded_at)
        select ref, sale_id, shift_id, employee_id, payment_method_id, reason, total, at
        from returned
        returning id, client_ref
      )
      insert into refund_lines (refund_id, sale_line_id, quantity, amount, restock)
      select booked.id, returned.sale_line_id, returned.quantity, returned.total, returned.reason <> 'damaged'
      from booked
      join returned on returned.ref = booked.client_ref`,
  )
}

async function seedLoyalty(tx: Scope): Promise<void> {
  await tx.run(sql`
    insert into loyalty_ledger (loyalty_account_id, kind, points, sale_id, booked_at)
    select accounts.id, 'earn', floor(sales.total * programs.points_per_unit), sales.id, sales.completed_at
    from sales
    join loyalty_accounts as accounts on accounts.customer_id = sales.customer_id
    join loyalty_programs as programs on programs.id = accounts.loyalty_program_id
    where floor(sales.total * programs.points_per_unit) >= 1`)
  await tx.run(sql`
    update loyalty_accounts
    set points_balance = earned.points
    from (select loyalty_account_id, sum(points) as points from loyalty_ledger group by loyalty_account_id) as earned
    where loyalty_accounts.id = earned.loyalty_account_id`)
}

async function countShifts(tx: Scope, counts: readonly Row[]): Promise<void> {
  await runBatches(
    tx,
    counts,
    (batch) => sql`
      update register_shifts as shifts
      set expected_cash = cash.cash_expected,
          counted_cash = greatest(0, cash.cash_expected + counted.difference),
          note = null
      from jsonb_to_recordset(${batch}) as counted (id bigint, difference numeric)
      join register_shift_cash as cash on cash.register_shift_id = counted.id
      where shifts.id = counted.id`,
  )
}

/** So that the shop can sell at once. */
async function openToday(tx: Scope, { clock }: Sample, places: readonly Place[]): Promise<void> {
  await copyRows(
    tx,
    'register_shifts',
    places.flatMap((place) =>
      place.registers.map((register, i) => ({
        register_id: register,
        opened_by: place.cashiers[i % place.cashiers.length],
        opened_at: clock,
        opening_float: '150.00',
      })),
    ),
  )
}
