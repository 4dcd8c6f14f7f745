import type { Isolation } from '../../src/catalog/homes.js'
import type { Tenantry } from '../../src/client/tenantry.js'
import { sql } from '../../src/kernel/sql.js'
import { openDatabase } from '../../src/postgres/session.js'
import { serve } from '../../src/server.js'
import { CONTRACT_MIGRATIONS } from '../../src/testing/contract-project.js'
import { type Fleet, startFleet } from '../../src/testing/fleet.js'
import { type OwnServer, startOwnServer } from '../support/own-server.js'

const KINDS: readonly Isolation[] = ['shared', 'schema', 'database']
const TTL_MS = 1_000

export interface Asked {
  readonly code: string
  readonly ms: number
}

/** What was seen while the catalog was down, and after. */
export interface Outage {
  readonly tenants: number
  readonly scopes: number
  /** Scopes of tenants that were known, which all should succeed. */
  readonly failures: readonly string[]
  /** Tenants that were not known. */
  readonly unknown: readonly Asked[]
  /** A tenant whose placement had changed meanwhile. */
  readonly stale: { readonly code: string; readonly stale: unknown }
  readonly api: readonly { readonly status: number; readonly code: string; readonly retryAfter: string | null }[]
  /** Until a tenant that was not known could be opened, from when the server was up again. */
  readonly backMs: number
  readonly apiAfter: number
  /** Questions to the catalog in the second and a half after it was back, and connections of applications there. */
  readonly questions: number
  readonly connections: number
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function asked(work: Promise<unknown>): Promise<Asked & { readonly facts: Readonly<Record<string, unknown>> }> {
  const start = performance.now()
  const { code, facts } = await work.then(
    () => ({ code: 'success', facts: {} }),
    (error: { code?: string; facts?: Record<string, unknown> }) => ({ code: error.code ?? String(error), facts: error.facts ?? {} }),
  )
  return { code, facts, ms: performance.now() - start }
}

/** Scopes of all tenants, without an end, until they are told to. */
function traffic(app: Tenantry, slugs: readonly string[]) {
  const failures: string[] = []
  let [scopes, over] = [0, false]
  const loops = slugs.map(async (slug) => {
    while (!over) {
      const one = await asked(
        scopes % 2 === 0
          ? app.tenant(slug).query(sql`insert into note (body) values ('while the catalog is down')`)
          : app.tenant(slug).transaction((scope) => scope.rows(sql`select count(*) from note`)),
      )
      scopes++
      if (one.code !== 'success') failures.push(`${slug}: ${one.code}`)
      else if (one.ms > 5_000) failures.push(`${slug}: took ${Math.round(one.ms)} ms`)
      await pause(10)
    }
  })
  return {
    stop: async () => {
      over = true
      await Promise.all(loops)
      return { scopes, failures }
    },
  }
}

/** A fleet in three isolations whose catalog, on a server of its own, is stopped for so long while scopes run. `url` is the tenants' server. */
export async function runOutage(url: string, forMs: number): Promise<Outage> {
  const own = await startOwnServer()
  let fleet: Fleet | undefined
  try {
    const tenants = Object.fromEntries(KINDS.map((kind) => [kind, kind]))
    fleet = await startFleet({
      url,
      catalogServer: own.url(),
      migrations: CONTRACT_MIGRATIONS,
      tenants: { ...tenants, moved: 'shared', late: 'shared' },
      client: { placementTtlMs: TTL_MS },
    })
    return await observe(fleet, own, forMs)
  } finally {
    await fleet?.stop()
    await own.stop()
  }
}

async function observe(fleet: Fleet, own: OwnServer, forMs: number): Promise<Outage> {
  const { app } = fleet
  const { key } = await fleet.run<{ key: string }>('key.create', { name: 'outage', role: 'viewer' })
  const api = await serve(fleet.platform, { port: 0, log: { info: () => {}, warn: () => {}, error: () => {} }, graceMs: 500 })
  const call = async () => {
    const reply = await fetch(`${api.url}/v1/tenants`, { headers: { authorization: `Bearer ${key}` } })
    const { code = '' } = (await reply.json()) as { code?: string }
    return { status: reply.status, code, retryAfter: reply.headers.get('retry-after') }
  }
  try {
    // Each by its slug and by its id: twice as many that are known.
    const known = (await Promise.all(KINDS.map(async (kind) => [kind, (await fleet.tenant(kind)).id]))).flat()
    const witness = await fleet.witness('moved')
    const { id } = await fleet.tenant('moved')
    for (const ref of [...known, 'moved']) await app.tenant(ref).query(sql`select 1`)
    const working = traffic(app, known)

    await own.halt()
    const deadline = performance.now() + forMs
    const bump = (by: number) => witness.run(sql`update tenantry.placement set epoch = epoch + ${by} where tenant_id = ${id}`)
    await bump(1)
    const stale = await asked(app.tenant('moved').query(sql`select 1`))
    const unknown: Asked[] = []
    const replies: Outage['api'][number][] = []
    while (performance.now() < deadline) {
      const all = await Promise.all(['late', 'nobody'].map((slug) => asked(app.tenant(slug).query(sql`select 1`))))
      unknown.push(...all)
      replies.push(await call())
      await pause(250)
    }
    await bump(-1)

    await own.restart()
    const start = performance.now()
    const catalog = openDatabase({ ...fleet.platform.catalog.config }, { applicationName: 'outage', max: 1 })
    const counted = sql<{
      n: number
    }>`select count(*)::int as n from pg_catalog.pg_stat_activity where usename = ${fleet.platform.names.resolver}`
    while ((await asked(app.tenant('late').query(sql`select 1`))).code !== 'success') await pause(20)
    const backMs = performance.now() - start
    const commits = sql<{ n: number }>`select xact_commit::int as n from pg_catalog.pg_stat_database where datname = current_database()`
    const before = (await catalog.one(commits)).n
    await pause(1_500)
    const questions = (await catalog.one(commits)).n - before
    const connections = (await catalog.one(counted)).n
    await catalog.end()
    const apiAfter = (await call()).status
    const { scopes, failures } = await working.stop()
    const told = { code: stale.code, stale: stale.facts.stale }
    return { tenants: known.length, scopes, failures, unknown, stale: told, api: replies, backMs, apiAfter, questions, connections }
  } finally {
    await api.close()
  }
}
