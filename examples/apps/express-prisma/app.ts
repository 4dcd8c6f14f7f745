import { createServer } from 'node:http'
import { PrismaPg } from '@prisma/adapter-pg'
import express, { type ErrorRequestHandler, type Express, type Request } from 'express'
import type { Tenantry } from 'tenantry'
import { tenantPrisma } from 'tenantry/prisma'
import { byHost, bySignedHeader, createWeb, inScope, type SignedHeaderOptions } from 'tenantry/web'
import { z } from 'zod'
import { Prisma, PrismaClient } from './generated/client.js'

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
export function createApp(
  tenantry: Tenantry,
  { base, gateway }: AppOptions,
): { readonly app: Express; readonly close: () => Promise<void> } {
  const web = createWeb(tenantry, { ways: [byHost({ base }), bySignedHeader(gateway)], require: 'all' })
  // One PrismaClient for each open scope, found by `prisma()` where it is used.
  const prisma = tenantPrisma(tenantry, { PrismaPg, create: (adapter) => new PrismaClient({ adapter }) })
  const app = express()
  app.use(express.json())
  app.use(web.express)

  const list = inScope(async (_scope, request: Request) => {
    const { after } = request.query
    const customers = await prisma().customer.findMany({
      where: { deletedAt: null, number: { gt: typeof after === 'string' ? after : '' } },
      orderBy: { number: 'asc' },
      take: 50,
    })
    return customers.map(({ number, firstName, lastName, email }) => ({ number, name: `${firstName} ${lastName}`.trim(), email }))
  })
  app.get('/customers', async (request, response) => void response.json(await list(request)))

  const show = inScope(async (_scope, request: Request) => {
    const customer = await prisma().customer.findFirst({
      where: { number: String(request.params.number) },
      include: { addresses: { select: { line1: true, city: true, country: true } } },
    })
    if (customer === null) return undefined
    const { number, firstName, lastName, email, addresses } = customer
    return { number, name: `${firstName} ${lastName}`.trim(), email, addresses }
  })
  app.get('/customers/:number', async (request, response) => {
    const customer = await show(request)
    response.status(customer === undefined ? 404 : 200).json(customer ?? { title: 'no such customer' })
  })

  const create = inScope(async (_scope, request: Request) => {
    const { address, email, ...customer } = NewCustomer.parse(request.body)
    const data = { ...customer, email: email ?? null }
    const { id, number } = await prisma().customer.create({ data })
    if (address !== undefined) await prisma().address.create({ data: { ...address, customerId: id } })
    return { number }
  })
  // The scope commits before this is sent. Had the address failed, the customer would be gone with it.
  app.post('/customers', async (request, response) => void response.status(201).json(await create(request)))

  app.use(web.expressErrors)
  app.use(problems)
  return { app, close: prisma.close }
}

const problems: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) return next(error)
  const taken = error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002'
  // Prisma has no code for a check of a table.
  const wrong = error instanceof z.ZodError || /\b23514\b/.test(String((error as Error).message))
  if (taken) response.status(409).json({ title: 'there is such a customer already' })
  else if (wrong) response.status(400).json({ title: 'not a customer' })
  else response.status(500).json({ title: 'failed' })
}

export async function start(tenantry: Tenantry, options: AppOptions & { readonly port: number }): Promise<() => Promise<void>> {
  const { app, close } = createApp(tenantry, options)
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(options.port, '127.0.0.1', resolve))
  return async () => {
    await new Promise((resolve) => server.close(resolve))
    await close()
  }
}
