import type { Variant } from './seed-catalogue.js'
import type { Place } from './seed-places.js'
import type { Sample } from './seed-shop.js'

export interface PlannedLine {
  readonly variant: Variant
  readonly quantity: string
  readonly price: string
  readonly discount: string
}

export interface PlannedSale {
  readonly ref: string
  readonly day: number
  readonly at: string
  readonly location: string
  readonly register: string
  readonly shift: string
  readonly employee: string
  readonly customer: string | null
  readonly method: 'cash' | 'card' | 'voucher'
  readonly receiptNumber: number
  readonly lines: readonly PlannedLine[]
  readonly refund: { readonly ref: string; readonly reason: string; readonly at: string } | undefined
}

export interface PlannedShift {
  readonly key: string
  readonly day: number
  readonly location: string
  readonly register: string
  readonly employee: string
}

const OPENS_AT_HOUR = 9
const BUSY_HOURS = [5, 7, 9, 11, 10, 7, 7, 9, 11, 8, 4]
const BUSY_WEEKDAYS = [0.3, 0.8, 0.8, 0.9, 1, 1.4, 1.7]
const BASKETS = [40, 28, 16, 9, 5, 2]
const DECEMBER = 11

/** Exactly as many lines as the shop is to have, in sales over the year: more of them on Saturdays, at noon, in December, and a little more each month. */
export function planTrading(
  { shop, random, year }: Sample,
  places: readonly Place[],
  variants: readonly Variant[],
  customers: readonly string[],
): { readonly sales: readonly PlannedSale[]; readonly shifts: readonly PlannedShift[] } {
  const popularity = variants.map((variant) => variant.popularity)
  const dayWeights = Array.from(
    { length: year.days },
    (_, day) => BUSY_WEEKDAYS[year.weekday(day)]! * (0.7 + (0.6 * day) / year.days) * (year.month(day) === DECEMBER ? 1.6 : 1),
  )
  const tills = places.flatMap((place, i) => place.registers.map((register) => ({ place, register, weight: 1 / (i + 1) })))
  const tillWeights = tills.map((till) => till.weight)

  const visits: { readonly day: number; readonly seconds: number; readonly till: number; readonly size: number }[] = []
  for (let left = shop.lines; left > 0; ) {
    const size = Math.min(left, random.weighted(BASKETS) + 1)
    const seconds = (OPENS_AT_HOUR + random.weighted(BUSY_HOURS)) * 3_600 + random.int(0, 3_599)
    visits.push({ day: random.weighted(dayWeights), seconds, till: random.weighted(tillWeights), size })
    left -= size
  }
  visits.sort((a, b) => a.day - b.day || a.seconds - b.seconds)

  const shifts = new Map<string, PlannedShift>()
  const receipts = new Map<string, number>()
  const sales = visits.map(({ day, seconds, till, size }): PlannedSale => {
    const { place, register } = tills[till]!
    const key = `${register}/${day}`
    const shift = shifts.get(key) ?? { key, day, location: place.id, register, employee: random.pick(place.cashiers) }
    shifts.set(key, shift)
    const receiptNumber = (receipts.get(register) ?? 0) + 1
    receipts.set(register, receiptNumber)
    const minutes = seconds / 60
    return {
      ref: random.uuid(),
      day,
      at: year.at(day, minutes),
      location: place.id,
      register,
      shift: key,
      employee: shift.employee,
      customer: random.chance(0.35) ? random.pick(customers) : null,
      method: random.pick(['cash', 'cash', 'card', 'card', 'card', 'voucher'] as const),
      receiptNumber,
      lines: Array.from({ length: size }, () => planLine(variants[random.weighted(popularity)]!, day)),
      refund: random.chance(0.02)
        ? {
            ref: random.uuid(),
            reason: random.pick(['damaged', 'wrong_item', 'changed_mind', 'other']),
            at: year.at(day, Math.min(minutes + 40, 1_210)),
          }
        : undefined,
    }
  })
  return { sales, shifts: [...shifts.values()] }

  function planLine(variant: Variant, day: number): PlannedLine {
    const price = day < variant.priceDay ? variant.priceBefore : variant.price
    const quantity = variant.unit === 'each' ? String(random.pick([1, 1, 1, 1, 2, 2, 3])) : (random.int(100, 2_500) / 1_000).toFixed(3)
    return { variant, quantity, price, discount: Number(price) >= 20 && random.chance(0.08) ? '1.00' : '0.00' }
  }
}
