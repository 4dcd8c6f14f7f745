import { z } from 'zod'

/** What is kept of a purged tenant, and why it must stay. */
export const heldRow = z.object({ tenant: z.string(), slug: z.string(), heldFor: z.string().nullable() })

export const purgedRef = z.string().min(2).max(39).describe('Id or slug of the tenant that was purged')
