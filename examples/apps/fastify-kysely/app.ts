import { type FastifyRequest, fastify } from 'fastify'
import { type Generated, Kysely, PostgresDialect } from 'kysely'
import type { Tenantry } from 'tenantry'
import { tenantDialect } from 'tenantry/kysely'
import { byHost, bySignedHeader, createWeb, inScope, type SignedHeaderOptions } from 'tenantry/web'

// Neither the tenant column nor a schema is named: the scope has both.
interface Tables {
  readonly customers: {
    readonly id: Generated<string>
    readonly number: string
    readonly first_name: Generated<string>
    readonly last_name: Generated<string>
    readonly full_name: Generated<string>
    readonly email: string | null
    readonly deleted_at: Generated<Date | null>
  }
  readonly customer_addresses: {
    readonly id: Generated<string>
    readonly customer_id: string
    readonly line1: string
    readonly city: string
    readonly country_code: string
  }
}

interface NewCustomer {
  readonly number: string
  readonly firstName: string
  readonly lastName: string
  readonly email?: string
  readonly address?: { readonly line1: string; readonly city: string; readonly country: string }
}

const text = { type: 'string', minLength: 1 } as const
const NEW_CUSTOMER = {
  type: 'object',
  required: ['number'],
  properties: {
    number: text,
    firstName: { type: 'string', default: '' },
    lastName: { type: 'string', default: '' },
    email: { type: 'string', format: 'email' },
    address: { type: 'object', required: ['line1', 'city', 'country'], properties: { line1: text, city: text, country: text } },
  },
} as const

export interface AppOptions {
  /** Shops are sub-domains of this: `acme.shops.example`. */
  readonly base: string
  /** Your gateway has checked who asks, and signs for which shop; a sub-domain alone says nothing about that. */
  readonly gateway: SignedHeaderOptions
}

/** The customers of a shop, for every shop. */
export async function createApp(tenantry: Tenantry, { base, gateway }: AppOptions): Promise<ReturnType<typeof fastify>> {
  const web = createWeb(tenantry, { ways: [byHost({ base }), bySignedHeader(gateway)], require: 'all' })
  const db = new Kysely<Tables>({ dialect: tenantDialect(PostgresDialect, tenantry) })
  const app = fastify({ forceCloseConnections: true })

  app.setErrorHandler((error: Error & { readonly code?: string; readonly validation?: unknown }, request, reply) => {
    if (error.code === '23505') return reply.code(409).send({ title: 'there is such a customer already' })
    if (error.code === '23514' || error.validation !== undefined) return reply.code(400).send({ title: 'not a customer' })
    return web.fastifyErrors(error, request, reply)
  })
  await app.register(web.fastify)

  app.get(
    '/customers',
    inScope((_scope, request: FastifyRequest) =>
      db
        .selectFrom('customers')
        .select(['number', 'full_name as name', 'email'])
        .where('deleted_at', 'is', null)
        .where('number', '>', (request.query as { readonly after?: string }).after ?? '')
        .orderBy('number')
        .limit(50)
        .execute(),
    ),
  )

  app.get(
    '/customers/:number',
    inScope(async (_scope, request: FastifyRequest) => {
      const { number } = request.params as { readonly number: string }
      const customer = await db
        .selectFrom('customers')
        .select(['id', 'number', 'full_name as name', 'email'])
        .where('number', '=', number)
        .executeTakeFirst()
      if (customer === undefined) throw Object.assign(new Error('no such customer'), { statusCode: 404 })
      const { id, ...rest } = customer
      const addresses = await db
        .selectFrom('customer_addresses')
        .select(['line1', 'city', 'country_code as country'])
        .where('customer_id', '=', id)
        .execute()
      return { ...rest, addresses }
    }),
  )

  const create = inScope(async (_scope, request: FastifyRequest) => {
    const { address, firstName, lastName, ...customer } = request.body as NewCustomer
    const { id, number } = await db
      .insertInto('customers')
      .values({ email: null, ...customer, first_name: firstName, last_name: lastName })
      .returning(['id', 'number'])
      .executeTakeFirstOrThrow()
    if (address !== undefined) {
      const { country, ...rest } = address
      await db
        .insertInto('customer_addresses')
        .values({ ...rest, country_code: country, customer_id: id })
        .execute()
    }
    return { number }
  })
  // The scope commits before this is sent. Had the address failed, the customer would be gone with it.
  app.post('/customers', { schema: { body: NEW_CUSTOMER } }, async (request, reply) => reply.code(201).send(await create(request)))
  return app
}

export async function start(tenantry: Tenantry, options: AppOptions & { readonly port: number }): Promise<() => Promise<void>> {
  const app = await createApp(tenantry, options)
  await app.listen({ port: options.port, host: '127.0.0.1' })
  return () => app.close()
}
