import { generateKeyPairSync } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import express from 'express'
import { Hono } from 'hono'
import * as jose from 'jose'
import { isFault, sql } from 'tenantry'
import {
  byHost,
  byJwt,
  byPath,
  bySignedHeader,
  createHeaderSigner,
  createWeb,
  type HonoVariables,
  type SignedHeaderOptions,
  type Web,
  type WebOptions,
} from 'tenantry/web'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../src/kernel/clock.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { type FaultProxy, openFaultProxy } from '../support/fault-proxy.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'
import { FRAMEWORKS, type Framework, type Reply, send, type WebServer } from './web-servers.js'

const NOTE = `-- migrate:up
create table note (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  body text not null,
  primary key (tenant_id, id)
);
-- migrate:down
drop table note;
`
const SECRETS: Readonly<Record<string, string>> = {
  'env:OLD': 'o'.repeat(32),
  'env:NEW': 'n'.repeat(32),
  'env:STRANGE': 's'.repeat(32),
  'env:SHARED': 'h'.repeat(32),
}
const secrets = (reference: string): string => SECRETS[reference]!
const HEADER: SignedHeaderOptions & { readonly sign: string } = { keys: { old: 'env:OLD', new: 'env:NEW' }, sign: 'new', audience: 'shop' }
const [issuer, audience] = ['https://id.test', 'shop']

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })
const jwks = createServer((_request, response) => {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'RS256', use: 'sig' }] }))
})

let fleet: Fleet
let web: Web
const ids: Record<string, string> = {}

beforeAll(async () => {
  await new Promise<void>((resolve) => jwks.listen(0, '127.0.0.1', resolve))
  fleet = await fleetOn(testServer(), {
    migrations: { 'tenant/20260101000000_note.sql': NOTE },
    config: { services: { ledger: 'services/ledger' } },
    tenants: { acme: 'shared', globex: 'schema', sleepy: 'shared', gone: 'shared', former: 'shared', quiet: 'shared' },
  })
  await mkdir(join(fleet.folder, 'services', 'ledger'), { recursive: true })
  await writeFile(
    join(fleet.folder, 'services', 'ledger', '20260101000000_note.sql'),
    NOTE.replace(/.*tenant_id uuid.*\n/, '').replace('tenant_id, id', 'id'),
  )
  await fleet.run('tenant.create', { slug: 'ledger', service: 'ledger' })
  expect(await fleet.app.tenant('ledger').query(sql`select body from note`)).toEqual([])
  for (const slug of ['acme', 'globex', 'former']) {
    ids[slug] = (await fleet.tenant(slug)).id
    await fleet.app.tenant(slug).query(sql`insert into note (body) values (${`of ${slug}`})`)
  }
  await domain('acme', 'xn--bcher-kva.example')
  await domain('acme', 'pending.example', false)
  await domain('gone', 'gone.example')
  await fleet.run('tenant.suspend', { tenant: 'sleepy', reason: 'unpaid' })
  await fleet.run('tenant.delete', { tenant: 'gone', reason: 'left' })
  await fleet.run('tenant.rename', { tenant: 'quiet', slug: 'quieter', refuseOld: true })
  await fleet.run('tenant.rename', { tenant: 'former', slug: 'latter' })
  // Another client than the one that has known them under their former names.
  web = webOf({}, fleet.client())
})
afterAll(async () => {
  await fleet?.stop()
  await new Promise((resolve) => jwks.close(resolve))
})

/** Whether a name server is right about it is tested elsewhere. */
async function domain(tenant: string, name: string, verified = true): Promise<void> {
  await fleet.run('domain.add', { tenant, domain: name })
  if (verified)
    await fleet.platform.catalog.run(sql`update catalog.tenant_domain set state = 'verified', verified_at = now() where domain = ${name}`)
}

const byToken = () =>
  byJwt({
    jose,
    issuer,
    audience,
    algorithms: ['RS256'],
    claim: 'tenant',
    jwks: `http://127.0.0.1:${(jwks.address() as AddressInfo).port}/`,
  })

const webOf = (options: Partial<WebOptions> = {}, app = fleet.app): Web =>
  createWeb(app, {
    ways: [byHost({ base: 'shop.test', neutral: ['api.shop.test'] }), byPath({ prefix: '/t' }), bySignedHeader(HEADER), byToken()],
    secrets,
    ...options,
  })

const nowS = () => Math.floor(systemClock.now() / 1_000)
const CLAIMS = { iss: issuer, aud: audience, sub: 'u1' }
const token = (claims: object = {}, { kid = 'k1', key = privateKey, alg = 'RS256' } = {}) =>
  new jose.SignJWT({ ...CLAIMS, tenant: ids.acme, exp: nowS() + 60, ...claims } as jose.JWTPayload)
    .setProtectedHeader({ alg, kid })
    .sign(key)
const bearer = async (text: string | Promise<string>) => `Authorization: Bearer ${await text}`
const unsigned = (claims: object) =>
  `${[{ alg: 'none' }, { ...CLAIMS, exp: nowS() + 60, ...claims }].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`
const header = (tenant: string, options: Partial<SignedHeaderOptions> = {}) =>
  `tenantry-tenant: ${createHeaderSigner({ ...HEADER, ...options, secrets })(tenant)}`

type Case = readonly [name: string, lines: () => readonly string[] | Promise<readonly string[]>, wanted: number | string, path?: string]

const API = 'Host: api.shop.test'
const CASES: readonly Case[] = [
  ['a sub-domain', () => ['Host: acme.shop.test'], 'acme'],
  ['in any case, with the dot of the root and a port', () => ['Host: ACME.Shop.TEST.:8080'], 'acme'],
  ['a verified domain', () => ['Host: xn--bcher-kva.example'], 'acme'],
  ['a verified domain in capitals', () => ['Host: XN--BCHER-KVA.example:443'], 'acme'],
  ['a former slug that redirects', () => ['Host: former.shop.test'], 'latter'],
  ['a former slug that does not', () => ['Host: quiet.shop.test'], 404],
  ['a foreign host', () => ['Host: foreign.example'], 404],
  ['a domain that is not verified', () => ['Host: pending.example'], 404],
  ['the domain of a deleted tenant', () => ['Host: gone.example'], 404],
  ['a deleted tenant', () => ['Host: gone.shop.test'], 404],
  ['a service, which is no tenant', () => ['Host: ledger.shop.test'], 404],
  ['a service by a token', async () => [API, await bearer(token({ tenant: 'ledger' }))], 404],
  ['a sub-domain of a sub-domain', () => ['Host: www.acme.shop.test'], 404],
  ['a sub-domain that no slug can be', () => ['Host: -_-.shop.test'], 404],
  ['an IPv6 literal', () => ['Host: [::1]:80'], 404],
  ['an IPv4 literal', () => ['Host: 127.0.0.1'], 404],
  ['a host with a user', () => ['Host: globex@acme.shop.test'], 400],
  ['two hosts in one', () => ['Host: acme.shop.test, globex.shop.test'], 400],
  ['two Host headers', () => ['Host: acme.shop.test', 'Host: globex.shop.test'], 400],
  ['a host in UTF-8', () => ['Host: b\u00fccher.example'], 400],
  ['a host with two dots', () => ['Host: acme..shop.test'], 400],
  ['a path', () => [API], 'acme', '/t/acme/orders?x=/t/globex'],
  ['a path of another tenant than the host', () => ['Host: globex.shop.test'], 403, '/t/acme/orders'],
  ['a path that leaves the tenant, with encoded slashes', () => [API], 400, '/t/acme%2f..%2fglobex/orders'],
  ['a path with an encoded letter', () => [API], 404, '/t/%61cme/orders'],
  ['a path whose slug goes on encoded', () => [API], 404, '/t/acme%2forders'],
  ['a prefix with an encoded letter, past a token', async () => [API, await bearer(token())], 400, '/%74/globex/orders'],
  ['a prefix in capitals, past a token', async () => [API, await bearer(token())], 400, '/T/globex/orders'],
  ['a prefix whose slash is encoded, past a token', async () => [API, await bearer(token())], 400, '/t%2Fglobex/orders'],
  ['a prefix that nothing follows at once, past a token', async () => [API, await bearer(token())], 400, '/t//globex/orders'],
  ['a path that only begins like the prefix', async () => [API, await bearer(token())], 'acme', '/Tea/globex'],
  ['no credential where one must speak', () => [API], 401],
  ['a bare header', () => [API, 'tenantry-tenant: acme'], 401],
  ['a bare header at a host', () => ['Host: acme.shop.test', 'tenantry-tenant: globex'], 401],
  ['a signed header', () => [API, header('acme')], 'acme'],
  ['a signed header by id, with the older key', () => [API, header(ids.acme!, { sign: 'old' })], 'acme'],
  ['a signed header with a key that is not ours', () => [API, header('acme', { keys: { new: 'env:STRANGE' } })], 401],
  ['a signed header with an unknown key id', () => [API, header('acme', { keys: { other: 'env:NEW' }, sign: 'other' })], 401],
  ['a signed header for another application', () => [API, header('acme', { audience: 'billing' })], 401],
  ['a signed header twice', () => [API, header('acme'), header('globex')], 401],
  ['a signed header of another tenant than the host', () => ['Host: globex.shop.test', header('acme')], 403],
  ['a token', async () => [API, await bearer(token())], 'acme'],
  ['a token that fits the host', async () => ['Host: acme.shop.test', await bearer(token())], 'acme'],
  ['a token of another tenant than the host', async () => ['Host: globex.shop.test', await bearer(token())], 403],
  ['a token with alg none', async () => [API, await bearer(unsigned({ tenant: ids.acme }))], 401],
  ['a token for another audience', async () => [API, await bearer(token({ aud: 'billing' }))], 401],
  ['a token of another issuer', async () => [API, await bearer(token({ iss: 'https://evil.test' }))], 401],
  ['a token that has expired', async () => [API, await bearer(token({ exp: nowS() - 60 }))], 401],
  ['a token that never expires', async () => [API, await bearer(token({ exp: undefined }))], 401],
  ['a token with an unknown key id', async () => [API, await bearer(token({}, { kid: 'k2' }))], 401],
  ["a token with a stranger's key", async () => [API, await bearer(token({}, { key: stranger.privateKey }))], 401],
  ['a token with another algorithm', async () => [API, await bearer(token({}, { alg: 'RS512' }))], 401],
  ['a token that names no tenant', async () => [API, await bearer(token({ tenant: 7 }))], 401],
  ['a token of a tenant that is not', async () => [API, await bearer(token({ tenant: 'nobody' }))], 404],
  ['another scheme', () => ['Host: acme.shop.test', 'Authorization: Basic YTpi'], 401],
  ['X-Forwarded-Host from anybody', () => ['Host: acme.shop.test', 'X-Forwarded-Host: globex.shop.test'], 'acme'],
  ['a suspended tenant', () => ['Host: sleepy.shop.test'], 503],
]

// The public key as the secret of HS256: the signer does what an attacker would.
const confused = (claims: object) => {
  const pem = publicKey.export({ type: 'spki', format: 'pem' })
  return new jose.SignJWT({ ...CLAIMS, tenant: ids.acme, exp: nowS() + 60, ...claims } as jose.JWTPayload)
    .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
    .sign(Buffer.from(pem))
}

const seen = (reply: Reply): number | string => (reply.status === 200 ? (JSON.parse(reply.body) as { slug: string }).slug : reply.status)

describe.each(Object.keys(FRAMEWORKS) as Framework[])('%s', (name) => {
  let server: WebServer
  beforeAll(async () => {
    server = await FRAMEWORKS[name](web)
  })
  afterAll(() => server.close())

  test('each request is served as its tenant, or refused', async () => {
    const got: Record<string, number | string> = {}
    for (const [what, lines, , path = '/orders'] of CASES) got[what] = seen(await send(server.port, path, await lines()))
    expect(got).toEqual(Object.fromEntries(CASES.map(([what, , wanted]) => [what, wanted])))
    expect(seen(await send(server.port, '/', [API, await bearer(confused({}))]))).toBe(401)
    expect((await send(server.port, '/health', ['Host: foreign.example'])).body).toBe('well')
  })

  test('a path with dots is refused, or is tidied before anybody reads it', async () => {
    expect(seen(await send(server.port, '/t/acme/../globex/orders', [API]))).toBe(name === 'next' ? 'globex' : 400)
  })

  test('who is not there is answered alike, whoever they are', async () => {
    const replies = []
    for (const host of ['foreign.example', 'pending.example', 'gone.example', 'gone.shop.test', 'nobody.shop.test', 'quiet.shop.test'])
      replies.push(await send(server.port, '/orders', [`Host: ${host}`]))
    const told = replies.map(({ status, headers, body }) => ({ status, body, headers: { ...headers, date: '' } }))
    expect(new Set(told.map((one) => JSON.stringify(one))).size).toBe(1)
    expect(told[0]).toMatchObject({ status: 404, headers: { 'content-type': expect.stringContaining('application/problem+json') } })
    expect(JSON.parse(told[0]!.body)).toMatchObject({ code: 'TENANT_NOT_FOUND', status: 404 })
  })

  test('a suspended tenant is told when to come back, and nobody is told why', async () => {
    const { status, headers, body } = await send(server.port, '/orders', ['Host: sleepy.shop.test'])
    expect([status, headers['retry-after'], JSON.parse(body).code]).toEqual([503, '60', 'TENANT_SUSPENDED'])
    expect(body).not.toContain('unpaid')
    const refused = await send(server.port, '/orders', [API])
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, 'TenantrySigned, Bearer'])
  })

  test('what is refused by the database is answered as the middleware would', async () => {
    const { id } = await fleet.run<{ id: string }>('tenant.create', { slug: `brief-${name}`, isolation: 'shared' })
    const ask = () => send(server.port, '/orders', [`Host: brief-${name}.shop.test`])
    expect((await ask()).status).toBe(200)
    await fleet.run('tenant.suspend', { tenant: id, reason: 'unpaid' })
    const suspended = await ask()
    expect([suspended.status, suspended.headers['retry-after']]).toEqual([503, '60'])
    await fleet.run('tenant.resume', { tenant: id })
    await expect.poll(async () => (await ask()).status, { interval: 200 }).toBe(200)
    await fleet.run('tenant.delete', { tenant: id, reason: 'left', grace: '0s' })
    await fleet.run('tenant.purge', { tenant: id, waiveBackup: 'a test' })
    const purged = await ask()
    expect(purged).toMatchObject({ status: 404, body: (await send(server.port, '/orders', ['Host: nobody.shop.test'])).body })
  })

  test('two tenants at once each see their own rows', async () => {
    const slugs = Array.from({ length: 100 }, (_, at) => (at % 2 === 0 ? 'acme' : 'globex'))
    const paths = ['/orders', '/scoped']
    const replies = await Promise.all(slugs.map((slug, at) => send(server.port, paths[(at >> 1) % 2]!, [`Host: ${slug}.shop.test`])))
    const wrong = replies.filter(({ body }, at) => JSON.stringify(JSON.parse(body).rows) !== `["of ${slugs[at]}"]`)
    expect(wrong).toEqual([])
  })
})

async function serving(options: Partial<WebOptions>, framework: Framework = 'express', app = fleet.app): Promise<WebServer> {
  const server = await FRAMEWORKS[framework](webOf(options, app))
  onTestFinished(server.close)
  return server
}

test('of several ways that refuse one request, in whatever order, none is left unheard', async () => {
  const unheard: unknown[] = []
  const hear = (reason: unknown) => void unheard.push(reason)
  process.on('unhandledRejection', hear)
  onTestFinished(() => void process.off('unhandledRejection', hear))
  const orders = <T>(of: readonly T[]): T[][] =>
    of.length === 0 ? [[]] : of.flatMap((first) => orders(of.filter((one) => one !== first)).map((rest) => [first, ...rest]))
  for (const ways of orders([byHost({ base: 'shop.test' }), byPath(), bySignedHeader(HEADER), byToken()])) {
    const request = { rawHeaders: ['Host', 'a b', 'tenantry-tenant', 'acme', 'Authorization', 'Bearer a.b.c'], url: '/../acme' }
    const error = await webOf({ ways })
      .resolve(request)
      .catch((thrown) => thrown)
    expect(isFault(error, 'REQUEST_INVALID', 'TENANT_UNPROVEN')).toBe(true)
  }
  await systemClock.sleep(50)
  expect(unheard).toEqual([])
})

test('X-Forwarded-Host counts when a trusted proxy has sent it, and only one of it', async () => {
  const trusting = await serving({ trustedProxies: ['10.0.0.0/8', '127.0.0.1'] })
  const ask = (...lines: string[]) => send(trusting.port, '/orders', ['Host: acme.shop.test', ...lines]).then(seen)
  expect(await ask('X-Forwarded-Host: globex.shop.test')).toBe('globex')
  expect(await ask()).toBe('acme')
  expect(await ask('X-Forwarded-Host: acme.shop.test, globex.shop.test')).toBe(400)
  expect(await ask('X-Forwarded-Host: acme.shop.test', 'X-Forwarded-Host: globex.shop.test')).toBe(400)
  const distant = await serving({ trustedProxies: ['10.0.0.0/8'] })
  expect(seen(await send(distant.port, '/orders', ['Host: acme.shop.test', 'X-Forwarded-Host: globex.shop.test']))).toBe('acme')
})

test('off Node, Hono has the address of the proxy from `peer`, and without it trusts none', async () => {
  const ask = async (options: Partial<WebOptions>) => {
    const app = new Hono<{ Bindings: { readonly ip: string }; Variables: HonoVariables }>()
    app.use(webOf({ trustedProxies: ['10.0.0.0/8'], ...options }).hono)
    app.get('/', (c) => c.text(c.get('tenant').slug))
    const init = { headers: { 'X-Forwarded-Host': 'globex.shop.test' } }
    return (await app.request('http://acme.shop.test/', init, { ip: '10.1.2.3' })).text()
  }
  expect(await ask({ peer: (_request, context) => (context as { env: { ip: string } }).env.ip })).toBe('globex')
  expect(await ask({})).toBe('acme')
})

test('the naive wiring, for comparison, hands out what anybody asks for', async () => {
  const app = express()
  app.set('trust proxy', true)
  app.get('/orders', async (request, response) => {
    const slug = (request.headers['x-tenant'] as string | undefined) ?? request.hostname.split('.')[0]!
    response.json(await fleet.app.tenant(slug).query(sql`select body from note`))
  })
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  for (const line of ['X-Tenant: globex', 'X-Forwarded-Host: globex.shop.test'])
    expect((await send(port, '/orders', ['Host: acme.shop.test', line])).body).toBe('[{"body":"of globex"}]')
})

test('who asks is for `authorize` to say, with what the token claims', async () => {
  const asked: unknown[] = []
  const server = await serving({
    authorize: ({ tenant, request }) => {
      asked.push([tenant.slug, tenant.by, tenant.claims?.sub, (request as { method: string }).method])
      return tenant.claims?.sub === 'u1'
    },
  })
  expect(seen(await send(server.port, '/orders', ['Host: acme.shop.test']))).toBe(403)
  expect(seen(await send(server.port, '/orders', ['Host: acme.shop.test', await bearer(token())]))).toBe('acme')
  expect(seen(await send(server.port, '/orders', ['Host: nobody.shop.test']))).toBe(404)
  expect(asked).toEqual([
    ['acme', ['subdomain'], undefined, 'GET'],
    ['acme', ['subdomain', 'jwt'], 'u1', 'GET'],
  ])
})

test('with `require: all`, each way must speak', async () => {
  const server = await serving({ require: 'all', ways: [byHost({ base: 'shop.test' }), byToken()] })
  expect(seen(await send(server.port, '/', ['Host: acme.shop.test']))).toBe(401)
  expect(seen(await send(server.port, '/', ['Host: acme.shop.test', await bearer(token())]))).toBe('acme')
})

test('the actor of the scopes is who the application says', async () => {
  const named = webOf({ scope: ({ tenant }) => ({ actor: `user:${tenant.claims?.sub}` }) })
  const request = new Request('http://api.shop.test/', { headers: { authorization: `Bearer ${await token()}` } })
  const { query } = await named.resolve(request)
  const upgrade = { rawHeaders: ['host', 'api.shop.test', 'Authorization', `Bearer ${await token()}`], url: '/socket' }
  expect(await named.resolve(upgrade)).toMatchObject({ slug: 'acme', by: ['jwt'] })
  expect(await query(sql`select tenantry.actor() as actor`)).toEqual([{ actor: 'user:u1' }])
})

test('a domain that is verified, given away or removed is noticed within seconds', async () => {
  const { resolve } = web
  const whose = () =>
    resolve(new Request('http://moving.example/')).then(
      ({ slug }) => slug,
      (error) => (isFault(error) ? error.code : error),
    )
  expect(await whose()).toBe('TENANT_NOT_FOUND')
  await domain('acme', 'moving.example')
  await expect.poll(whose, { interval: 100 }).toBe('acme')
  await fleet.run('domain.remove', { tenant: 'acme', domain: 'moving.example' })
  await domain('globex', 'moving.example')
  await expect.poll(whose, { interval: 100 }).toBe('globex')
})

test('only what changes whose a verified domain is makes applications ask again about all of them', async () => {
  const { catalog } = fleet.platform
  const stamp = async () => (await catalog.one(sql<{ stamp: string }>`select stamp from catalog.host_stamp`)).stamp
  const stamps = [await stamp()]
  const after = async (change: () => Promise<unknown>) => {
    await change()
    stamps.push(await stamp())
    return stamps.at(-1) !== stamps.at(-2)
  }
  const verify = sql`update catalog.tenant_domain set state = 'verified', verified_at = now() where domain = 'fresh.example'`
  expect(await after(() => domain('acme', 'fresh.example', false))).toBe(false)
  expect(await after(() => catalog.run(verify))).toBe(true)
  expect(await after(() => catalog.run(verify))).toBe(false)
  expect(await after(() => fleet.run('domain.remove', { tenant: 'acme', domain: 'fresh.example' }))).toBe(true)
  expect(await after(() => domain('globex', 'fresh.example', false))).toBe(false)
  expect(await after(() => fleet.run('domain.remove', { tenant: 'globex', domain: 'fresh.example' }))).toBe(false)
})

test('a catalog of an older release is told of, and nobody is taken for a tenant who may be a service', async () => {
  const { catalog } = fleet.platform
  await catalog.run(sql`alter function catalog.resolve_v4(text) rename to resolve_v4_later`)
  await catalog.run(sql`alter function catalog.host_v1(text) rename to host_v1_later`)
  try {
    const { resolve } = webOf({}, fleet.client())
    for (const host of ['acme.shop.test', 'ledger.shop.test', 'xn--bcher-kva.example'])
      await expect(resolve(new Request(`http://${host}/`)), host).rejects.toMatchObject({ code: 'CATALOG_BEHIND' })
  } finally {
    await catalog.run(sql`alter function catalog.resolve_v4_later(text) rename to resolve_v4`)
    await catalog.run(sql`alter function catalog.host_v1_later(text) rename to host_v1`)
  }
})

test('without the catalog those who are known are served, and strangers are not told that they do not exist', async () => {
  const url = new URL(fleet.catalogUrl)
  const proxy: FaultProxy = await openFaultProxy({ host: url.hostname, port: Number(url.port) })
  url.port = String(proxy.port)
  const { createTenantry } = await import('tenantry')
  const app = createTenantry({ catalogUrl: url.href, secrets: fleet.secrets })
  onTestFinished(() => app.close())
  const server = await serving({}, 'hono', app)
  const ask = (host: string) => send(server.port, '/orders', [`Host: ${host}`])
  expect([seen(await ask('acme.shop.test')), seen(await ask('xn--bcher-kva.example'))]).toEqual(['acme', 'acme'])
  // Somebody else's domain has changed since, and this process knows that much.
  await domain('globex', 'other.example')
  expect(seen(await ask('never.example'))).toBe(404)
  await proxy.close()
  for (const wait of [0, 2_200]) {
    await systemClock.sleep(wait)
    expect([seen(await ask('acme.shop.test')), seen(await ask('xn--bcher-kva.example'))]).toEqual(['acme', 'acme'])
    for (const host of ['globex.shop.test', 'nobody.shop.test', 'foreign.example']) {
      const { status, headers } = await ask(host)
      expect([host, status, headers['retry-after']]).toEqual([host, 503, '1'])
    }
  }
})

test('keys of the issuer that cannot be fetched are no fault of the token', async () => {
  const ways = [byJwt({ jose, issuer, audience, algorithms: ['RS256'], claim: 'tenant', jwks: 'http://127.0.0.1:9/' })]
  const server = await serving({ ways })
  const { status, body } = await send(server.port, '/', [API, await bearer(token())])
  expect([status, JSON.parse(body).code]).toEqual([503, 'PROOF_UNREACHABLE'])
})

test('a local key verifies as well, and what could be confused is refused at the start', async () => {
  const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string
  const base = { jose, issuer, audience, claim: 'tenant' }
  const local = webOf({ ways: [byJwt({ ...base, algorithms: ['RS256'], publicKey: pem })] })
  const asking = async (text: string | Promise<string>) =>
    local.resolve(new Request('http://any.test/', { headers: { authorization: `Bearer ${await text}` } }))
  expect(await asking(token())).toMatchObject({ slug: 'acme', by: ['jwt'], claims: { sub: 'u1' } })
  await expect(asking(confused({}))).rejects.toMatchObject({ code: 'TENANT_UNPROVEN' })
  await expect(asking(unsigned({ tenant: ids.acme }))).rejects.toMatchObject({ code: 'TENANT_UNPROVEN' })
  for (const wrong of [
    { algorithms: ['HS256'], publicKey: pem },
    { algorithms: ['RS256'], secret: 'env:SHARED' },
    { algorithms: ['none'], publicKey: pem },
    { algorithms: [], publicKey: pem },
    { algorithms: ['RS256'] },
    { algorithms: ['RS256'], jwks: 'http://id.test/keys' },
    { algorithms: ['RS256'], publicKey: pem, audience: '' },
    { algorithms: ['RS256'], publicKey: pem, issuer: [] },
  ])
    expect(() => webOf({ ways: [byJwt({ ...base, ...wrong })] }), JSON.stringify(wrong)).toThrow(/byJwt/)
})

test('who tries out names does not take the catalog away from those who are known, nor from those who are vouched for', async () => {
  const app = fleet.client()
  expect(await app.directory.byRef('acme')).toMatchObject({ slug: 'acme' })
  const trying = (many: number, mark: string) =>
    Promise.allSettled(Array.from({ length: many }, (_, at) => app.directory.byHost(`${mark}${at}.example`)))
  expect((await trying(300, 'few')).every((one) => one.status === 'fulfilled' && one.value === undefined)).toBe(true)
  const flood = trying(3_000, 'many')
  const turnedAway = expect(app.directory.byRef('latter')).rejects.toMatchObject({ code: 'DIRECTORY_BUSY' })
  expect(await Promise.all([app.directory.byRef('acme'), app.directory.byRef('globex', { vouched: true })])).toMatchObject([
    { slug: 'acme' },
    { slug: 'globex' },
  ])
  await turnedAway
  const busy = (await flood).filter((one) => one.status === 'rejected')
  expect(busy.length).toBeGreaterThan(1_000)
  expect(busy.every((one) => isFault(one.reason, 'DIRECTORY_BUSY'))).toBe(true)
  expect(await app.directory.byRef('latter')).toMatchObject({ slug: 'latter' })
})

test('a tenant that can only be read is served as far as that goes', async () => {
  await fleet.run('tenant.create', { slug: 'archive', isolation: 'shared' })
  await fleet.run('tenant.suspend', { tenant: 'archive', reason: 'moving out', allowReads: true })
  const [plain, reading] = [await serving({}), await serving({ scope: ({ tenant }) => ({ readOnly: tenant.state === 'read_only' }) })]
  const refused = await send(plain.port, '/orders', ['Host: archive.shop.test'])
  expect([refused.status, JSON.parse(refused.body).code, refused.headers['retry-after']]).toEqual([503, 'TENANT_READ_ONLY', '60'])
  expect(seen(await send(reading.port, '/orders', ['Host: archive.shop.test']))).toBe('archive')
})
