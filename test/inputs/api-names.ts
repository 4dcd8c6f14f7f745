import type { ApiCase } from './api.js'

const INPUT = [400, 'INPUT_INVALID'] as const
const REFUSED = [422, 'WEBHOOK_ADDRESS'] as const

type Path = '/v1/users' | '/v1/webhooks' | '/v1/views' | '/v1/keys'

/** What else each of them is made with. */
const MADE: Readonly<Record<Path, (name: string) => object>> = {
  '/v1/users': (name) => ({ name, role: 'viewer' }),
  '/v1/webhooks': (name) => ({ name, url: 'https://93.184.216.34/' }),
  '/v1/views': (name) => ({ name, screen: 'tenants', query: 'state=active' }),
  '/v1/keys': (name) => ({ name, role: 'viewer' }),
}
const PATHS = Object.keys(MADE) as Path[]
const make = (path: Path, name: string): ApiCase[1] => ['POST', path, { json: MADE[path](name) }]

/** The shortest names that are right; these are made. */
export const RIGHT_NAMES = PATHS.map((path) => [path, make(path, 'x')] as const)

const WRONG = [
  ['none', ''],
  ['a space', ' '],
  ['255 characters', 'x'.repeat(255)],
  ['256 characters', 'x'.repeat(256)],
  ['10,000 characters', 'x'.repeat(10_000)],
  ['a line break', 'a\nb'],
  ['NUL', 'a\0b'],
  ['text that turns around what follows', 'abc\u202egnp'],
  ['a byte order mark', 'a\ufeffb'],
] as const

export const NAMES: readonly ApiCase[] = [
  ...PATHS.flatMap((path) => WRONG.map(([what, name]): ApiCase => [`${path}: ${what}`, make(path, name), INPUT])),
  ...['-a', 'a b', 'a/b', 'ä', '<b>', "a'b", '\u0430nna'].map(
    (name): ApiCase => [`a person called ${name}`, make('/v1/users', name), INPUT],
  ),
  ['a person shown as nobody', ['POST', '/v1/users', { json: { name: 'x', role: 'viewer', shownAs: '' } }], INPUT],
  ['a person shown as 101 characters', ['POST', '/v1/users', { json: { name: 'x', role: 'viewer', shownAs: 'x'.repeat(101) } }], INPUT],
  ['a webhook called by an id', make('/v1/webhooks', '7c9e6679-7425-40de-944b-e07fc1f90ae7'), INPUT],
  [
    'a view with a key in it',
    ['POST', '/v1/views', { json: { name: 'x', screen: 'tenants', query: `search=tny_${'a'.repeat(43)}` } }],
    INPUT,
  ],
  ['a view of 2,001 characters', ['POST', '/v1/views', { json: { name: 'x', screen: 'tenants', query: 'x'.repeat(2_001) } }], INPUT],
]

const hook = (url: string): ApiCase[1] => ['POST', '/v1/webhooks', { json: { name: 'hook', url } }]

/** All the forms of an address of this or of a private network are in test/webhooks/addresses.test.ts. */
export const WEBHOOKS: readonly ApiCase[] = [
  ...[
    '',
    'https://',
    'example.com',
    'ftp://example.com/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https://anna:secret@example.com/',
    'https://example.com/#x',
    'https://exa mple.com/',
    'https://example.com:99999/',
    'https://[::1/',
    'https://example.com/\r\nX: y',
    `https://example.com/${'a'.repeat(2_000)}`,
  ].map((url): ApiCase => [`the address ${JSON.stringify(url).slice(0, 40)}`, hook(url), INPUT]),
  ...[
    'http://93.184.216.34/',
    'https://127.0.0.1/',
    'https://0x7f000001/',
    'https://2130706433/',
    'https://[::ffff:7f00:1]/',
    'https://169.254.169.254/latest/meta-data/',
    'https://10.0.0.1/',
    'https://localhost/',
  ].map((url): ApiCase => [`the address ${url}`, hook(url), REFUSED]),
  [
    'no such type of events',
    ['POST', '/v1/webhooks', { json: { name: 'hook', url: 'https://93.184.216.34/', type: ['tenant.exploded'] } }],
    INPUT,
  ],
]
