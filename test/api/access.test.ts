import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { ROLES, type Role } from '../../src/catalog/keys.js'
import { operation } from '../../src/engine/operation.js'
import { sql } from '../../src/kernel/sql.js'
import { OPERATIONS } from '../../src/operations/registry.js'
import { askerOfKey, mayRun } from '../../src/server/policy.js'
import { type Api, expectProblem, keysOfAllRoles, startApi } from './api-server.js'

// Written by hand from what each role is for, not from the operations: an operation that lets the wrong role in turns this red.
// `allowed` is what a role that may run it gets for this request; everyone else gets KEY_FORBIDDEN, and nobody without a key gets anything.
// A tenant-admin has two lines: for its own tenant and for another's (`same` where no tenant is asked for). `narrowed`: it may, and is shown its own
// tenant only.
type Right = 'yes' | 'no'
type ForAdmin = { readonly own: Right; readonly other: 'hidden' | 'same' } | 'narrowed' | 'no'

interface Expected {
  readonly viewer: Right
  readonly operator: Right
  readonly fleet: Right
  readonly auditor: Right
  readonly admin: ForAdmin
  readonly json?: Readonly<Record<string, unknown>>
  readonly allowed: readonly [status: number, code?: string]
  /** There is nothing to be listed. */
  readonly empty?: true
}

const reads = { viewer: 'yes', operator: 'yes', fleet: 'yes', auditor: 'yes' } as const
const operates = { viewer: 'no', operator: 'yes', fleet: 'yes', auditor: 'no' } as const
const fleetOnly = { viewer: 'no', operator: 'no', fleet: 'yes', auditor: 'no' } as const
const NOBODY = '7c9e6679-7425-40de-944b-e07fc1f90ae7'

const EXPECTED: Readonly<Record<string, Expected>> = {
  'POST /v1/clusters': {
    ...fleetOnly,
    admin: 'no',
    json: { name: 'main', url: 'env:API_ADMIN', appSecret: 'env:API_APP' },
    allowed: [409, 'CLUSTER_EXISTS'],
  },
  'GET /v1/assurance': { ...reads, admin: 'no', allowed: [200] },
  'POST /v1/assurance': {
    ...fleetOnly,
    admin: 'no',
    json: { cluster: 'main', database: 'absent', to: 'strict' },
    allowed: [404, 'DATABASE_UNKNOWN'],
  },
  'POST /v1/assurance/rotate': {
    ...fleetOnly,
    admin: 'no',
    json: { cluster: 'main', database: 'absent' },
    allowed: [404, 'DATABASE_UNKNOWN'],
  },
  'GET /v1/clusters': { ...reads, admin: 'no', allowed: [200] },
  'GET /v1/clusters/main': { ...reads, admin: 'no', allowed: [200] },
  'POST /v1/clusters/absent': { ...fleetOnly, admin: 'no', json: { appPort: 6432 }, allowed: [404, 'CLUSTER_NOT_FOUND'] },
  'GET /v1/clusters/absent/config/pgbouncer': { ...operates, admin: 'no', allowed: [404, 'CLUSTER_NOT_FOUND'] },
  'DELETE /v1/clusters/absent': { ...fleetOnly, admin: 'no', allowed: [404, 'CLUSTER_NOT_FOUND'] },
  'POST /v1/clusters/absent/drain': { ...fleetOnly, admin: 'no', allowed: [404, 'CLUSTER_NOT_FOUND'] },
  'POST /v1/clusters/absent/undrain': { ...fleetOnly, admin: 'no', allowed: [404, 'CLUSTER_NOT_FOUND'] },
  'POST /v1/clusters/absent/rotate': { ...fleetOnly, admin: 'no', json: { retire: true }, allowed: [404, 'CLUSTER_NOT_FOUND'] },
  'POST /v1/tenants': { ...operates, admin: 'no', json: { slug: 'mine' }, allowed: [409, 'TENANT_EXISTS'] },
  'POST /v1/backups': { ...operates, admin: 'no', json: { tenant: 'absent' }, allowed: [404, 'TENANT_NOT_FOUND'] },
  'GET /v1/backups': { ...reads, admin: 'no', allowed: [200] },
  [`GET /v1/backups/${NOBODY}`]: { ...reads, admin: 'no', allowed: [404, 'BACKUP_NOT_FOUND'] },
  [`POST /v1/backups/${NOBODY}/restore`]: { ...operates, admin: 'no', json: {}, allowed: [404, 'BACKUP_NOT_FOUND'] },
  [`POST /v1/backups/${NOBODY}/expire`]: { ...fleetOnly, admin: 'no', json: {}, allowed: [404, 'BACKUP_NOT_FOUND'] },
  'POST /v1/backups/verify': { ...operates, admin: 'no', json: { backup: NOBODY }, allowed: [404, 'BACKUP_NOT_FOUND'] },
  'POST /v1/backups/prune': { ...fleetOnly, admin: 'no', json: {}, allowed: [200] },
  'POST /v1/backups/adopt': { ...fleetOnly, admin: 'no', json: { backup: NOBODY }, allowed: [404, 'BACKUP_NOT_FOUND'] },
  'POST /v1/backups/due': { ...operates, admin: 'no', json: {}, allowed: [200] },
  'POST /v1/backups/drill': { ...fleetOnly, admin: 'no', json: { backup: NOBODY }, allowed: [404, 'BACKUP_NOT_FOUND'] },
  'POST /v1/backups/database': { ...fleetOnly, admin: 'no', json: { database: 'main/absent' }, allowed: [404, 'DATABASE_UNKNOWN'] },
  'GET /v1/backup-status': { ...reads, admin: 'no', allowed: [200] },
  'GET /v1/backup-policies': { ...reads, admin: 'no', allowed: [200] },
  'POST /v1/backup-policies': { ...fleetOnly, admin: 'no', json: { tenant: 'absent' }, allowed: [404, 'TENANT_NOT_FOUND'] },
  'GET /v1/tenants': { ...reads, admin: 'narrowed', allowed: [200] },
  'GET /v1/tenant-counts': { ...reads, admin: 'no', allowed: [200] },
  'GET /v1/tenants/{tenant}': { ...reads, admin: { own: 'yes', other: 'hidden' }, allowed: [200] },
  'POST /v1/tenants/{tenant}/suspend': { ...operates, admin: 'no', json: { reason: '' }, allowed: [400, 'INPUT_INVALID'] },
  'POST /v1/tenants/{tenant}/sql': { ...operates, admin: 'no', json: { statement: 'select 1' }, allowed: [200] },
  'POST /v1/tenants/{tenant}/explain': { ...operates, admin: 'no', json: { statement: 'select 1' }, allowed: [200] },
  'GET /v1/tenants/{tenant}/connection': { ...operates, admin: 'no', allowed: [200] },
  'POST /v1/tenants/{tenant}/resume': { ...operates, admin: 'no', allowed: [409, 'TENANT_STATE'] },
  'POST /v1/tenants/{tenant}': { ...operates, admin: 'no', json: {}, allowed: [400, 'INPUT_INVALID'] },
  'POST /v1/tenants/{tenant}/rename': { ...operates, admin: 'no', json: { slug: 'Wrong' }, allowed: [400, 'SLUG_INVALID'] },
  'DELETE /v1/tenants/{tenant}/slugs/was-never': { ...operates, admin: 'no', allowed: [404, 'FORMER_SLUG_NOT_FOUND'] },
  'POST /v1/tenants/{tenant}/domains': { ...operates, admin: 'no', json: { domain: 'no' }, allowed: [400, 'DOMAIN_INVALID'] },
  'POST /v1/tenants/{tenant}/domains/a.example/verify': { ...operates, admin: 'no', allowed: [404, 'DOMAIN_NOT_FOUND'] },
  'DELETE /v1/tenants/{tenant}/domains/a.example': { ...operates, admin: 'no', allowed: [404, 'DOMAIN_NOT_FOUND'] },
  'GET /v1/domains/a.example': { ...reads, admin: 'no', allowed: [404, 'DOMAIN_NOT_FOUND'] },
  'GET /v1/audit': { viewer: 'no', operator: 'no', fleet: 'yes', auditor: 'yes', admin: 'no', allowed: [200] },
  'POST /v1/tenants/{tenant}/delete': { ...operates, admin: 'no', json: { reason: '' }, allowed: [400, 'INPUT_INVALID'] },
  'POST /v1/tenant-bulk': {
    ...operates,
    admin: 'no',
    json: { action: 'resume', tenants: ['mine'], expect: 2 },
    allowed: [409, 'SELECTION_CHANGED'],
  },
  'POST /v1/tenants/{tenant}/undelete': { ...operates, admin: 'no', allowed: [409, 'TENANT_STATE'] },
  'POST /v1/tenants/{tenant}/hold': { ...fleetOnly, admin: 'no', json: { reason: '' }, allowed: [400, 'INPUT_INVALID'] },
  'POST /v1/tenants/{tenant}/unhold': { ...fleetOnly, admin: 'no', allowed: [409, 'TENANT_STATE'] },
  'GET /v1/tenants/{tenant}/tables': { ...reads, admin: { own: 'yes', other: 'hidden' }, allowed: [200] },
  'POST /v1/tenants/{tenant}/vacuum': { ...operates, admin: 'no', json: { parallel: 0 }, allowed: [400, 'INPUT_INVALID'] },
  'GET /v1/tenants/{tenant}/homes': { ...reads, admin: { own: 'yes', other: 'hidden' }, allowed: [200] },
  'GET /v1/tenants/{tenant}/growth': { ...reads, admin: { own: 'yes', other: 'hidden' }, allowed: [200] },
  'POST /v1/tenants/{tenant}/homes': { ...operates, admin: 'no', json: { isolation: 'none' }, allowed: [400, 'INPUT_INVALID'] },
  'DELETE /v1/tenants/{tenant}/homes/was-never': { ...fleetOnly, admin: 'no', allowed: [404, 'HOME_NOT_BESIDE'] },
  'POST /v1/tenants/{tenant}/repoint': { ...operates, admin: 'no', json: {}, allowed: [404, 'HOME_NOT_BESIDE'] },
  'POST /v1/tenants/{tenant}/pointback': { ...operates, admin: 'no', json: {}, allowed: [409, 'HOME_FORMER'] },
  'GET /v1/tenants/{tenant}/compare': { ...operates, admin: 'no', allowed: [404, 'HOME_NOT_BESIDE'] },
  'GET /v1/tenants/{tenant}/difference': { ...operates, admin: 'no', allowed: [400, 'INPUT_INVALID'] },
  'POST /v1/tenants/{tenant}/merge': { ...operates, admin: 'no', json: { table: 'shops' }, allowed: [404, 'HOME_NOT_BESIDE'] },
  'POST /v1/tenants/{tenant}/clone': { ...operates, admin: 'no', json: { as: 'other' }, allowed: [409, 'TENANT_EXISTS'] },
  'POST /v1/tenants/{tenant}/purge': { ...fleetOnly, admin: 'no', json: { waiveBackup: 'a test' }, allowed: [409, 'TENANT_STATE'] },
  'POST /v1/adoptions': { ...fleetOnly, admin: 'no', json: { slug: 'theirs' }, allowed: [400, 'INPUT_INVALID'] },
  'POST /v1/tenants/{tenant}/unadopt': { ...fleetOnly, admin: 'no', allowed: [409, 'TENANT_STATE'] },
  'GET /v1/tombstones': { ...reads, admin: 'no', allowed: [200] },
  'GET /v1/certificates/{tenant}': { ...reads, admin: 'no', allowed: [404, 'CERTIFICATE_NOT_FOUND'] },
  'POST /v1/tombstones/{tenant}/hold': { ...fleetOnly, admin: 'no', json: { reason: '' }, allowed: [400, 'INPUT_INVALID'] },
  'POST /v1/tombstones/{tenant}/unhold': { ...fleetOnly, admin: 'no', allowed: [409, 'TENANT_STATE'] },
  'GET /v1/datakeys': { viewer: 'no', operator: 'no', fleet: 'yes', auditor: 'yes', admin: 'no', allowed: [409, 'KEYS_UNCONFIGURED'] },
  'GET /v1/tenants/{tenant}/datakeys': {
    viewer: 'no',
    operator: 'no',
    fleet: 'yes',
    auditor: 'yes',
    admin: 'no',
    allowed: [409, 'KEYS_UNCONFIGURED'],
  },
  'POST /v1/tenants/{tenant}/datakeys/rotate': { ...fleetOnly, admin: 'no', allowed: [409, 'KEYS_UNCONFIGURED'] },
  'POST /v1/tenants/{tenant}/datakeys/destroy': { ...fleetOnly, admin: 'no', json: { reason: '' }, allowed: [400, 'INPUT_INVALID'] },
  'POST /v1/datakeys/rewrap': { ...fleetOnly, admin: 'no', allowed: [409, 'KEYS_UNCONFIGURED'] },
  'GET /v1/tiers': { ...reads, admin: 'no', allowed: [200] },
  'POST /v1/tiers/apply': { ...fleetOnly, admin: 'no', json: { prune: 'yes' }, allowed: [400, 'INPUT_INVALID'] },
  'GET /v1/watchdog': { viewer: 'no', operator: 'yes', fleet: 'yes', auditor: 'yes', admin: 'no', allowed: [200] },
  'GET /v1/metrics': { ...reads, admin: 'no', allowed: [200] },
  'GET /v1/metrics/connections': { ...reads, admin: 'no', allowed: [200] },
  // No sessions of tenants are there; that the list narrows itself, test/activity says.
  'GET /v1/activity': { ...reads, admin: 'narrowed', empty: true, allowed: [200] },
  'GET /v1/activity/locks': { ...reads, admin: 'no', allowed: [200] },
  'POST /v1/activity/absent/1-1/stop': { ...operates, admin: 'no', json: {}, allowed: [404, 'CLUSTER_NOT_FOUND'] },
  'GET /v1/poolers': { ...reads, admin: 'no', allowed: [200] },
  'GET /v1/statements': { ...operates, admin: 'no', allowed: [200] },
  'POST /v1/clusters/absent/observe': { ...fleetOnly, admin: 'no', allowed: [404, 'CLUSTER_NOT_FOUND'] },
  'GET /v1/platform': { ...reads, admin: 'no', allowed: [200] },
  'POST /v1/platform/upgrade': { ...fleetOnly, admin: 'no', json: { parallel: 0 }, allowed: [400, 'INPUT_INVALID'] },
  'POST /v1/stock/fill': { ...operates, admin: 'no', json: { target: -1 }, allowed: [400, 'INPUT_INVALID'] },
  'GET /v1/stock': { ...reads, admin: 'no', allowed: [200] },
  'POST /v1/stock/prepare': { ...operates, admin: 'no', json: { cluster: 'main', isolation: 'schema' }, allowed: [409, 'STOCK_FULL'] },
  'POST /v1/stock/discard': { ...operates, admin: 'no', json: { cluster: 'main', isolation: 'schema' }, allowed: [409, 'STOCK_KEPT'] },
  'POST /v1/migrations/up': { ...operates, admin: 'no', json: { parallel: 0 }, allowed: [400, 'INPUT_INVALID'] },
  'POST /v1/migrations/freeze': { ...operates, admin: 'no', json: { reason: '' }, allowed: [400, 'INPUT_INVALID'] },
  'POST /v1/migrations/unfreeze': { ...operates, admin: 'no', allowed: [200] },
  'POST /v1/migrations/down': { ...fleetOnly, admin: 'no', json: { waiveBackup: 'a test', steps: 0 }, allowed: [400, 'INPUT_INVALID'] },
  'POST /v1/migrations/redo': { ...fleetOnly, admin: 'no', json: { waiveBackup: 'a test', parallel: 0 }, allowed: [400, 'INPUT_INVALID'] },
  'POST /v1/migrations/baseline': { ...fleetOnly, admin: 'no', json: { version: '1' }, allowed: [400, 'INPUT_INVALID'] },
  'POST /v1/migrations/home': { ...operates, admin: 'no', json: { tenant: 'nobody-there' }, allowed: [404, 'TENANT_NOT_FOUND'] },
  'GET /v1/migrations': { ...reads, admin: 'no', allowed: [200] },
  'GET /v1/migrations/plan': { viewer: 'no', operator: 'yes', fleet: 'yes', auditor: 'no', admin: 'no', allowed: [200] },
  'GET /v1/fleet': { ...reads, admin: 'no', allowed: [200] },
  'GET /v1/migrations/homes': { ...reads, admin: 'no', allowed: [200] },
  'GET /v1/migrations/lint': { viewer: 'no', operator: 'yes', fleet: 'yes', auditor: 'yes', admin: 'no', allowed: [200] },
  'GET /v1/views': { ...reads, admin: 'no', allowed: [200] },
  'POST /v1/views': { ...reads, admin: 'no', json: { screen: 'A', name: 'x', query: '' }, allowed: [400, 'INPUT_INVALID'] },
  [`DELETE /v1/views/${NOBODY}`]: { ...reads, admin: 'no', allowed: [404, 'VIEW_NOT_FOUND'] },
  'POST /v1/drift/scan': { ...operates, admin: 'no', json: { parallel: 0 }, allowed: [400, 'INPUT_INVALID'] },
  'GET /v1/drift': { viewer: 'no', operator: 'yes', fleet: 'yes', auditor: 'yes', admin: 'no', allowed: [200] },
  'POST /v1/drift/repair': { ...fleetOnly, admin: 'no', json: { class: 'absent' }, allowed: [404, 'DRIFT_CLASS_UNKNOWN'] },
  'GET /v1/events': { ...reads, admin: 'narrowed', allowed: [200] },
  'GET /v1/operations': { ...reads, admin: 'no', allowed: [200] },
  [`GET /v1/operations/${NOBODY}`]: { ...reads, admin: 'no', allowed: [404, 'OPERATION_NOT_FOUND'] },
  [`GET /v1/operations/${NOBODY}/watch`]: { ...reads, admin: 'no', allowed: [404, 'OPERATION_NOT_FOUND'] },
  [`GET /v1/operations/${NOBODY}/items`]: { ...reads, admin: 'no', allowed: [404, 'OPERATION_NOT_FOUND'] },
  [`GET /v1/operations/${NOBODY}/log`]: { ...reads, admin: 'no', allowed: [404, 'OPERATION_NOT_FOUND'] },
  [`POST /v1/operations/${NOBODY}/cancel`]: { ...operates, admin: 'no', allowed: [404, 'OPERATION_NOT_FOUND'] },
  [`POST /v1/operations/${NOBODY}/pause`]: { ...operates, admin: 'no', allowed: [404, 'OPERATION_NOT_FOUND'] },
  [`POST /v1/operations/${NOBODY}/resume`]: { ...operates, admin: 'no', allowed: [404, 'OPERATION_NOT_FOUND'] },
  [`POST /v1/operations/${NOBODY}/skip`]: {
    ...operates,
    admin: 'no',
    json: { item: 'x', reason: 'x' },
    allowed: [404, 'OPERATION_NOT_FOUND'],
  },
  [`POST /v1/operations/${NOBODY}/retry`]: { ...fleetOnly, admin: 'no', allowed: [404, 'OPERATION_NOT_FOUND'] },
  'POST /v1/keys': { ...fleetOnly, admin: 'no', json: { name: 'x', role: 'nobody' }, allowed: [400, 'INPUT_INVALID'] },
  'GET /v1/keys': { viewer: 'no', operator: 'no', fleet: 'yes', auditor: 'yes', admin: 'no', allowed: [200] },
  'POST /v1/users': { ...fleetOnly, admin: 'no', json: { name: 'new' }, allowed: [400, 'INPUT_INVALID'] },
  'GET /v1/users': { viewer: 'no', operator: 'no', fleet: 'yes', auditor: 'yes', admin: 'no', allowed: [200] },
  'GET /v1/users/absent': { viewer: 'no', operator: 'no', fleet: 'yes', auditor: 'yes', admin: 'no', allowed: [404, 'USER_NOT_FOUND'] },
  'POST /v1/users/absent': { ...fleetOnly, admin: 'no', json: { role: 'viewer' }, allowed: [404, 'USER_NOT_FOUND'] },
  'POST /v1/users/absent/disable': { ...fleetOnly, admin: 'no', allowed: [404, 'USER_NOT_FOUND'] },
  'POST /v1/users/absent/enable': { ...fleetOnly, admin: 'no', allowed: [404, 'USER_NOT_FOUND'] },
  'POST /v1/users/absent/unlock': { ...fleetOnly, admin: 'no', allowed: [404, 'USER_NOT_FOUND'] },
  'GET /v1/sessions': { viewer: 'no', operator: 'no', fleet: 'yes', auditor: 'yes', admin: 'no', allowed: [200] },
  [`DELETE /v1/sessions/${NOBODY}`]: { ...fleetOnly, admin: 'no', allowed: [404, 'SESSION_NOT_FOUND'] },
  'GET /v1/own-sessions': { ...reads, admin: { own: 'yes', other: 'same' }, allowed: [403, 'SESSION_NEEDED'] },
  [`DELETE /v1/own-sessions/${NOBODY}`]: { ...reads, admin: { own: 'yes', other: 'same' }, allowed: [403, 'SESSION_NEEDED'] },
  'POST /v1/breakglass': {
    ...reads,
    admin: 'no',
    json: { reason: 'a test of access' },
    allowed: [403, 'SESSION_NEEDED'],
  },
  'POST /v1/breakglass/close': { ...reads, admin: 'no', allowed: [403, 'SESSION_NEEDED'] },
  'GET /v1/breakglass': { viewer: 'no', operator: 'no', fleet: 'yes', auditor: 'yes', admin: 'no', allowed: [200] },
  'POST /v1/webhooks': {
    ...fleetOnly,
    admin: 'no',
    json: { name: 'x', url: 'https://hooks.example' },
    allowed: [409, 'WEBHOOK_KEY_MISSING'],
  },
  'GET /v1/webhooks': { viewer: 'no', operator: 'yes', fleet: 'yes', auditor: 'yes', admin: 'no', allowed: [200] },
  'GET /v1/webhooks/was-never': {
    viewer: 'no',
    operator: 'yes',
    fleet: 'yes',
    auditor: 'yes',
    admin: 'no',
    allowed: [404, 'WEBHOOK_NOT_FOUND'],
  },
  'GET /v1/webhooks/was-never/deliveries': {
    viewer: 'no',
    operator: 'yes',
    fleet: 'yes',
    auditor: 'yes',
    admin: 'no',
    allowed: [404, 'WEBHOOK_NOT_FOUND'],
  },
  'POST /v1/webhooks/was-never': { ...fleetOnly, admin: 'no', json: { state: 'live' }, allowed: [404, 'WEBHOOK_NOT_FOUND'] },
  'DELETE /v1/webhooks/was-never': { ...fleetOnly, admin: 'no', allowed: [404, 'WEBHOOK_NOT_FOUND'] },
  'POST /v1/webhooks/was-never/rotate': { ...fleetOnly, admin: 'no', allowed: [409, 'WEBHOOK_KEY_MISSING'] },
  'POST /v1/webhooks/was-never/test': { ...operates, admin: 'no', allowed: [404, 'WEBHOOK_NOT_FOUND'] },
  'POST /v1/webhooks/was-never/redeliver': { ...operates, admin: 'no', json: { event: '1' }, allowed: [404, 'WEBHOOK_NOT_FOUND'] },
  'GET /v1/doctor': { viewer: 'no', operator: 'yes', fleet: 'yes', auditor: 'yes', admin: 'no', allowed: [200] },
  'POST /v1/doctor/attack': { ...fleetOnly, admin: 'no', json: { cluster: '' }, allowed: [400, 'INPUT_INVALID'] },
  'POST /v1/doctor/fix': { ...fleetOnly, admin: 'no', json: { cluster: '' }, allowed: [400, 'INPUT_INVALID'] },
  [`DELETE /v1/keys/${NOBODY}`]: { ...fleetOnly, admin: 'no', allowed: [404, 'KEY_NOT_FOUND'] },
}

let api: Api
let keys: Readonly<Record<Role, string>>
const ids: Record<string, string> = {}

beforeAll(async () => {
  api = await startApi()
  for (const slug of ['mine', 'other']) ids[slug] = ((await api.control.run('tenant.create', { slug })) as { id: string }).id
  keys = await keysOfAllRoles(api, 'mine')
})
afterAll(() => api.close())

test('the table has exactly the routes of the operations', () => {
  const shape = (route: string): string =>
    route
      .replace(NOBODY, '{}')
      .replace(/clusters\/(main|absent)/, 'clusters/{}')
      .replace('clusters/main', 'clusters/{}')
      .replace('config/pgbouncer', 'config/{}')
      .replace('activity/absent/1-1', 'activity/{}/{}')
      .replace('a.example', '{}')
      .replace('was-never', '{}')
      .replace('users/absent', 'users/{}')
      .replace('metrics/connections', 'metrics/{}')
      .replaceAll(/\{\w+\}/g, '{}')
  const declared = OPERATIONS.flatMap(({ http }) => (http === undefined ? [] : [shape(http)]))
  expect(declared.sort()).toEqual(Object.keys(EXPECTED).map(shape).sort())
})

describe.each(Object.entries(EXPECTED))('%s', (route, expected) => {
  const [method, path] = route.split(' ') as [string, string]
  const ask = (tenant: string, key?: string) =>
    api.call(method, path.replace('{tenant}', tenant), { key, ...(method === 'POST' ? { json: expected.json ?? {} } : {}) })
  // By slug and by id: both name the same tenant.
  const names = (slug: string): readonly string[] => (path.includes('{tenant}') ? [slug, ids[slug]!] : [slug])

  test('without a key there is nothing', async () => {
    for (const tenant of [...names('mine'), ...names('other')]) expectProblem(await ask(tenant), 401, 'KEY_MISSING')
  })

  const rights = [
    ['viewer', expected.viewer],
    ['operator', expected.operator],
    ['fleet-admin', expected.fleet],
    ['security-auditor', expected.auditor],
  ] as const
  test.each(rights)('%s: %s', async (role, right) => {
    for (const tenant of [...names('mine'), ...names('other')]) {
      const reply = await ask(tenant, keys[role])
      if (right === 'no') expectProblem(reply, 403, 'KEY_FORBIDDEN')
      else expect([reply.status, reply.body.code]).toEqual([expected.allowed[0], expected.allowed[1]])
    }
  })

  test(`tenant-admin: ${JSON.stringify(expected.admin)}`, async () => {
    const { admin } = expected
    const forAll = typeof admin === 'string' ? admin : undefined
    for (const tenant of names('mine')) {
      const reply = await ask(tenant, keys['tenant-admin'])
      if (forAll === 'no') expectProblem(reply, 403, 'KEY_FORBIDDEN')
      else expect(reply.status).toBe(expected.allowed[0])
    }
    for (const tenant of names('other')) {
      const reply = await ask(tenant, keys['tenant-admin'])
      if (forAll === 'no') expectProblem(reply, 403, 'KEY_FORBIDDEN')
      else if (forAll === 'narrowed')
        expect([...new Set(reply.body.data.map((row: { slug: string }) => row.slug))]).toEqual(expected.empty ? [] : ['mine'])
      else if (typeof admin === 'object' && admin.other === 'same') expect([reply.status, reply.body.code]).toEqual(expected.allowed)
      else expectProblem(reply, 404, 'TENANT_NOT_FOUND')
    }
  })
})

test("to a tenant-admin another's tenant answers word for word what a tenant answers that there is not", async () => {
  const word = (body: Readonly<Record<string, string>>, ref: string) => JSON.stringify({ ...body, request_id: '' }).replaceAll(ref, 'REF')
  const show = async (ref: string) => {
    const reply = await api.call('GET', `/v1/tenants/${ref}`, { key: keys['tenant-admin'], headers: { 'x-request-id': 'same' } })
    const headers = Object.fromEntries([...reply.headers].filter(([name]) => !['date', 'content-length'].includes(name)))
    return { status: reply.status, headers, body: word(reply.body, ref) }
  }
  const none = await show('absent')
  expect(none.status).toBe(404)
  expect(await show('other')).toEqual(none)
  expect(await show(ids.other!)).toEqual(none)
  expect(await show(NOBODY)).toEqual(none)
})

test('no filter and no cursor shows a tenant-admin more than its own tenant', async () => {
  const first = await api.call('GET', '/v1/tenants?limit=1', { key: keys.viewer })
  expect(first.body.nextCursor).toEqual(expect.any(String))
  for (const query of ['?search=other', `?cursor=${first.body.nextCursor}`, '?state=active&isolation=shared', '?limit=500']) {
    const { status, body } = await api.call('GET', `/v1/tenants${query}`, { key: keys['tenant-admin'] })
    expect(status).toBe(200)
    expect(body.data.every((row: { id: string }) => row.id === ids.mine)).toBe(true)
  }
})

test('an operation without roles, or without a route, is nobody’s', async () => {
  const direct = {
    kind: 'direct',
    summary: '',
    effect: 'read',
    input: z.strictObject({}),
    output: z.object({}),
    faults: [],
    words: { says: () => '' },
  } as const
  const call = async () => ({})
  const unlisted = operation({ ...direct, name: 'x.unlisted', access: { roles: [] }, http: 'GET /v1/x', call })
  const local = operation({ ...direct, name: 'x.local', access: { roles: ROLES }, call })
  for (const role of ROLES) {
    const key = askerOfKey({ id: NOBODY, role, tenantId: role === 'tenant-admin' ? ids.mine! : null })
    for (const definition of [unlisted, local]) {
      await expect(mayRun(api.control.platform, key, definition, {})).rejects.toMatchObject({ code: 'KEY_FORBIDDEN' })
    }
  }
})

test('a tenant-admin may not run a change that names no tenant, whatever its roles say', async () => {
  const change = operation({
    kind: 'direct',
    name: 'x.change',
    summary: '',
    effect: 'change',
    input: z.strictObject({}),
    output: z.object({}),
    faults: [],
    access: { roles: ['tenant-admin'] },
    http: 'POST /v1/x',
    words: { says: () => '' },
    call: async () => ({}),
  })
  const key = askerOfKey({ id: NOBODY, role: 'tenant-admin', tenantId: ids.mine! })
  await expect(mayRun(api.control.platform, key, change, {})).rejects.toMatchObject({ code: 'KEY_FORBIDDEN' })
})

test('refusals are audited with the key, the operation and the tenant that was asked for', async () => {
  const { id, key } = await api.key('tenant-admin', 'mine')
  await api.call('GET', '/v1/tenants/other', { key })
  await api.call('POST', '/v1/tenants', { key, json: { slug: 'third' } })
  const rows = await api.control.platform.catalog.rows(sql`
    select operation, outcome, fault, tenant_id as tenant, source from catalog.audit where actor = ${`key:${id}`} order by id`)
  expect(rows).toEqual([
    { operation: 'tenant.show', outcome: 'refused', fault: 'TENANT_NOT_FOUND', tenant: ids.other, source: 'http' },
    { operation: 'tenant.create', outcome: 'refused', fault: 'KEY_FORBIDDEN', tenant: ids.mine, source: 'http' },
  ])
})

test('a statement that may write takes a stronger role than one that reads', async () => {
  const sqlOf = (role: Role, json: Readonly<Record<string, unknown>>) => api.call('POST', '/v1/tenants/mine/sql', { key: keys[role], json })
  const insert = "insert into shops (name) values ('Corner') returning name"
  for (const write of [true, 'yes', null]) expectProblem(await sqlOf('operator', { statement: insert, write }), 403, 'KEY_FORBIDDEN')
  expect(await sqlOf('operator', { statement: insert, write: false })).toMatchObject({ status: 409, body: { code: 'SQL_READ_ONLY' } })
  const written = await sqlOf('fleet-admin', { statement: insert, write: true })
  expect(written).toMatchObject({ status: 200, body: { data: [{ name: 'Corner' }], count: 1, more: false } })
  expect((await sqlOf('operator', { statement: 'select name from shops' })).body.data).toEqual([{ name: 'Corner' }])
  const other = await api.call('POST', '/v1/tenants/other/sql', { key: keys.operator, json: { statement: 'select name from shops' } })
  expect(other.body.data).toEqual([])
  const wrong = await sqlOf('operator', { statement: 'select nothing' })
  expectProblem(wrong, 422, 'SQL_FAILED')
  expect(wrong.body.detail).toBe('column "nothing" does not exist (SQLSTATE 42703, line 1, column 8)')
})

test('counting reads every table, and is not for those who only look', async () => {
  const count = (role: Role, tenant: string) => api.call('GET', `/v1/tenants/${tenant}/tables?count=true`, { key: keys[role] })
  for (const role of ['viewer', 'security-auditor'] as const) expectProblem(await count(role, 'mine'), 403, 'KEY_FORBIDDEN')
  for (const role of ['operator', 'fleet-admin', 'tenant-admin'] as const) expect((await count(role, 'mine')).status).toBe(200)
  expectProblem(await count('tenant-admin', 'other'), 404, 'TENANT_NOT_FOUND')
})

test('texts of statements take a stronger role than the list of those who run them', async () => {
  for (const path of ['/v1/activity', '/v1/activity/locks']) {
    for (const role of ['viewer', 'security-auditor'] as const) {
      expectProblem(await api.call('GET', `${path}?text=true`, { key: keys[role] }), 403, 'KEY_FORBIDDEN')
      expect((await api.call('GET', `${path}?text=false`, { key: keys[role] })).status).toBe(200)
    }
    for (const role of ['operator', 'fleet-admin'] as const) {
      expect((await api.call('GET', `${path}?text=true`, { key: keys[role] })).status).toBe(200)
    }
  }
  expectProblem(await api.call('GET', '/v1/activity?text=true', { key: keys['tenant-admin'] }), 403, 'KEY_FORBIDDEN')
})

test('a statement whose caller goes away is cancelled', async () => {
  const gone = new AbortController()
  const asking = fetch(`${api.url}/v1/tenants/mine/sql`, {
    method: 'POST',
    signal: gone.signal,
    headers: { authorization: `Bearer ${keys.operator}`, 'content-type': 'application/json' },
    body: JSON.stringify({ statement: 'select count(*) from generate_series(1, 1000000) a, generate_series(1, 100000) b' }),
  })
  const last = async () =>
    (
      await api.control.platform.catalog.rows(
        sql`select outcome, fault from catalog.audit where operation = 'tenant.sql' order by id desc limit 1`,
      )
    )[0]
  await expect.poll(last).toMatchObject({ outcome: 'accepted' })
  // The audit entry comes before the statement.
  await new Promise((resolve) => setTimeout(resolve, 300))
  gone.abort()
  await expect(asking).rejects.toMatchObject({ name: 'AbortError' })
  await expect.poll(last).toMatchObject({ outcome: 'failed', fault: 'SCOPE_CANCELLED' })
})

test('what needs no key: probes, the description, the status page, the page of the console; and nothing else', async () => {
  for (const path of ['/healthz', '/readyz', '/openapi.json', '/status']) expect((await api.call('GET', path)).status).toBe(200)
})
