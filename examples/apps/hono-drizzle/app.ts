import { serve } from '@hono/node-server'
import { and, asc, eq, gt, isNull, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { bigint, pgTable, text, timestamp } from 'drizzle-orm/pg-core'
import { type Context, Hono } from 'hono'
import type { Tenantry } from 'tenantry'
import { drizzleConfig } from 'tenantry/drizzle'
import { byHost, bySignedHeader, createWeb, type HonoVariables, inScope, type SignedHeaderOptions } from 'tenantry/web'
import { z } from 'zod'

// Neither the tenant column nor a schema is named: the scope has both.
const customers = pgTable('customers', {
  id: bigint({ mode: 'number' }).generatedAlwaysAsIdentity(),
  number: text().notNull(),
  firstName: text('first_name').notNull().default(''),
  lastName: text('last_name').notNull().default(''),
  email: text(),
  deletedAt: timestamp('deleted_at', { withTimezone: true }),
})
const addresses = pgTable('customer_addresses', {
  id: bigint({ mode: 'number' }).generatedAlwaysAsIdentity(),
  customerId: bigint('customer_id', { mode: 'number' }).notNull(),
  line1: text().notNull(),
  city: text().notNull(),
  country: text('country_code').notNull(),
})

const NewCustomer = z.object({
  number: z.string().min(1),
  firstName: z.string().default(''),
  lastName: z.string().default(''),
  email: z.email().optional(),
  address: z.object({ line1: z.string().min(1), city: z.string().min(1), country: z.string() }).optional(),
})

export interface AppOptions {
  /** Shops are sub-domains of this: `acme.shops.example`. */
  readonly base: string
  /** Your gateway has checked who asks, and signs for which shop; a sub-domain alone says nothing about that. */
  readonly gateway: SignedHeaderOptions
}

/** The customers of a shop, for every shop. */
export function createApp(tenantry: Tenantry, { base, gateway }: AppOptions): Hono<{ Variables: HonoVariables }> {
  const web = createWeb(tenantry, { ways: [byHost({ base }), bySignedHeader(gateway)], require: 'all' })
  const db = drizzle(drizzleConfig(tenantry))
  const app = new Hono<{ Variables: HonoVariables }>()

  app.onError((error, c) => {
    // A fault of the scope, such as that of a tenant that was suspended a moment ago, has an answer already.
    const refusal = web.response(error)
    if (refusal !== undefined) return refusal
    const { status, title } = problemOf(error)
    return c.json({ title }, status)
  })
  app.use(web.hono)

  app.get(
    '/customers',
    inScope(async (_scope, c: Context) => {
      const rows = await db
        .select({ number: customers.number, name: sql<string>`full_name`, email: customers.email })
        .from(customers)
        .where(and(isNull(customers.deletedAt), gt(customers.number, c.req.query('after') ?? '')))
        .orderBy(asc(customers.number))
        .limit(50)
      return c.json(rows)
    }),
  )

  app.get(
    '/customers/:number',
    inScope(async (_scope, c: Context) => {
      const number = eq(customers.number, c.req.param('number') ?? '')
      const [customer] = await db.select().from(customers).where(number)
      if (customer === undefined) return c.json({ title: 'no such customer' }, 404)
      const { line1, city, country } = addresses
      const found = await db.select({ line1, city, country }).from(addresses).where(eq(addresses.customerId, customer.id))
      const { firstName, lastName, email } = customer
      return c.json({ number: customer.number, name: `${firstName} ${lastName}`.trim(), email, addresses: found })
    }),
  )

  app.post(
    '/customers',
    inScope(async (_scope, c: Context) => {
      const { address, ...customer } = NewCustomer.parse(await c.req.json())
      const [made] = await db.insert(customers).values(customer).returning()
      if (address !== undefined) await db.insert(addresses).values({ ...address, customerId: made!.id })
      // The scope commits before this is sent. Had the address failed, the customer would be gone with it.
      return c.json({ number: made!.number }, 201)
    }),
  )
  return app
}

/** Drizzle wraps what PostgreSQL says. */
function problemOf(error: unknown): { readonly status: 400 | 409 | 500; readonly title: string } {
  if (error instanceof z.ZodError) return { status: 400, title: 'not a customer' }
  const { code } = ((error as Error).cause ?? {}) as { readonly code?: string }
  if (code === '23505') return { status: 409, title: 'there is such a customer already' }
  if (code === '23514') return { status: 400, title: 'not a customer' }
  return { status: 500, title: 'failed' }
}

export async function start(tenantry: Tenantry, options: AppOptions & { readonly port: number }): Promise<() => Promise<void>> {
  const { fetch } = createApp(tenantry, options)
  const server = await new Promise<ReturnType<typeof serve>>((resolve) => {
    const listening = serve({ fetch, port: options.port, hostname: '127.0.0.1' }, () => resolve(listening))
  })
  return () => new Promise((resolve) => void server.close(() => resolve()))
}
