import { gzipSync } from 'node:zlib'
import { writeCursor } from '../../src/engine/paging.js'
import type { CallOptions } from '../api/api-server.js'

/** What exists only while the server runs, for inputs that are made of it. */
export interface Known {
  /** A key that works. */
  readonly key: string
  /** Where the first page of the tenants ended. */
  readonly cursor: string
  /** Of a session, as its browser sends it, and what its changes are sent with. */
  readonly cookie: string
  readonly csrf: string
  /** Of one that has ended. */
  readonly endedCookie: string
}

type Text = string | ((known: Known) => string)

interface ApiOptions extends CallOptions {
  readonly as?: Text
  /** In place of a key. */
  readonly cookie?: Text | undefined
  /** With the token of that session. */
  readonly csrf?: boolean | undefined
}

/** A request that a client library would send, and the status and code of its answer. */
export type ApiCase = readonly [
  id: string,
  request: readonly [method: string, path: Text, options?: ApiOptions],
  expected: readonly [status: number, code: string],
]

/** Bytes that no client library would send. KEY stands for a key that works. */
export type RawCase = readonly [id: string, bytes: string, expected: readonly [status: number, code: string]]

const create = (options: CallOptions) => ['POST', '/v1/tenants', options] as const
const body = (text: string) => create({ body: text })
const json = (value: unknown) => create({ json: value })
const suspend = (value: unknown) => ['POST', '/v1/tenants/corner/suspend', { json: value }] as const
const up = (text: string) => ['POST', '/v1/migrations/up', { body: text }] as const
const get = (path: Text, options: CallOptions = {}) => ['GET', path, options] as const
const since = (text: string): ApiCase => [`since ${text}`, get(`/v1/audit?since=${encodeURIComponent(text)}`), INPUT]

const set = (value: unknown) => ['POST', '/v1/tenants/corner', { json: value }] as const
const newKey = (value: object) => ['POST', '/v1/keys', { json: { name: 'x', role: 'viewer', ...value } }] as const
const remove = (grace: string) => ['POST', '/v1/tenants/corner/delete', { json: { reason: 'x', grace } }] as const
const cluster = (value: object) => ['POST', '/v1/clusters', { json: { name: 'other', url: 'env:API_ADMIN', ...value } }] as const
const domain = (name: string): ApiCase => [
  `the domain ${JSON.stringify(name).slice(0, 40)}`,
  ['POST', '/v1/tenants/corner/domains', { json: { domain: name } }],
  [400, 'DOMAIN_INVALID'],
]
const statement = (text: string) => ['POST', '/v1/tenants/corner/sql', { json: { statement: text, timeout: 1 } }] as const
const INPUT = [400, 'INPUT_INVALID'] as const
const BODY = [400, 'BODY_INVALID'] as const
const MEDIA = [415, 'MEDIA_TYPE'] as const
const SLUG = [400, 'SLUG_INVALID'] as const
const NOTHING = [404, 'ROUTE_NOT_FOUND'] as const
const METHOD = [405, 'METHOD_NOT_ALLOWED'] as const
const UUID = '7c9e6679-7425-40de-944b-e07fc1f90ae7'

export const BODIES: readonly ApiCase[] = [
  ['no body where one is needed', ['POST', '/v1/tenants'], INPUT],
  ['an empty object', json({}), INPUT],
  ['broken JSON', body('{"slug":'), BODY],
  ['something after the JSON', body('{"slug":"a1"} x'), BODY],
  ['two values', body('{"slug":"a1"}{}'), BODY],
  ['a key twice', body('{"slug":"a1","slug":"b1"}'), BODY],
  ['a key twice, once escaped', body('{"slug":"a1","sl\\u0075g":"b1"}'), BODY],
  ['depth 10,000', body(`{"slug":${'['.repeat(10_000)}${']'.repeat(10_000)}}`), BODY],
  ['__proto__', body('{"slug":"a1","__proto__":{"isolation":"schema"}}'), BODY],
  ['__proto__ further down', body('{"slug":{"__proto__":{}}}'), BODY],
  ['constructor', body('{"slug":"a1","constructor":{"prototype":{}}}'), INPUT],
  ['an array', json([{ slug: 'a1' }]), BODY],
  ['a string', json('a1'), BODY],
  ['null', json(null), BODY],
  ['a byte order mark', body('\ufeff{"slug":"a1"}'), BODY],
  ['not UTF-8', create({ body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]) }), BODY],
  ['a body for GET', get('/v1/tenants', { body: '{}' }), BODY],
  ['a body for DELETE', ['DELETE', `/v1/keys/${UUID}`, { body: '{}' }], BODY],
  ['more than 1 MiB', body(`{"slug":"${'a'.repeat(1_048_576)}"}`), [413, 'BODY_TOO_LARGE']],
  ['no content type', create({ body: '{"slug":"a1"}', headers: { 'content-type': '' } }), MEDIA],
  ['text', create({ body: '{"slug":"a1"}', headers: { 'content-type': 'text/plain' } }), MEDIA],
  ['a form', create({ body: 'slug=a1', headers: { 'content-type': 'application/x-www-form-urlencoded' } }), MEDIA],
  ['another character set', create({ body: '{"slug":"a1"}', headers: { 'content-type': 'application/json; charset=latin1' } }), MEDIA],
  ['gzip', create({ body: gzipSync(`{"slug":"${'a'.repeat(200_000)}"}`), headers: { 'content-encoding': 'gzip' } }), MEDIA],
]

export const VALUES: readonly ApiCase[] = [
  ['an array for a string', json({ slug: ['a1'] }), INPUT],
  ['an object for a string', json({ slug: { a: 1 } }), INPUT],
  ['null for a string', json({ slug: null }), INPUT],
  ['null is not the same as missing', json({ slug: 'a1', name: null }), INPUT],
  ['a field that there is not', json({ slug: 'a1', colour: 'red' }), INPUT],
  ['a number beyond what a double holds', up('{"parallel":1e400}'), INPUT],
  ['minus zero', up('{"parallel":-0}'), INPUT],
  ['a number as text', up('{"parallel":"4"}'), INPUT],
  ['true for a number', up('{"parallel":true}'), INPUT],
  ['an array for a number', up('{"parallel":[4]}'), INPUT],
  ['2^53+1 as an id', body('{"slug":"a1","cluster":9007199254740993}'), INPUT],
  ['text for true', suspend({ reason: 'x', allowReads: 'false' }), INPUT],
  ['2^53+1 as an operation', get('/v1/operations/9007199254740993'), INPUT],
  ['half of a surrogate pair', body('{"slug":"a1","name":"a\\ud800"}'), INPUT],
  ['NUL', json({ slug: 'a1', name: 'a\0b' }), INPUT],
  ['NUL in a reason', suspend({ reason: 'a\0b' }), INPUT],
  ['NUL in a search', get('/v1/tenants?search=a%00b'), INPUT],
  ['text that turns around what follows', json({ slug: 'a1', name: 'abc\u202egnp' }), INPUT],
  ['text that says where it is read from', json({ slug: 'a1', name: 'abc\u200fd' }), INPUT],
  ['a byte order mark in a name', json({ slug: 'a1', name: 'a\ufeffb' }), INPUT],
  ['a line separator in a name', json({ slug: 'a1', name: 'a\u2028b' }), INPUT],
  ['a line break in a name', json({ slug: 'a1', name: 'a\nb' }), INPUT],
  ['a name that nobody can see', json({ slug: 'a1', name: '\u200b\u3164' }), INPUT],
  ['a name that was no UTF-8 once', json({ slug: 'a1', name: 'caf\ufffd' }), INPUT],
  ['a line break in the name of a key', newKey({ name: 'a\nb' }), INPUT],
  ['a terminal sequence in the name of a key', newKey({ name: 'a\u001b[2J' }), INPUT],
  ['text that turns around in the name of a key', newKey({ name: '\u202eabc' }), INPUT],
  ['text that turns around in a label', set({ label: ['a=\u202eb'] }), INPUT],
  ['a label called __proto__', set({ label: ['__proto__=1'] }), INPUT],
  ['a label without a value', set({ label: ['a'] }), INPUT],
  ['a label twice', set({ label: ['a=1', 'a=2'] }), INPUT],
  ['a label that is given and taken away', set({ label: ['a=1'], unlabel: ['a'] }), INPUT],
  ['a tier that is set and unset', set({ tier: 'gold', unset: ['tier'] }), INPUT],
  ['nothing to set', set({}), INPUT],
  ['a limit of a day and a bit', set({ statementTimeoutMs: 86_400_001 }), INPUT],
  ['a limit that overflows', set({ statementTimeoutMs: 2 ** 53 + 2 }), INPUT],
  ['a limit with a fraction', set({ idleTimeoutMs: 100.5 }), INPUT],
  ['an empty name', json({ slug: 'a1', name: '' }), INPUT],
  ['a blank name', json({ slug: 'a1', name: '   ' }), INPUT],
  ['a name of 201 characters', json({ slug: 'a1', name: 'x'.repeat(201) }), INPUT],
  ['a name of 10,000 characters', json({ slug: 'a1', name: 'x'.repeat(10_000) }), INPUT],
  ['a tenant in the body that is not the one in the path', suspend({ tenant: 'other', reason: 'x' }), INPUT],
]

export const SLUGS: readonly ApiCase[] = [
  ...['A1', 'a', 'a-', '-a1', '1a', 'a_b', 'tenant 1', 'a.b', 'ａｃｍｅ', 'аcme', 'a\u200bb', 'x'.repeat(40), '9999, tenant_0002'].map(
    (slug): ApiCase => [`the slug ${JSON.stringify(slug)}`, json({ slug }), SLUG],
  ),
  ['a slug like an id', json({ slug: 'deadbeef-0000-4000-8000-0000000' }), SLUG],
  ['a slug with statements', json({ slug: "x'; drop schema catalog; --" }), SLUG],
  ['an empty slug', json({ slug: '' }), INPUT],
  ['a slug twice', json({ slug: 'corner' }), [409, 'TENANT_EXISTS']],
]

export const PATHS: readonly ApiCase[] = [
  ['a tenant that there is not', get('/v1/tenants/absent'), [404, 'TENANT_NOT_FOUND']],
  ['an id that there is not', get(`/v1/tenants/${UUID}`), [404, 'TENANT_NOT_FOUND']],
  ['an id in capitals', get(`/v1/tenants/${UUID.toUpperCase()}`), SLUG],
  ['the slug in capitals', get('/v1/tenants/Corner'), SLUG],
  ['..%2f', get('/v1/tenants/..%2fcorner'), SLUG],
  ['encoded twice', get('/v1/tenants/%252e%252e'), SLUG],
  ['%00', get('/v1/tenants/corner%00'), INPUT],
  ['a percent sign that says nothing', get('/v1/tenants/%zz'), SLUG],
  ['not an operation id', get('/v1/operations/17'), INPUT],
  ['an operation id that there is not', get(`/v1/operations/${UUID}`), [404, 'OPERATION_NOT_FOUND']],
  ['two slashes', get('/v1//tenants'), NOTHING],
  ['two slashes in front', get('//v1/tenants'), NOTHING],
  ['a slash at the end', get('/v1/tenants/'), NOTHING],
  ['another version', get('/v2/tenants'), NOTHING],
  ['a path in capitals', get('/V1/TENANTS'), NOTHING],
  ['dots', get('/v1/tenants/../../etc/passwd'), NOTHING],
  ['PUT', ['PUT', '/v1/tenants', { json: {} }], METHOD],
  ['PATCH', ['PATCH', '/v1/tenants/corner', { json: {} }], METHOD],
  ['DELETE without an operation', ['DELETE', '/v1/tenants/corner'], METHOD],
  ['OPTIONS', ['OPTIONS', '/v1/tenants'], METHOD],
  ['TRACE', ['TRACE', '/v1/tenants'], METHOD],
  ['POST to the page', ['POST', '/', { json: {} }], METHOD],
]

export const QUERIES: readonly ApiCase[] = [
  ...['-1', '0', '1e9', '1000000000', '501', '', '0x10', '1.5', ' 5', 'ten', '5;drop', 'NaN'].map(
    (limit): ApiCase => [`limit=${limit}`, get(`/v1/tenants?limit=${encodeURIComponent(limit)}`), INPUT],
  ),
  ['limit twice', get('/v1/tenants?limit=1&limit=2'), INPUT],
  ['a parameter that there is not', get('/v1/tenants?colour=red'), INPUT],
  ...['-', '', '--name', 'NAME', 'id', 'name,slug', 'name desc', '+name'].map(
    (sort): ApiCase => [`sort=${sort}`, get(`/v1/tenants?sort=${encodeURIComponent(sort)}`), INPUT],
  ),
  ['sort twice', get('/v1/tenants?sort=name&sort=slug'), INPUT],
  ['an order for what has none', get('/v1/operations?sort=name'), INPUT],
  ['a cursor for a count', get('/v1/tenant-counts?cursor=x'), INPUT],
  ['neither yes nor no', get('/v1/tenants?held=maybe'), INPUT],
  ['__proto__', get('/v1/tenants?__proto__=1'), INPUT],
  ['a state that there is not', get('/v1/tenants?state=happy'), INPUT],
  ['an empty search', get('/v1/tenants?search='), INPUT],
  ['a cursor that nobody handed out', get('/v1/tenants?cursor=bm90IG91cnM'), INPUT],
  [
    'a cursor with a statement',
    get(`/v1/tenants?cursor=${Buffer.from(`2026-01-01 00:00:00+00' or true --|${UUID}`).toString('base64url')}`),
    INPUT,
  ],
  ['a cursor of 201 characters', get(`/v1/tenants?cursor=${'a'.repeat(201)}`), INPUT],
  ['an empty filter', get('/v1/tenants?cluster='), INPUT],
  ['NUL in a filter', get('/v1/operations?name=x%00'), INPUT],
  ['fields of the body in the address', ['POST', '/v1/tenants?slug=a1', { json: { slug: 'a1' } }], INPUT],
  ['another tenant in the query than in the path', get('/v1/tenants/corner?tenant=other'), INPUT],
]

export const HEADERS: readonly ApiCase[] = [
  ['an empty idempotency key', create({ json: { slug: 'a1' }, headers: { 'idempotency-key': '' } }), INPUT],
  ['an idempotency key of 256 characters', create({ json: { slug: 'a1' }, headers: { 'idempotency-key': 'k'.repeat(256) } }), INPUT],
  ['an idempotency key of 300 characters', create({ json: { slug: 'a1' }, headers: { 'idempotency-key': 'k'.repeat(300) } }), INPUT],
  ['an idempotency key with a space', create({ json: { slug: 'a1' }, headers: { 'idempotency-key': 'a b' } }), INPUT],
  ['an idempotency key that is not ASCII', create({ json: { slug: 'a1' }, headers: { 'idempotency-key': 'k\u00e9y' } }), INPUT],
]

const UNAUTHORIZED = [401, 'KEY_INVALID'] as const
const as = (key: Text) => ['GET', '/v1/tenants', { as: key }] as const

/** More of them, also in headers of every kind, are in test/api/keys.test.ts. */
export const KEYS: readonly ApiCase[] = [
  ['two keys', as(({ key }) => `${key} ${key}`), [401, 'KEY_MISSING']],
  ['a key with one character more', as(({ key }) => `${key}x`), UNAUTHORIZED],
  [
    'a key with two characters turned round',
    as(({ key }) => key.replace(/^(tny_.{6})(.)(.)/, (_, head, one, two) => head + two + (one === two ? '-' : one))),
    UNAUTHORIZED,
  ],
  ['a key of 5,000 characters', as(`tny_${'a'.repeat(5_000)}`), UNAUTHORIZED],
]

const later = '2026-01-01 00:00:00+00'
const forged = (at: string, id: string, sort = 'created') =>
  get(`/v1/tenants?sort=${sort}&cursor=${writeCursor({ at, id }, `tenant.list ${sort}`)}`)

export const CURSORS: readonly ApiCase[] = [
  ['a cursor of another listing', get(({ cursor }) => `/v1/operations?cursor=${cursor}`), INPUT],
  ['a cursor with something behind it', get(({ cursor }) => `/v1/tenants?cursor=${cursor}!!`), INPUT],
  ['a cursor that is cut', get(({ cursor }) => `/v1/tenants?cursor=${cursor.slice(0, -1)}`), INPUT],
  [
    'a cursor with one character changed',
    get(({ cursor }) => `/v1/tenants?cursor=${cursor.replace(/^./, (c) => (c === 'M' ? 'N' : 'M'))}`),
    INPUT,
  ],
  ['a cursor without its digest', get(`/v1/tenants?cursor=${Buffer.from(`${later}|${UUID}`).toString('base64url')}`), INPUT],
  ['a cursor whose moment is in no calendar', forged('2026-02-31 00:00:00+00', UUID), INPUT],
  ['a cursor whose moment is on no clock', forged('2026-01-01 99:99:99+99', UUID), INPUT],
  ['a cursor whose id is none', forged(later, '-'.repeat(36)), INPUT],
  ['a cursor of another order', get(({ cursor }) => `/v1/tenants?sort=-created&cursor=${cursor}`), INPUT],
  ['a cursor of an order by text with NUL', forged('a\0b', UUID, 'name'), INPUT],
  ['a cursor of an order by text with 800 characters', forged('a'.repeat(800), UUID, '-name'), INPUT],
  ['a cursor of an order by moment with text', forged('a|b', UUID, 'since'), INPUT],
  ['a cursor of 10,000 characters', get(`/v1/tenants?cursor=${'a'.repeat(10_000)}`), INPUT],
  ['an empty cursor', get('/v1/tenants?cursor='), INPUT],
]

const SILLY = ['-5m', '5', '5 minutes ago', '5m', '1.5h', '1h30min', '1e3s', ' 5s', 'P1D', '999999999d', '99999999999d', '']

export const DURATIONS: readonly ApiCase[] = [
  ...SILLY.map((text): ApiCase => [`a grace of ${JSON.stringify(text)}`, remove(text), INPUT]),
  ...[...SILLY, '0d', '0min'].map((text): ApiCase => [`a key for ${JSON.stringify(text)}`, newKey({ expires: text }), INPUT]),
  ...SILLY.map(since),
  ...['2026-02-31', '2026-13-01', '0000-01-01', '2026-11-21T08:00:00', '2026-11-21T25:00:00Z', '2026-11-21T08:00:00+99:99'].map(since),
]

export const DOMAINS: readonly ApiCase[] = [
  'a',
  'localhost',
  '127.0.0.1',
  'http://x.example',
  '*.x.example',
  'x.example:80',
  'a..b',
  '-a.example',
  'a_b.example',
  'xn--zzzzzz.example',
  'x.example/y',
  'x y.example',
  `${'x'.repeat(64)}.example`,
].map(domain)

export const STATEMENTS: readonly ApiCase[] = [
  ['an empty statement', statement(''), INPUT],
  ['a statement with NUL', statement('select \0'), INPUT],
  ['a statement of 200,001 characters', statement(`select ${' '.repeat(199_994)}`), INPUT],
  ['nothing but space', statement(' '), [400, 'STATEMENT_REFUSED']],
  ['a role', statement('set role postgres'), [400, 'STATEMENT_REFUSED']],
  ['a program', statement("copy a to program 'id'"), [400, 'STATEMENT_REFUSED']],
  ['a command of psql', statement('\\! id'), [400, 'STATEMENT_REFUSED']],
  ['two statements', statement('select 1; select 2'), [422, 'SQL_FAILED']],
  ['a string without an end', statement("select 'a"), [422, 'SQL_FAILED']],
  ['a dollar quote without an end', statement('select $a$'), [422, 'SQL_FAILED']],
  ['parentheses 50,000 deep', statement(`select ${'('.repeat(50_000)}1${')'.repeat(50_000)}`), [422, 'SQL_FAILED']],
  ['a write where only reading was asked for', statement('delete from shops'), [409, 'SQL_READ_ONLY']],
]

export const CLUSTERS: readonly ApiCase[] = [
  ['a connection string for a reference', cluster({ url: 'postgres://u:canary@h/x' }), INPUT],
  ['a reference to nothing', cluster({ appSecret: 'env:' }), INPUT],
  ['port 0', cluster({ appPort: 0 }), INPUT],
  ['port 65536', cluster({ appPort: 65_536 }), INPUT],
  ...['a,b', 'a b', '', 'http://a', 'a:1', 'a/b', '-a', 'a\nb'].map(
    (host): ApiCase => [`the host ${JSON.stringify(host)}`, cluster({ appHost: host }), INPUT],
  ),
  ['a database in capitals', cluster({ database: 'Tenants' }), INPUT],
  ['a cluster twice', cluster({ name: 'main', appSecret: 'env:API_APP' }), [409, 'CLUSTER_EXISTS']],
  ['a cluster that there is not', get('/v1/clusters/absent'), [404, 'CLUSTER_NOT_FOUND']],
  ['a tenant for a cluster that there is not', json({ slug: 'a1', cluster: 'absent' }), [404, 'CLUSTER_NOT_FOUND']],
]

const WRONG = [400, 'REQUEST_INVALID'] as const
const HEAD = 'Host: x\r\nAuthorization: Bearer KEY\r\n'
const ask = (line: string, headers = HEAD, rest = '') => `${line}\r\n${headers}\r\n${rest}`
const post = (headers: string, rest = '') => ask('POST /v1/tenants HTTP/1.1', `${HEAD}Content-Type: application/json\r\n${headers}`, rest)

export const RAW: readonly RawCase[] = [
  ['what is no HTTP', 'GARBAGE\r\n\r\n', WRONG],
  ['the beginning of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', WRONG],
  ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', WRONG],
  ['HTTP/3.7', ask('GET /v1/tenants HTTP/3.7'), WRONG],
  ['a method that nobody knows', ask('BREW /v1/tenants HTTP/1.1'), WRONG],
  ['no Host', ask('GET /v1/tenants HTTP/1.1', 'Authorization: Bearer KEY\r\n'), WRONG],
  ['an empty Host', ask('GET /v1/tenants HTTP/1.1', 'Host: \r\n'), WRONG],
  ['a Host with a space', ask('GET /v1/tenants HTTP/1.1', 'Host: a b\r\n'), WRONG],
  ['a Host with a path', ask('GET / HTTP/1.1', 'Host: x/../y\r\n'), WRONG],
  ['a Host with markup', ask('GET / HTTP/1.1', 'Host: "><script>\r\n'), WRONG],
  ['a Host with port 99999', ask('GET / HTTP/1.1', 'Host: x:99999\r\n'), WRONG],
  ['a line break in a header', ask('GET /healthz HTTP/1.1', 'Host: x\r\nX-Request-Id: a\rSet-Cookie: b=c\r\n'), WRONG],
  ['a folded header', ask('GET /healthz HTTP/1.1', 'Host: x\r\nX: a\n Y: b\r\n'), WRONG],
  ['NUL in the address', ask('GET /healthz?a=\0 HTTP/1.1'), WRONG],
  ['an address that is not ASCII', ask('GET /v1/t\xffnants HTTP/1.1'), WRONG],
  ['an address without a slash', ask('GET healthz HTTP/1.1'), WRONG],
  ['OPTIONS *', ask('OPTIONS * HTTP/1.1'), WRONG],
  ['two lengths', post('Content-Length: 2\r\nContent-Length: 3\r\n', '{}'), WRONG],
  ['a length and chunks', post('Content-Length: 2\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'), WRONG],
  ['a length below zero', post('Content-Length: -1\r\n', '{}'), WRONG],
  ['a length that overflows', post('Content-Length: 99999999999999999999\r\n', '{}'), WRONG],
  ['a chunk of ZZ bytes', post('Transfer-Encoding: chunked\r\n', 'ZZ\r\n{}\r\n'), WRONG],
  ['headers of 20 KB', ask('GET /healthz HTTP/1.1', `${HEAD}X: ${'a'.repeat(20_000)}\r\n`), [431, 'HEADERS_TOO_LARGE']],
  ['an address of 20 KB', ask(`GET /${'a'.repeat(20_000)} HTTP/1.1`), [431, 'HEADERS_TOO_LARGE']],
  ['an expectation that nobody knows', post('Expect: a-miracle\r\nContent-Length: 2\r\n', '{}'), [417, 'EXPECTATION_UNKNOWN']],
  ['100 MB announced, and leave asked for', post('Expect: 100-continue\r\nContent-Length: 104857600\r\n'), [413, 'BODY_TOO_LARGE']],
  ['100 MB announced', post('Content-Length: 104857600\r\n'), [413, 'BODY_TOO_LARGE']],
  ['CONNECT', ask('CONNECT x:80 HTTP/1.1'), [405, 'METHOD_NOT_ALLOWED']],
  ['TRACE', ask('TRACE /v1/tenants HTTP/1.1'), METHOD],
  ['a key twice', ask('GET /v1/tenants HTTP/1.1', `${HEAD}Authorization: Bearer KEY\r\n`), [401, 'KEY_MISSING']],
  ['another body behind the first', post('Content-Length: 13\r\nConnection: close\r\n', '{"slug":"A1"}{"slug":"b1"}'), SLUG],
  ['an address of another host', ask('GET //evil.example/%2e%2e HTTP/1.1'), NOTHING],
]
