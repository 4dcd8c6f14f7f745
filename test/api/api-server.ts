import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { ROLES, type Role } from '../../src/catalog/keys.js'
import { type Control, initPlatform, openControl } from '../../src/control.js'
import type { TenantryConfig } from '../../src/kernel/config.js'
import type { Log } from '../../src/kernel/log.js'
import { ident, sql } from '../../src/kernel/sql.js'
import { parseUrl } from '../../src/postgres/connection.js'
import type { Session } from '../../src/postgres/session.js'
import type { StreamTimes } from '../../src/server/event-hub.js'
import { type ServeOptions, serveAt } from '../../src/server/serving.js'
import { copyCatalog } from '../../src/testing/make-fleet.js'
import { urlOf } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

const MIGRATION = `-- migrate:up

create table shops (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  name text not null,
  primary key (tenant_id, id)
);

create table receipts (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  shop_id bigint not null,
  total numeric(12, 2) not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, shop_id) references shops (tenant_id, id)
);

-- migrate:down

drop table receipts;
drop table shops;
`

export interface Api {
  readonly url: string
  readonly control: Control
  /** Every line that the server has logged. */
  readonly log: readonly { readonly level: string; readonly facts: Readonly<Record<string, unknown>>; readonly message: string }[]
  /** A new key, straight from the operation. */
  readonly key: (role: Role, tenant?: string) => Promise<{ readonly id: string; readonly key: string }>
  readonly call: (method: string, path: string, options?: CallOptions) => Promise<Reply>
  readonly close: () => Promise<void>
}

export interface CallOptions {
  readonly key?: string | undefined
  readonly json?: unknown
  /** Sent as it is, with the content type of JSON unless the headers say otherwise. */
  readonly body?: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: what tests look into is whatever the server has said
  readonly body: any
}

// Tests that ask for all there is from one address, and have nothing to do with limits.
const MANY = { perSecond: 1e6, burst: 1e6 }
// What a password is hashed with elsewhere takes 32 MiB and a tenth of a second.
const CHEAP = { N: 2 ** 4, r: 8, p: 1 }
const UNLIMITED = { credential: MANY, stranger: MANY, signIn: MANY }

/** A platform with a catalog and a database for tenants of its own on the server of the test run, and its API on a free port. */
export async function startApi({
  cluster = true,
  config: more = {},
  secrets: given = {},
  streams,
  ...options
}: Partial<ServeOptions> & {
  readonly cluster?: boolean
  /** How often streams look at whom they are for. Default: as elsewhere. */
  readonly streams?: Partial<StreamTimes>
  /** More of what `tenantry.config.ts` says, and secrets by reference. */
  readonly config?: Partial<TenantryConfig>
  readonly secrets?: Readonly<Record<string, string>>
} = {}): Promise<Api> {
  const server = testServer()
  const name = `api_${randomUUID().replaceAll('-', '').slice(0, 12)}`
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-api-'))
  await mkdir(join(folder, 'migrations', 'tenant'), { recursive: true })
  await writeFile(join(folder, 'migrations', 'tenant', '20260907090000_create_shops.sql'), MIGRATION)
  const config = join(folder, 'tenantry.config.json')
  const said = { catalog: { url: 'env:API_ADMIN', database: `${name}_catalog` }, tenantColumn: 'tenant_id', ...more }
  await writeFile(config, JSON.stringify(said))
  const values: Readonly<Record<string, string>> = {
    'env:API_ADMIN': urlOf(server),
    'env:API_APP': 'a password of the application',
    ...given,
  }
  const secrets = (reference: string): string => values[reference] ?? expect.fail(`no secret ${reference}`)
  if (server.catalogTemplate !== undefined) await copyCatalog(parseUrl(urlOf(server), 'url'), `${name}_catalog`, server.catalogTemplate)
  await initPlatform({ config, secrets, appPassword: 'a password of the resolver' })

  const lines: Api['log'][number][] = []
  const write = (level: string) => (facts: Readonly<Record<string, unknown>>, message: string) => lines.push({ level, facts, message })
  const log: Log = { info: write('info'), warn: write('warn'), error: write('error') }
  const control = await openControl({ config, secrets, log })
  if (cluster) {
    await control.run('cluster.add', { name: 'main', url: 'env:API_ADMIN', database: `${name}_tenants`, appSecret: 'env:API_APP' })
  }
  const running = await serveAt(
    control,
    { port: 0, log, graceMs: 500, limits: UNLIMITED, ...options },
    { cost: CHEAP, ...(streams === undefined ? {} : { streams }) },
  )
  return {
    url: running.url,
    control,
    log: lines,
    key: async (role, tenant) =>
      (await control.run('key.create', { name: `a ${role}`, role, ...(tenant ? { tenant } : {}) })) as { id: string; key: string },
    call: (method, path, callOptions) => send(running.url, method, path, callOptions),
    close: async () => {
      await running.close()
      await control.close()
      await rm(folder, { recursive: true })
    },
  }
}

/** By Node's own client, which sends a path as it is written. */
export async function send(url: string, method: string, path: string, { key, json, body, headers = {} }: CallOptions = {}): Promise<Reply> {
  const payload = json === undefined ? body : JSON.stringify(json)
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        hostname,
        port,
        method,
        path,
        agent: false,
        headers: {
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
          ...(payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) }),
          ...headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          const answered = new Headers(Object.entries(response.headers).map(([name, value]): [string, string] => [name, String(value)]))
          const isJson = (response.headers['content-type'] ?? '').includes('json') && text !== ''
          resolve({ status: response.statusCode!, headers: answered, text, body: isJson ? JSON.parse(text) : undefined })
        })
        response.on('error', reject)
      },
    )
    request.on('error', reject)
    request.end(payload)
  })
}

/** The answer is a problem of RFC 9457 with this status and code: one line of cause, one of remedy, nothing of the inside. */
export function expectProblem(reply: Reply, status: number, code: string): void {
  expect({ status: reply.status, code: reply.body?.code }).toEqual({ status, code })
  expect(reply.headers.get('content-type')).toBe('application/problem+json')
  expect(reply.body).toMatchObject({
    type: `/faults/${code}`,
    status,
    title: expect.stringMatching(/^[A-Z][A-Za-z ]+$/),
    request_id: reply.headers.get('x-request-id'),
  })
  for (const line of [reply.body.detail, reply.body.remedy]) {
    expect(line).toMatch(/^.{3,}$/u)
    expect(line).not.toMatch(/node_modules|\.[jt]s:\d+|\bat \S+ \(|select .+ from|insert into |password/i)
  }
  expect(reply.text).not.toMatch(/tny_[0-9A-Za-z]{16}/)
}

/** A key of every role; that of the tenant-admin is for the named tenant. */
export async function keysOfAllRoles(api: Api, tenant: string): Promise<Readonly<Record<Role, string>>> {
  const keys = await Promise.all(
    ROLES.map(async (role) => [role, (await api.key(role, role === 'tenant-admin' ? tenant : undefined)).key] as const),
  )
  return Object.fromEntries(keys) as Record<Role, string>
}

export const countRows = async (api: Api, table: 'tenant' | 'placement' | 'operation'): Promise<number> => {
  const counts = {
    tenant: sql<{ n: number }>`select count(*)::int as n from catalog.tenant`,
    placement: sql<{ n: number }>`select count(*)::int as n from catalog.placement`,
    operation: sql<{ n: number }>`select count(*)::int as n from catalog.operation`,
  }
  return (await api.control.platform.catalog.one(counts[table])).n
}

/** Resolves when so many sessions of the catalog, or of another database, wait for a lock. */
export async function untilWaiting(api: Api, sessions: number, database: Session = api.control.platform.catalog): Promise<void> {
  const waiting = sql<{ n: number }>`
    select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  for (let look = 0; look < 500; look++) {
    if ((await database.one(waiting)).n >= sessions) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  expect.fail(`fewer than ${sessions} sessions ever waited for a lock`)
}

/** The tables of the catalog that have a row with this text in it. */
export async function tablesWith(api: Api, text: string): Promise<readonly string[]> {
  const { catalog } = api.control.platform
  const tables = await catalog.rows(sql<{ name: string }>`
    select c.relname as name from pg_catalog.pg_class c where c.relnamespace = 'catalog'::regnamespace and c.relkind = 'r'`)
  expect(tables.length).toBeGreaterThan(10)
  const found: string[] = []
  for (const { name } of tables) {
    const row = await catalog.maybe(sql`select 1 as one from ${ident('catalog', name)} t where strpos(t::text, ${text}) > 0 limit 1`)
    if (row !== undefined) found.push(name)
  }
  return found
}
