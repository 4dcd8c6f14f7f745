import type { ApiRequest, Attack } from './attack.js'

const HIDDEN = '404 TENANT_NOT_FOUND'
const FORBIDDEN = '403 KEY_FORBIDDEN'
const INPUT = '400 INPUT_INVALID'
const BODY = '400 BODY_INVALID'
const SLUG = '400 SLUG_INVALID'

type Row = readonly [id: string, title: string, request: ApiRequest, expected: string, more?: Partial<Attack>]

const asked = (position: 'P4' | 'P5' | 'P7', key: ApiRequest['key'], rows: readonly Row[]): readonly Attack[] =>
  rows.map(([id, title, request, expected, more]) => ({
    ...{ id, title, position, from: 'api' as const, does: [], expected: [expected] },
    request: key === undefined ? request : { key, ...request },
    ...more,
  }))

const create = (slug: string): ApiRequest => ({ method: 'POST', path: '/v1/tenants', json: { slug } })
const get = (path: string): ApiRequest => ({ method: 'GET', path })
const post = (path: string, json: unknown = {}): ApiRequest => ({ method: 'POST', path, json })
const NOBODY = '00000000-0000-4000-8000-000000000000'

/** Requests to the HTTP API. `{me}` and `{them}` are tenants of the platform that is asked. */
export const CALLERS: readonly Attack[] = [
  ...asked('P4', 'tenant-admin', [
    ['I-10', 'reads another tenant by its id', get('/v1/tenants/{them}'), HIDDEN, { never: '"id":"{them}"' }],
    ['A-01', 'asks for a tenant that there is not, which must look the same', get(`/v1/tenants/${NOBODY}`), HIDDEN],
    ['A-02', 'lists tenants', get('/v1/tenants'), '200', { never: '{them}' }],
    ['A-03', "lists tenants by the other's name", get('/v1/tenants?search={their role}'), '200', { never: '{them}' }],
    [
      'A-04',
      'names another tenant in a header',
      { ...get('/v1/tenants'), headers: { 'x-tenant-id': '{them}' } },
      '200',
      { never: '{them}' },
    ],
    ['A-05', 'suspends another tenant', post('/v1/tenants/{them}/suspend', { reason: 'x' }), FORBIDDEN],
    ['A-06', 'runs SQL in another tenant', post('/v1/tenants/{them}/sql', { statement: 'select 1' }), FORBIDDEN],
    ['A-07', 'asks how to reach another tenant', get('/v1/tenants/{them}/connection'), FORBIDDEN],
    ['A-08', 'deletes another tenant', post('/v1/tenants/{them}/delete', { reason: 'x' }), FORBIDDEN],
    ['A-09', 'purges another tenant', post('/v1/tenants/{them}/purge', { waiveBackup: 'x' }), FORBIDDEN],
    ['A-10', 'renames another tenant', post('/v1/tenants/{them}/rename', { slug: 'stolen' }), FORBIDDEN],
    ['A-11', "takes another tenant's domain", post('/v1/tenants/{them}/domains', { domain: 'a.example' }), FORBIDDEN],
    ['A-12', 'makes a tenant', create('another'), FORBIDDEN],
    ['A-13', 'makes itself a key', post('/v1/keys', { name: 'x', role: 'fleet-admin' }), FORBIDDEN],
    ['A-14', 'lists keys', get('/v1/keys'), FORBIDDEN],
    ['A-15', 'reads the audit', get('/v1/audit?tenant={them}'), FORBIDDEN],
    ['A-16', 'lists clusters', get('/v1/clusters'), FORBIDDEN],
    ['A-17', 'lists what is being done', get('/v1/operations'), FORBIDDEN],
    ['A-18', 'has the doctor look', get('/v1/doctor'), FORBIDDEN],
    ['A-19', 'has another tenant attacked', post('/v1/doctor/attack', { cluster: 'main' }), FORBIDDEN],
    ['A-20', 'names two tenants', get('/v1/tenants/{me}?tenant={them}'), INPUT],
  ]),
  ...asked('P7', 'viewer', [
    ['I-18', 'purges, with a key that only reads', post('/v1/tenants/{them}/purge', { waiveBackup: 'x' }), FORBIDDEN],
    ['A-21', 'makes a tenant, with a key that only reads', create('another'), FORBIDDEN],
    ['A-22', 'runs SQL, with a key that only reads', post('/v1/tenants/{them}/sql', { statement: 'select 1' }), FORBIDDEN],
    ['A-23', 'makes keys, with a key that only reads', post('/v1/keys', { name: 'x', role: 'operator' }), FORBIDDEN],
  ]),
  ...asked('P7', 'operator', [
    ['A-24', 'makes keys, as an operator', post('/v1/keys', { name: 'x', role: 'fleet-admin' }), FORBIDDEN],
    ['A-25', 'purges, as an operator', post('/v1/tenants/{them}/purge', { waiveBackup: 'x' }), FORBIDDEN],
    [
      'I-19',
      'adds a cluster at an address inside, as an operator',
      post('/v1/clusters', { name: 'x', url: 'http://169.254.169.254/' }),
      FORBIDDEN,
    ],
    [
      'A-26',
      'stacks statements in SQL for a tenant',
      post('/v1/tenants/{me}/sql', { statement: 'select 1; reset role' }),
      '422 SQL_FAILED',
    ],
    [
      'A-27',
      'sets a role in SQL for a tenant',
      post('/v1/tenants/{me}/sql', { statement: 'set role {their role}' }),
      '400 STATEMENT_REFUSED',
    ],
    [
      'I-12',
      'names another tenant in the body than in the path',
      post('/v1/tenants/{me}/suspend', { tenant: '{them}', reason: 'x' }),
      INPUT,
    ],
    ['A-28', 'names a tenant by a list', post('/v1/tenants', { slug: ['a1'] }), INPUT],
    ['A-29', 'says a field twice', { method: 'POST', path: '/v1/tenants', body: '{"slug":"a1","slug":"b1"}' }, BODY],
    [
      'A-30',
      'writes into what all objects have',
      { method: 'POST', path: '/v1/tenants', body: '{"slug":"a1","__proto__":{"isolation":"schema"}}' },
      BODY,
    ],
  ]),
  ...asked('P5', 'operator', [
    ['I-01', 'makes a tenant called by two schemas', create('9999, tenant_0002'), SLUG],
    ['A-31', 'makes a tenant called by a statement', create(`x'; drop schema tenantry cascade; --`), SLUG],
    ['I-08', 'makes a tenant called by a command', create('x; rm -rf /'), SLUG],
    ['A-32', 'makes a tenant whose name is longer than PostgreSQL keeps', create('a'.repeat(60)), SLUG],
    ['A-33', 'makes a tenant that looks like another', create('\u0430cme'), SLUG],
    ['A-34', 'makes a tenant that looks like an id', create('deadbeef-0000-4000-8000-0000000'), SLUG],
    ['A-35', 'makes a tenant in capitals', create('ACME'), SLUG],
    ['A-36', 'asks for a path above', get('/v1/tenants/..%2f{them}'), SLUG],
    ['A-37', 'asks for a statement', get(`/v1/tenants/${encodeURIComponent("' or true --")}`), SLUG],
    ['A-38', 'asks with NUL', get('/v1/tenants/{them}%00'), INPUT],
    ['A-39', 'turns the name around that people read', post('/v1/tenants', { slug: 'a1', name: 'abc\u202egnp' }), INPUT],
  ]),
  ...asked('P4', 'none', [
    ['A-40', 'asks without a key', get('/v1/tenants/{them}'), '401 KEY_MISSING'],
    ['I-11', 'puts a key into the address', get('/v1/tenants?key=tny_0123456789abcdef0123456789abcdef'), INPUT],
    ['A-41', 'makes a key up', { ...get('/v1/tenants'), headers: { authorization: 'Bearer tny_0123456789abcdef' } }, '401 KEY_INVALID'],
  ]),
]
