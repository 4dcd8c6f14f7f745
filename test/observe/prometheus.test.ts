import { afterAll, beforeAll, expect, test } from 'vitest'
import { keepHistory } from '../../src/engine/collect/keep.js'
import { measureHomes } from '../../src/engine/collect/sizes.js'
import type { Platform } from '../../src/engine/platform.js'
import { sql } from '../../src/kernel/sql.js'
import { createApp } from '../../src/server/app.js'
import { type Api, expectProblem, startApi } from '../api/api-server.js'
import { parseExposition, type Sample } from './exposition.js'
import { openCollector, sample, serverOf } from './rig.js'

let api: Api
let key: string
const platform = (): Platform => api.control.platform

beforeAll(async () => {
  api = await startApi()
  key = (await api.key('viewer')).key
  await api.control.run('tenant.create', { slug: 'confidential', isolation: 'schema' })
  await api.control.run('tenant.create', { slug: 'neighbour', isolation: 'shared' })
  const collector = openCollector(platform())
  const server = await serverOf(platform())
  await sample(collector, server)
  await measureHomes(platform(), server)
  await keepHistory(platform())
  await collector.eyes.close()
})
afterAll(() => api?.close())

/** By an app of its own, which has kept nothing. */
async function scrape(of: Platform = platform()): Promise<{ readonly text: string; readonly samples: readonly Sample[] }> {
  await refresh()
  return scrapeAsItIs(of)
}

/** What was seen was seen just now, however slow this machine is. */
const refresh = () => platform().catalog.run(sql`update catalog.sample set at = clock_timestamp()`)

async function scrapeAsItIs(of: Platform = platform()): Promise<{ readonly text: string; readonly samples: readonly Sample[] }> {
  const reply = await createApp(of).fetch(new Request('http://127.0.0.1/metrics', { headers: { Authorization: `Bearer ${key}` } }))
  const text = await reply.text()
  expect(reply.status, text).toBe(200)
  expect(reply.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  return { text, samples: parseExposition(text).samples }
}

// What dashboards of postgres_exporter ask for, by name and labels.
const STOCK: Readonly<Record<string, readonly string[]>> = {
  pg_up: ['cluster'],
  pg_postmaster_start_time_seconds: ['cluster'],
  pg_settings_max_connections: ['cluster'],
  pg_replication_is_replica: ['cluster'],
  pg_stat_activity_count: ['cluster', 'state'],
  pg_stat_activity_max_tx_duration: ['cluster'],
  pg_locks_count: ['cluster', 'mode'],
  pg_stat_bgwriter_checkpoints_timed_total: ['cluster'],
  pg_stat_bgwriter_checkpoints_req_total: ['cluster'],
  pg_stat_bgwriter_buffers_checkpoint_total: ['cluster'],
  pg_stat_user_tables_n_live_tup: ['cluster'],
  pg_stat_user_tables_n_dead_tup: ['cluster'],
  ...Object.fromEntries(
    ['numbackends', 'xact_commit', 'xact_rollback', 'blks_read', 'blks_hit', 'tup_returned', 'tup_fetched', 'tup_inserted', 'tup_updated']
      .concat(['tup_deleted', 'conflicts', 'temp_files', 'temp_bytes', 'deadlocks', 'blk_read_time', 'blk_write_time'])
      .map((name) => [`pg_stat_database_${name}`, ['cluster', 'datname']]),
  ),
}

test('whoever may see metrics may scrape them, and nobody else', async () => {
  expectProblem(await api.call('GET', '/metrics'), 401, 'KEY_MISSING')
  expectProblem(await api.call('GET', '/metrics', { key: (await api.key('tenant-admin', 'confidential')).key }), 403, 'KEY_FORBIDDEN')
  expectProblem(await api.call('GET', `/metrics?key=${key}`, { key }), 400, 'INPUT_INVALID')
  expectProblem(await api.call('POST', '/metrics', { key, json: {} }), 405, 'METHOD_NOT_ALLOWED')
  for (const role of ['viewer', 'operator', 'fleet-admin', 'security-auditor'] as const)
    expect((await api.call('GET', '/metrics', { key: (await api.key(role)).key })).status).toBe(200)
})

test('it is the text format to the letter, under the names that dashboards know', async () => {
  const { samples } = await scrape()
  for (const [name, labels] of Object.entries(STOCK)) {
    const found = samples.filter((one) => one.name === name)
    expect([name, found.length > 0]).toEqual([name, true])
    for (const one of found) expect([name, Object.keys(one.labels)]).toEqual([name, labels])
  }
  const known = (name: string, labels: object) =>
    samples.find((one) => one.name === name && Object.entries(labels).every(([label, value]) => one.labels[label] === value))?.value
  expect(known('pg_up', { cluster: 'main' })).toBe(1)
  expect(known('tenantry_tenants', { cluster: 'main', isolation: 'schema', state: 'active' })).toBe(1)
  expect(known('tenantry_homes_bytes', { cluster: 'main' })).toBeGreaterThan(0)
  expect(known('tenantry_migration_pending_tenants', {})).toBe(0)
  expect(known('tenantry_operation_duration_seconds_count', { operation: 'tenant.create', state: 'succeeded' })).toBe(2)
})

test('no tenant is named, unless the configuration says how many of the largest are', async () => {
  const { text } = await scrape()
  expect(text).not.toContain('confidential')
  expect(text).not.toContain('neighbour')
  const { config } = platform()
  const { samples } = await scrape({ ...platform(), config: { ...config, collect: { ...config.collect, topTenants: 5 } } })
  expect(samples.filter(({ name }) => name === 'tenantry_tenant_bytes').map(({ labels }) => labels)).toEqual([
    { cluster: 'main', tenant: 'confidential' },
  ])
})

test('names with quotes, backslashes and line breaks come out as they are', async () => {
  const name = 'a "b" \\ c\n# TYPE pg_up counter\n{x="y"} 1 \\n'
  const { catalog } = platform()
  await catalog.run(sql`
    update catalog.sample set facts = jsonb_set(facts, '{of}', facts -> 'of' || jsonb_build_object(${name}::text, '{"backends": 3}'::jsonb)) where source = 'databases'`)
  const { samples } = await scrape()
  expect(samples).toContainEqual({ name: 'pg_stat_database_numbackends', labels: { cluster: 'main', datname: name }, value: 3 })
})

test('poolers stand there as pgbouncer_exporter tells them, and statements as postgres_exporter, without the home that ran them', async () => {
  const { catalog } = platform()
  const pool = { database: 'd "1"', user: 'u', clientsActive: 3, clientsWaiting: 1, serversActiveCancel: null, maxWaitS: 0.5 }
  const readings = {
    pooler: { '': { up: 1, known: 1, version: '1.18.0', pools: 1 } },
    pools: { 'u@"d"': pool },
    'pooled-databases': { 'd "1"': { database: 'd "1"', transactions: 7, waitS: 2.5 } },
  }
  for (const [source, of] of Object.entries(readings))
    await catalog.run(sql`
      insert into catalog.sample (cluster_id, source, step, at, facts)
      select id, ${source}, 15, clock_timestamp(), jsonb_build_object('at', 1, 'of', ${JSON.stringify(of)}::jsonb) from catalog.cluster`)
  const { database } = await catalog.one(sql<{ database: string }>`select name as database from catalog.database order by name limit 1`)
  const heavy = { database, queryId: '-42', calls: 7, seconds: 1.5, rows: 9, readSeconds: 0.25, writeSeconds: 0 }
  await catalog.run(sql`
    insert into catalog.statement_reading (system_id, at, reset, evicted, counted, heaviest)
    select system_id, clock_timestamp(), clock_timestamp(), 0, '{}', ${JSON.stringify([heavy])}::jsonb from catalog.cluster`)
  const { samples } = await scrape()
  const all = samples.filter(({ name }) => /^pgbouncer_|^pg_stat_statements_/.test(name))
  const [cluster, labels] = ['main', { cluster: 'main', datname: database, queryid: '-42' }]
  const pools = { cluster, database: 'd "1"', user: 'u' }
  expect(all).toEqual([
    { name: 'pgbouncer_up', labels: { cluster }, value: 1 },
    { name: 'pgbouncer_version_info', labels: { cluster, version: '1.18.0' }, value: 1 },
    { name: 'pgbouncer_pools', labels: { cluster }, value: 1 },
    { name: 'pgbouncer_pools_client_active_connections', labels: pools, value: 3 },
    { name: 'pgbouncer_pools_client_waiting_connections', labels: pools, value: 1 },
    { name: 'pgbouncer_pools_client_maxwait_seconds', labels: pools, value: 0.5 },
    { name: 'pgbouncer_stats_totals_client_wait_seconds_total', labels: { cluster, database: 'd "1"' }, value: 2.5 },
    { name: 'pgbouncer_stats_totals_sql_transactions_pooled_total', labels: { cluster, database: 'd "1"' }, value: 7 },
    { name: 'pg_stat_statements_calls_total', labels, value: 7 },
    { name: 'pg_stat_statements_seconds_total', labels, value: 1.5 },
    { name: 'pg_stat_statements_rows_total', labels, value: 9 },
    { name: 'pg_stat_statements_block_read_seconds_total', labels, value: 0.25 },
    { name: 'pg_stat_statements_block_write_seconds_total', labels, value: 0 },
  ])
})

test('requests are counted by operation and status, each in its bucket', async () => {
  const app = createApp(platform())
  const ask = async (path: string) =>
    (await app.fetch(new Request(`http://127.0.0.1${path}`, { headers: { Authorization: `Bearer ${key}` } }))).text()
  for (const path of ['/v1/tenants', '/v1/tenants', '/v1/tenants/absent', '/nothing']) await ask(path)
  const { samples } = parseExposition(await ask('/metrics'))
  const count = (part: string, labels: object) =>
    samples.find(
      (one) =>
        one.name === `tenantry_http_request_duration_seconds${part}` &&
        Object.entries(labels).every(([label, value]) => one.labels[label] === value),
    )?.value
  expect(count('_count', { operation: 'tenant.list', status: '200' })).toBe(2)
  expect(count('_count', { operation: 'tenant.show', status: '404' })).toBe(1)
  expect(count('_count', { operation: 'none', status: '404' })).toBe(1)
  expect(count('_bucket', { operation: 'tenant.list', le: '+Inf' })).toBe(2)
  const buckets = samples
    .filter(({ name, labels }) => name.endsWith('_bucket') && labels.operation === 'tenant.list')
    .map(({ value }) => value)
  expect(buckets).toEqual([...buckets].sort((a, b) => a - b))
})

test('of what was seen too long ago only the age is told', async () => {
  await refresh()
  await platform().catalog.run(sql`update catalog.sample set at = at - interval '10 minutes' where source = 'server'`)
  const { samples } = await scrapeAsItIs()
  expect(samples.filter(({ name }) => name === 'pg_up')).toEqual([])
  const age = samples.find(({ name, labels }) => name === 'tenantry_sample_age_seconds' && labels.source === 'server')!
  expect(age.value).toBeGreaterThanOrEqual(600)
  expect(samples.some(({ name }) => name === 'pg_stat_database_numbackends')).toBe(true)
})
