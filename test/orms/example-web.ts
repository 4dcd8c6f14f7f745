import express from 'express'
import { fastify } from 'fastify'
import { Hono } from 'hono'
import * as jose from 'jose'
import { createTenantry, sql } from '../../src/index.js'
import { byHost, byJwt, createWeb, type HonoVariables, inScope, type RequestTenant, tenantOf } from '../../src/web.js'

const tenantry = createTenantry({ catalogUrl: 'postgres://…' })

const web = createWeb(tenantry, {
  ways: [
    byHost({ base: 'shop.example', neutral: ['api.shop.example'] }),
    byJwt({
      jose,
      jwks: 'https://id.example/keys',
      issuer: 'https://id.example',
      audience: 'shop',
      algorithms: ['RS256'],
      claim: 'tenant',
    }),
  ],
  // The host says which shop it is; only the token says who asks.
  authorize: ({ tenant }) => tenant.claims?.sub !== undefined,
  scope: ({ tenant }) => ({ actor: `user:${tenant.claims?.sub}` }),
})

const orders = sql<{ id: string; total: string }>`select id, total from orders order by id`

// Express
export const shop = express()
shop.use(web.express)
shop.get('/orders', async (request, response) => {
  response.json(await tenantOf(request).query(orders))
})
shop.use(web.expressErrors)

// Fastify
declare module 'fastify' {
  interface FastifyRequest {
    tenant: RequestTenant
  }
}
export const server = fastify()
server.setErrorHandler(web.fastifyErrors)
await server.register(web.fastify)
server.get('/orders', (request) => request.tenant.query(orders))

// Hono
export const app = new Hono<{ Variables: HonoVariables }>()
app.use(web.hono)
app.get('/orders', async (c) => c.json(await c.get('tenant').query(orders)))

// A route handler of Next, or whatever else answers a Request
export const GET = web.route(async (_request, tenant, _context: { params: Promise<{ id: string }> }) => {
  return Response.json(await tenant.query(orders))
})

// A handler whose whole work is one transaction of the tenant
server.post(
  '/orders',
  inScope(async (scope, _request: object) => {
    const [order] = await scope.rows(sql<{ id: string }>`insert into orders default values returning id`)
    return order
  }),
)
