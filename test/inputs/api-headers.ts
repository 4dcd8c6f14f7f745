import type { CallOptions } from '../api/api-server.js'
import type { ApiCase } from './api.js'

const UUID = '7c9e6679-7425-40de-944b-e07fc1f90ae7'
const INPUT = [400, 'INPUT_INVALID'] as const
const OVER = [401, 'SESSION_ENDED'] as const
const FORGED = [403, 'REQUEST_FORGED'] as const
const STALE = [412, 'PRECONDITION_FAILED'] as const
const stale = `"${'a'.repeat(43)}"`

type Headers = Readonly<Record<string, string>>
const set = (value: string) => ['POST', '/v1/tenants/corner', { json: { region: 'north' }, headers: { 'if-match': value } }] as const

export const CONDITIONS: readonly ApiCase[] = [
  ['a version that is over', set(stale), STALE],
  ['a version that is weak', set(`W/${stale}`), STALE],
  ['an empty version', set('""'), STALE],
  ['a version of 10,000 characters', set(`"${'a'.repeat(10_000)}"`), STALE],
  ['5,000 versions', set(Array(5_000).fill('""').join(',')), STALE],
  ...['abc', '"abc', 'abc"', '""a""', 'w/"a"', 'W/ "a"', 'W/', ',', '"a" "b"', '*, "a"', '**', "'a'", '"a\u00e9b" x'].map(
    (value): ApiCase => [`If-Match: ${value}`, set(value), INPUT],
  ),
  ['a version of what is only read', ['GET', '/v1/tenants/corner', { headers: { 'if-match': stale } }], INPUT],
  ['a version of a list', ['GET', '/v1/tenants', { headers: { 'if-match': '*' } }], INPUT],
  ['a version of what is not there yet', ['POST', '/v1/tenants', { json: { slug: 'a1' }, headers: { 'if-match': '*' } }], INPUT],
  [
    'a version for a statement',
    ['POST', '/v1/tenants/corner/sql', { json: { statement: 'select 1' }, headers: { 'if-match': stale } }],
    INPUT,
  ],
  ['a version for many', ['POST', '/v1/tenant-bulk', { json: { action: 'resume', expect: 1 }, headers: { 'if-match': stale } }], INPUT],
  ['If-None-Match of a change', ['POST', '/v1/tenants/corner', { json: { region: 'north' }, headers: { 'if-none-match': '*' } }], INPUT],
  ['a malformed If-None-Match', ['GET', '/v1/tenants', { headers: { 'if-none-match': 'abc' } }], INPUT],
]

const ours = { 'sec-fetch-site': 'same-origin' } as const
const change = (headers: Headers, csrf?: boolean): ApiCase[1] => [
  'POST',
  '/v1/tenants/corner',
  { json: { region: 'north' }, headers, csrf, cookie: ({ cookie }) => cookie },
]
const look = (cookie: NonNullable<ApiCase[1][2]>['cookie']): ApiCase[1] => ['GET', '/v1/tenants', { cookie }]

/** Of a session, in place of a key. */
export const COOKIES: readonly ApiCase[] = [
  ['a change from another site', change({ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, true), FORGED],
  ['a change with a forged origin', change({ origin: 'https://evil.example' }, true), FORGED],
  ['a change from a page without an origin', change({ origin: 'null' }, true), FORGED],
  ['a change from no page', change({}, true), FORGED],
  ['a change without its token', change(ours), FORGED],
  ['a change with an empty token', change({ ...ours, 'x-tenantry-csrf': '' }), FORGED],
  ['a change with a token of 10,000 characters', change({ ...ours, 'x-tenantry-csrf': 'a'.repeat(10_000) }), FORGED],
  ['a session that has ended', look(({ endedCookie }) => endedCookie), OVER],
  ['a session that never was', look(({ cookie }) => `${cookie.split('=')[0]}=tns_${'a'.repeat(43)}`), OVER],
  ['two cookies', look(({ cookie }) => `${cookie}; ${cookie}`), OVER],
  ['two cookies, the second of which is empty', look(({ cookie }) => `${cookie}; ${cookie.split('=')[0]}=`), OVER],
  ['a cookie of 10 KB', look(({ cookie }) => `${cookie}${'a'.repeat(10_240)}`), OVER],
  ['an empty cookie', look(({ cookie }) => `${cookie.split('=')[0]}=`), OVER],
  ['a cookie in quotes', look(({ cookie }) => cookie.replace('=', '="').concat('"')), OVER],
  ['a cookie that is cut', look(({ cookie }) => cookie.slice(0, -1)), OVER],
  ['a key for a cookie', look(({ cookie, key }) => `${cookie.split('=')[0]}=${key}`), OVER],
  ['a cookie of another platform', look(({ cookie }) => cookie.replace(/^tenantry_\w+/, 'tenantry_000000')), [401, 'KEY_MISSING']],
  ['a cookie for a key', ['GET', '/v1/tenants', { as: ({ cookie }) => cookie.split('=')[1]! }], [401, 'KEY_INVALID']],
]

const events = (path: string, headers: Headers = {}): readonly [string, string, CallOptions] => [
  'GET',
  path,
  { headers: { accept: 'text/event-stream', ...headers } },
]
const behind = (id: string): ApiCase => [`Last-Event-ID: ${id.slice(0, 40)}`, events('/v1/events', { 'last-event-id': id }), INPUT]

export const STREAMS: readonly ApiCase[] = [
  ...['abc', '-1', '1e9', '0x10', '1.5', '1'.repeat(16), '1, 2', "1'; drop schema catalog; --", 'a'.repeat(10_000), `0-${'YQ'}`].map(
    behind,
  ),
  ['Last-Event-ID of the fleet for an operation', events(`/v1/operations/${UUID}/watch`, { 'last-event-id': '1' }), INPUT],
  ['Last-Event-ID of an item that none is called', events(`/v1/operations/${UUID}/watch`, { 'last-event-id': '0-AA' }), INPUT],
  ['a stream of an operation that there is not', events(`/v1/operations/${UUID}/watch`), [404, 'OPERATION_NOT_FOUND']],
  ['a stream with a cursor', events('/v1/events?cursor=MQ'), INPUT],
  ['a stream that somebody has already', events('/v1/events', { 'if-none-match': '*' }), INPUT],
  ['a stream on condition', events('/v1/events', { 'if-match': '*' }), INPUT],
  ['a stream of a tenant that there is not', events('/v1/events?tenant=absent'), [404, 'TENANT_NOT_FOUND']],
]
