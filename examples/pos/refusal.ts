export type RefusalReason =
  | 'shift_closed'
  | 'not_for_sale'
  | 'sold_out'
  | 'payment_method'
  | 'order_not_open'
  | 'not_ordered'
  | 'unknown_shift'

/** Why the shop says no. It is thrown, since leaving the scope by an exception is what rolls the scope back. */
export type Refusal = Error & { readonly reason: RefusalReason }

export const refuse = (reason: RefusalReason, message: string): Refusal => Object.assign(new Error(message), { reason })

export const isRefusal = (error: unknown, ...reasons: readonly RefusalReason[]): error is Refusal =>
  error instanceof Error && 'reason' in error && (reasons.length === 0 || reasons.includes(error.reason as RefusalReason))
