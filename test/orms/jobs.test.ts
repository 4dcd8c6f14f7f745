import PgBoss from 'pg-boss'
import { isFault, sql } from 'tenantry'
import { createJobs, inScope, type Jobs, type JobsOptions, type JobTarget, type SealedJob } from 'tenantry/jobs'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { sealed as seal } from '../../src/jobs/seal.js'
import { newId, systemClock } from '../../src/kernel/clock.js'
import { fault } from '../../src/kernel/faults.js'
import { createKeyring } from '../../src/kernel/keyring.js'
import { silent } from '../../src/kernel/log.js'
import { ident } from '../../src/kernel/sql.js'
import { parseUrl } from '../../src/postgres/connection.js'
import { openDatabase } from '../../src/postgres/session.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn, urlOf } from '../support/fleet.js'
import { gate } from '../support/gate.js'
import { type RedisServer, startRedis, whyNoRedis } from '../support/redis.js'
import { testServer } from '../support/servers-injected.js'
import { JOB, type Outcome, QUEUES, type QueueUnderTest } from './queues.js'

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
  'env:SHORT': 'short',
}
const KEYS = { keys: { old: 'env:OLD', new: 'env:NEW' }, sign: 'new' }

interface Payload {
  readonly body: string
  readonly [more: string]: unknown
}

// What JSON in a database does not keep as it was: the order of keys, spaces, forms of numbers.
const ODD = { z: 1, a: { '10': 1e21, '2': -0, ü: 'é\n"', __proto: [null, 1.5, []] }, lost: undefined }

const database = `test_jobs_${newId().slice(0, 8)}`
let fleet: Fleet
let redis: RedisServer | undefined
const refused: string[] = []

const jobsOf = (options: Partial<JobsOptions> = {}): Jobs =>
  createJobs(fleet.app, {
    ...KEYS,
    secrets: (reference) => SECRETS[reference]!,
    onRefused: ({ code }) => void refused.push(code),
    ...options,
  })

const note = inScope(async (scope, payload: Payload) => {
  await scope.rows(sql`insert into note (body) values (${payload.body})`)
})

beforeAll(async () => {
  const server = testServer()
  ;[fleet, redis] = await Promise.all([
    fleetOn(server, { migrations: { 'tenant/20260101000000_note.sql': NOTE }, tenants: { acme: 'shared', globex: 'schema' } }),
    whyNoRedis === undefined ? startRedis() : undefined,
  ])
  const admin = openDatabase(parseUrl(urlOf(server), 'url'), { applicationName: 'jobs', max: 1 })
  await admin.run(sql`create database ${ident(database)}`)
  await admin.end()
})
afterAll(async () => {
  const admin = openDatabase(parseUrl(urlOf(testServer()), 'url'), { applicationName: 'jobs', max: 1 })
  await Promise.all([fleet?.stop(), redis?.stop(), admin.run(sql`drop database if exists ${ident(database)} with (force)`)])
  await admin.end()
})

const bodies = async (tenant: string, like: string) =>
  (await fleet.app.tenant(tenant).query(sql<{ body: string }>`select body from note where body like ${`${like}%`} order by body`)).map(
    ({ body }) => body,
  )

describe.each(Object.keys(QUEUES) as (keyof typeof QUEUES)[])('%s', (kind) => {
  const [main, other] = ['invoices', 'mails']
  const jobs = () => jobsOf()
  let queue: QueueUnderTest
  beforeAll(async () => {
    if (kind === 'bullmq' && redis === undefined) return
    queue = await QUEUES[kind]({
      ...{ jobs: jobs(), redis: redis!, url: urlOf(testServer(), database), queues: [main, other] },
      handler: note,
    })
  })
  afterAll(() => queue?.stop())

  const target = (name: string): JobTarget => (kind === 'bullmq' ? { queue: name, job: JOB } : { queue: name })
  const seal = (tenant: string, body: string, expiresInMs?: number) =>
    jobs().seal(tenant, target(main), { body, ...ODD }, expiresInMs === undefined ? {} : { expiresInMs })
  const outcomes = async (added: Readonly<Record<string, Promise<string>>>, name = main): Promise<Record<string, Outcome | undefined>> => {
    const ids = await Promise.all(Object.values(added))
    const look = () => Promise.all(ids.map((id) => queue.outcome(name, id)))
    const isFinal = (one: Outcome | undefined, at: number) =>
      one !== undefined && !(one === 'again' && !Object.keys(added)[at]!.includes('later'))
    await expect.poll(async () => (await look()).every(isFinal), { timeout: 15_000, interval: 50 }).toBe(true)
    const found = await look()
    return Object.fromEntries(Object.keys(added).map((what, at) => [what, found[at]]))
  }

  test.skipIf(kind === 'bullmq' && whyNoRedis !== undefined)('a job runs as the tenant that queued it, and as nobody else', async () => {
    const [acme, globex] = [await seal('acme', `${kind} a`), await seal('globex', `${kind} g`)]
    const expired = await seal('acme', `${kind} late`, 1)
    const forged = jobsOf({ keys: { old: 'env:OLD', new: 'env:STRANGE' } })
    const unknown = jobsOf({ keys: { later: 'env:NEW' }, sign: 'later' })
    const previous = jobsOf({ sign: 'old' })
    await systemClock.sleep(5)
    const found = await outcomes({
      'its own': queue.add(main, acme),
      'of another tenant': queue.add(main, globex),
      'signed with the older key': queue.add(main, await previous.seal('acme', target(main), { body: `${kind} b` })),
      'queued twice': queue.add(main, acme),
      'copied to another tenant': queue.add(main, { ...acme, tenantry: { ...acme.tenantry, tenant: globex.tenantry.tenant } }),
      "with another tenant's seal": queue.add(main, { ...acme, tenantry: globex.tenantry }),
      'with another payload': queue.add(main, { ...acme, payload: { ...acme.payload, body: `${kind} evil` } }),
      'with a later end': queue.add(main, { ...expired, tenantry: { ...expired.tenantry, until: null } }),
      'of another epoch': queue.add(main, { ...acme, tenantry: { ...acme.tenantry, epoch: '0' } }),
      'signed with a key that is not ours': queue.add(main, await forged.seal('acme', target(main), { body: `${kind} evil` })),
      'signed with a key to come later': queue.add(main, await unknown.seal('acme', target(main), { body: `${kind} evil` })),
      'without a seal': queue.add(main, { tenant: 'globex', body: `${kind} evil` }),
      'of another queue': queue.add(main, await jobs().seal('acme', target(other), { body: `${kind} evil` })),
      'of another name': queue.add(main, await jobs().seal('acme', { queue: main, job: 'other' }, { body: `${kind} evil` })),
      expired: queue.add(main, expired),
    })
    expect(found).toEqual(
      Object.fromEntries(
        Object.keys(found).map((what, at) => [
          what,
          at < 4 ? 'done' : what.includes('later') && what.includes('key') ? 'again' : 'given up',
        ]),
      ),
    )
    expect([await bodies('acme', kind), await bodies('globex', kind)]).toEqual([[`${kind} a`, `${kind} a`, `${kind} b`], [`${kind} g`]])
    expect(
      await outcomes({ 'in its own queue': queue.add(other, await jobs().seal('acme', target(other), { body: `${kind} c` })) }, other),
    ).toEqual({ 'in its own queue': 'done' })
  })

  test.skipIf(kind === 'bullmq' && whyNoRedis !== undefined)(
    'a tenant that was purged has no jobs, nor has its successor of the same slug',
    async () => {
      const slug = `left-${kind}`
      await fleet.run('tenant.create', { slug, isolation: 'shared' })
      const job = await seal(slug, 'for the first')
      await purge(slug)
      await fleet.run('tenant.create', { slug, isolation: 'shared' })
      refused.length = 0
      expect(await outcomes({ 'of the first': queue.add(main, job) })).toEqual({ 'of the first': 'given up' })
      expect(refused).toEqual(['JOB_TENANT_GONE'])
      expect(await bodies(slug, '')).toEqual([])
      expect(await outcomes({ 'of its successor': queue.add(main, await seal(slug, 'for the second')) })).toEqual({
        'of its successor': 'done',
      })
      expect(await bodies(slug, '')).toEqual(['for the second'])
    },
  )

  test.skipIf(kind === 'bullmq' && whyNoRedis !== undefined)(
    'a job of a suspended tenant is kept, and outlives a change of epoch',
    async () => {
      const slug = `slow-${kind}`
      await fleet.run('tenant.create', { slug, isolation: 'shared' })
      const job = await seal(slug, 'kept')
      await fleet.run('tenant.suspend', { tenant: slug, reason: 'unpaid' })
      expect(await outcomes({ 'tried later': queue.add(main, job) })).toEqual({ 'tried later': 'again' })
      await fleet.run('tenant.resume', { tenant: slug })
      expect(Number((await fleet.tenant(slug)).epoch)).toBeGreaterThan(Number(job.tenantry.epoch))
      // The same for every queue from here on.
      if (kind !== 'bullmq') return
      await systemClock.sleep(2_100)
      expect(await outcomes({ 'tried now': queue.add(main, job) })).toEqual({ 'tried now': 'done' })
      expect(await bodies(slug, '')).toEqual(['kept'])
    },
  )
})

async function purge(tenant: string): Promise<void> {
  await fleet.run('tenant.delete', { tenant, reason: 'left', grace: '0s' })
  await fleet.run('tenant.purge', { tenant, waiveBackup: 'a test' })
}

test('of a batch of pg-boss no job is lost, nor run again with one that failed', async () => {
  const jobs = jobsOf()
  const boss = new PgBoss({ connectionString: urlOf(testServer(), database), max: 3, supervise: false, schedule: false })
  boss.on('error', () => {})
  await boss.start()
  onTestFinished(() => boss.stop({ graceful: false, wait: true }))
  const add = async (queue: string, body: string) =>
    (await boss.send(queue, await jobs.seal('acme', { queue }, { body }), { retryLimit: 100 }))!
  const state = async (queue: string, id: string) => (await boss.getJobById(queue, id))!.state
  const often = { pollingIntervalSeconds: 0.5, batchSize: 4 }
  await boss.createQueue('batch')
  const ids: Readonly<Record<string, string>> = { a: await add('batch', 'a'), b: await add('batch', 'b'), c: await add('batch', 'c') }
  const [ran, began]: [string[], string[]] = [[], []]
  const { opened: held, open: goOn } = gate()
  // pg-boss hands a batch out in any order: the first one fails, and the third takes its time.
  const uneven = jobs.pgBoss<Payload>(boss, async ({ body }) => {
    began.push(body)
    if (began.length === 1) throw new Error('not yet')
    if (began.length === 3) await held
    ran.push(body)
  })
  await boss.work('batch', often, uneven)
  await expect.poll(() => began.length).toBe(3)
  // Another worker, while the batch goes on: what has failed is not to be had before the batch has ended.
  const taken = await boss.fetch('batch', { batchSize: 4 })
  const second = await state('batch', ids[began[1]!]!)
  goOn()
  expect([taken, second]).toEqual([[], 'completed'])
  await expect.poll(() => [...ran].sort()).toEqual(['a', 'b', 'c'])
  for (const id of Object.values(ids)) await expect.poll(() => state('batch', id)).toBe('completed')

  await boss.createQueue('refusals')
  const refusedId = (await boss.send('refusals', { body: 'x' }, { retryLimit: 100 }))!
  const good = await add('refusals', 'good')
  const broken = { complete: boss.complete.bind(boss), cancel: () => Promise.reject(new Error('the connection broke')) }
  await boss.work(
    'refusals',
    often,
    jobs.pgBoss<Payload>(broken, ({ body }) => void ran.push(body)),
  )
  await expect.poll(async () => (await boss.getJobById('refusals', refusedId))!.retryCount).toBeGreaterThan(1)
  expect([await state('refusals', good), ran.filter((one) => one === 'good')]).toEqual(['completed', ['good']])
})

test('the naive wiring, for comparison, runs for whichever tenant the payload names', async () => {
  const naive = (data: { readonly tenant: string; readonly body: string }) =>
    fleet.app.tenant(data.tenant).query(sql`insert into note (body) values (${data.body})`)
  const queued = { tenant: 'acme', body: 'naive' }
  await naive({ ...queued, tenant: 'globex' })
  expect(await bodies('globex', 'naive')).toEqual(['naive'])
})

test('a handler learns for whom it runs, since when the job waits, and at which epochs', async () => {
  const jobs = jobsOf({ scope: ({ job }) => ({ actor: `job:${(job as { id: string }).id}` }) })
  const job = await jobs.seal('acme', { queue: 'any' }, { body: 'x' })
  const told = await jobs.run(job, { queue: 'any' }, { id: '7' }, async (payload, { tenant, epoch, queuedAt }) => {
    const [row] = await tenant.query(sql<{ actor: string }>`select tenantry.actor() as actor`)
    return { payload, slug: tenant.slug, actor: row!.actor, epoch, waited: systemClock.now() - queuedAt.getTime() < 5_000 }
  })
  const { epoch } = await fleet.tenant('acme')
  expect(told).toEqual({
    ...{ payload: { body: 'x' }, slug: 'acme', actor: 'job:7', waited: true },
    epoch: { queued: String(epoch), now: String(epoch) },
  })
})

test('a catalog that was set back does not lose a job, and nothing but a whole seal is believed', async () => {
  const jobs = jobsOf()
  const run = (data: unknown) =>
    jobs.run(data, { queue: 'any' }, undefined, () => 'ran').catch((error) => (isFault(error) ? error.code : error))
  const sealed: SealedJob<unknown> = await jobs.seal('acme', { queue: 'any' }, undefined)
  expect(await run(sealed)).toBe('ran')
  const { id } = await fleet.tenant('acme')
  await fleet.platform.catalog.run(sql`update catalog.placement set epoch = epoch + 1 where tenant_id = ${id}`)
  const newer = await createJobs(fleet.client(), { ...KEYS, secrets: (reference) => SECRETS[reference]! }).seal(
    'acme',
    { queue: 'any' },
    null,
  )
  expect(await run(newer)).toBe('ran')
  const newest = { ...newer.tenantry, epoch: String(Number(newer.tenantry.epoch) + 1) }
  expect(await run({ ...newer, tenantry: newest })).toBe('JOB_REFUSED')
  await fleet.platform.catalog.run(sql`update catalog.placement set epoch = epoch - 1 where tenant_id = ${id}`)
  const restarted = createJobs(fleet.client(), { ...KEYS, secrets: (reference) => SECRETS[reference]! })
  const fault = await restarted.run(newer, { queue: 'any' }, undefined, () => 'ran').catch((error) => error)
  expect([fault.code, jobs.isFinal(fault), await run(sealed)]).toEqual(['JOB_STALE', false, 'ran'])
  const damaged = [undefined, null, 'x', {}, { tenantry: {} }, { tenantry: { ...sealed.tenantry, sig: '' } }, { ...sealed, payload: 0 }]
  for (const data of [...damaged, { tenantry: { ...sealed.tenantry, tenant: 'acme' } }]) expect(await run(data)).toBe('JOB_REFUSED')
})

test('a job of a tenant whom the catalog does not know, and never purged, is kept', async () => {
  const keyring = createKeyring(KEYS, (reference) => SECRETS[reference]!)
  const facts = { tenant: newId(), epoch: '7', queue: 'any', job: null, at: systemClock.now(), until: null }
  const kept = await jobsOf()
    .run(seal(keyring, facts, {}), { queue: 'any' }, undefined, () => 'ran')
    .catch((error) => error)
  expect([kept.code, jobsOf().isFinal(kept)]).toEqual(['JOB_STALE', false])
  expect(kept.message).toContain('the catalog does not know')
})

test('a tenant that was just made has jobs, though somebody has asked for its name before', async () => {
  expect(await fleet.app.directory.byRef('newcomer')).toBeUndefined()
  await fleet.run('tenant.create', { slug: 'newcomer', isolation: 'shared' })
  expect(await fleet.app.directory.byRef('newcomer')).toBeUndefined()
  expect(await jobsOf().seal('newcomer', { queue: 'any' }, {})).toMatchObject({ payload: {} })
  expect(await fleet.app.directory.byRef('newcomer')).toMatchObject({ slug: 'newcomer' })
})

test('a key that cannot be read again goes on as it was, and is told of once', () => {
  let [secret, nowMs, told]: [string | undefined, number, unknown[]] = ['a'.repeat(32), systemClock.now(), []]
  const now = vi.spyOn(systemClock, 'now').mockImplementation(() => nowMs)
  onTestFinished(() => now.mockRestore())
  const read = (): string => {
    if (secret === undefined) throw fault('SECRET_MISSING', { reference: 'file:key' })
    return secret
  }
  const log = { ...silent, warn: (facts: object) => void told.push(facts) }
  const keyring = createKeyring({ keys: { k: 'file:key' }, log }, read)
  const signed = (becomes: string | undefined) => {
    secret = becomes
    nowMs += 31_000
    return keyring.sign('test', () => 'text').signature
  }
  const first = signed(secret)
  expect([signed(undefined), signed(undefined), signed('half')]).toEqual([first, first, first])
  expect(told).toMatchObject([{ reference: 'file:key' }])
  expect(JSON.stringify(told)).not.toContain('aaaa')
  expect(signed('b'.repeat(32))).not.toBe(first)
  told = []
  signed(undefined)
  expect(told.length).toBe(1)
})

test('keys are checked before anything is queued', () => {
  expect(() => jobsOf({ sign: 'third' })).toThrow(/sign/)
  expect(() => createJobs(fleet.app, { keys: KEYS.keys, secrets: () => 'x'.repeat(32) })).toThrow(/sign/)
  expect(() => jobsOf({ keys: { new: 'env:SHORT' } })).toThrow(/at least 32 bytes/)
  expect(() => jobsOf({ keys: { 'a b': 'env:NEW' }, sign: 'a b' })).toThrow(/key id/)
})
