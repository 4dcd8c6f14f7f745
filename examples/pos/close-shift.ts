import { sql, type TenantHandle } from 'tenantry'
import { refuse } from './refusal.js'

export interface ShiftCount {
  readonly shift: string
  readonly employee: string
  /** What lies in the drawer. */
  readonly countedCash: string
  readonly note?: string
}

export interface ClosedShift {
  readonly shift: string
  readonly expectedCash: string
  readonly countedCash: string
  /** Counted less expected: below zero, something is missing. */
  readonly overShort: string
  /** It had been closed before; this count was not stored. */
  readonly repeated: boolean
}

/** Closes a shift with what was counted against what should be there. Throws the refusal `unknown_shift`. */
export function closeShift(tenant: TenantHandle, count: ShiftCount): Promise<ClosedShift> {
  return tenant.transaction(async (tx) => {
    // Waits for sales that are under way: they hold the shift. The sum below is a statement of its own, so it sees them.
    const shift = await tx.maybe(sql<{ closed: boolean }>`
      select closed_at is not null as closed
      from register_shifts
      where id = ${count.shift}
      for update`)
    if (shift === undefined) throw refuse('unknown_shift', `there is no shift ${count.shift}`)
    if (!shift.closed) {
      await tx.run(sql`
        update register_shifts
        set closed_at = clock_timestamp(),
            closed_by = ${count.employee},
            counted_cash = ${count.countedCash},
            expected_cash = (select cash_expected from register_shift_cash where register_shift_id = register_shifts.id),
            note = ${count.note ?? null}
        where id = ${count.shift}`)
    }
    const closed = await tx.one(sql<Omit<ClosedShift, 'repeated'>>`
      select id as shift, expected_cash as "expectedCash", counted_cash as "countedCash", over_short as "overShort"
      from register_shifts
      where id = ${count.shift}`)
    return { ...closed, repeated: shift.closed }
  })
}
