import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CANARY, canaryUrl, type Expected } from './expected.js'

/** What a folder holds: a configuration as an object (over one that is right) or as a text, or whatever is made there. */
export interface Setup {
  readonly config?: Readonly<Record<string, unknown>> | string
  /** Default tenantry.config.json. */
  readonly file?: string
  readonly make?: (folder: string) => void
  readonly env?: (server: { readonly address: string; readonly admin: string }) => Record<string, string>
}

export type ConfigCase = readonly [id: string, setup: Setup, expected: Expected]

const wrong = (cause: RegExp): Expected => ({ code: 'CONFIG_INVALID', exit: 2, cause })
const field = (config: Record<string, unknown>, cause: RegExp): ConfigCase => [
  JSON.stringify(config).slice(0, 80),
  { config },
  wrong(cause),
]
const typescript = (id: string, config: string, cause: RegExp): ConfigCase => [id, { config, file: 'tenantry.config.ts' }, wrong(cause)]

export const FILES: readonly ConfigCase[] = [
  ['no file', { make: () => {} }, { code: 'CONFIG_MISSING', exit: 2, cause: /tenantry\.config\.json/ }],
  ['a folder', { make: (folder) => mkdirSync(join(folder, 'tenantry.config.json')) }, wrong(/is not a file/)],
  [
    'a link to itself',
    { make: (folder) => symlinkSync('tenantry.config.json', join(folder, 'tenantry.config.json')) },
    wrong(/cannot be read \(ELOOP\)/),
  ],
  ['an empty file', { config: '' }, wrong(/not valid JSON/)],
  ['a list', { config: '[]' }, wrong(/not an object/)],
  ['null', { config: 'null' }, wrong(/not an object/)],
  ['a key twice', { config: '{"catalog":{},"catalog":{}}' }, wrong(/a key twice/)],
  ['__proto__', { config: '{"catalog":{},"__proto__":{"lease":"1s"}}' }, wrong(/"__proto__"/)],
  ['a secret behind the JSON', { config: `{"catalog":{}} ${CANARY}` }, wrong(/cannot be parsed/)],
  ['a secret in broken JSON', { config: `{"catalog":{"url":${CANARY}}}` }, wrong(/cannot be parsed/)],
  ['100,000 levels', { config: '['.repeat(100_000) }, wrong(/cannot be parsed/)],
  ['YAML', { config: 'catalog: {}', file: 'tenantry.config.yaml' }, wrong(/cannot be read/)],
  typescript('nothing', '', /catalog: /),
  typescript('a function', 'export default () => ({})', /expected object, received function/),
  typescript('what does not parse', 'export default {', /cannot be read/),
  typescript('what throws', "throw new Error('no luck')", /cannot be read: no luck/),
  typescript('what throws a string', "throw 'x'", /threw something that is no error/),
  typescript('what throws nothing', 'throw null', /threw something that is no error/),
  typescript('a getter that throws', "export default { get catalog() { throw new Error('not now') } }", /cannot be read: not now/),
  typescript('an import that there is not', "import x from './absent.js'\nexport default x", /absent\.js/),
  typescript('a connection string in what does not parse', `export default { catalog: { url: '${canaryUrl('h')} } }`, /cannot be read/),
  ['a .env that is a folder', { config: {}, make: (folder) => mkdirSync(join(folder, '.env')) }, wrong(/\.env: cannot be read \(EISDIR\)/)],
]

export const FIELDS: readonly ConfigCase[] = [
  field({ catalgo: {} }, /unknown field "catalgo"; did you mean "catalog"\?/),
  field({ catalog: { databse: 'x' } }, /catalog: unknown field "databse"; did you mean "database"\?/),
  field({ naming: { schemas: 't_{id}' } }, /naming: unknown field "schemas"; did you mean "schema"\?/),
  field({ anonymise: { customer: { email: 'emial' } } }, /anonymise\.customer\.email: must be 'null', 'hash'/),
  field({ anonymise: { customer: { born: { shiftDays: 0 } } } }, /anonymise\.customer\.born\.shiftDays: Too small/),
  field({ archives: { stores: {} } }, /archives: unknown field "stores"; did you mean "store"\?/),
  field({ archives: { store: {} } }, /archives\.store: must be a place: \{ folder: … \}/),
  field({ archives: { store: { folder: 7 } } }, /archives\.store: folder .*expected string/),
  field({ archives: { store: { s3: { bucket: 'No' } } } }, /archives\.store\.s3\.bucket: must be the name of a bucket/),
  field(
    { archives: { store: { s3: { bucket: 'abc', reigon: 'x' } } } },
    /archives\.store\.s3: unknown field "reigon"; did you mean "region"\?/,
  ),
  field({ archives: { store: { s3: { bucket: 'abc', accessKey: CANARY } } } }, /archives\.store\.s3\.accessKey: must be a reference/),
  field({ archives: { store: { s3: { bucket: 'abc', accessKey: 'env:A' } } } }, /accessKey and secretKey go together/),
  field(
    { archives: { store: { s3: { bucket: 'abc', endpoint: 'http://elsewhere:9000' } } } },
    /archives\.store: http:\/\/ is for this machine/,
  ),
  field({ archives: { store: { s3: { bucket: 'abc', endpoint: 'https://u:p@elsewhere' } } } }, /s3\.endpoint: must be like https/),
  field({ archives: { copies: [{ folder: 'archives' }] } }, /archives\.copies\.0: is the same place as archives\.store/),
  field(
    { archives: { copies: [{ folder: 'archives/copy' }] } },
    /archives\.copies\.0: is the same place as archives\.store, or one lies in/,
  ),
  field(
    { archives: { keys: { provider: { secrets: ['env:M'] }, store: { folder: 'archives/keys' } } } },
    /archives\.keys\.store: is the same place/,
  ),
  field({ archives: { keys: { provider: { secrets: [] }, store: { folder: 'k' } } } }, /archives\.keys\.provider\.secrets: Too small/),
  field({ archives: { keys: { provider: { age: { recipients: ['age2x'] } }, store: { folder: 'k' } } } }, /must be an age recipient/),
  field({ colour: 'red' }, /unknown field "colour"$/),
  field({ catalog: { database: 'Upper' } }, /catalog\.database: must be the name of a database in lower case/),
  field({ catalog: { database: '' } }, /catalog\.database: /),
  field({ catalog: { database: 'x'.repeat(64) } }, /catalog\.database: .*63 characters/),
  field({ catalog: { url: canaryUrl('h') } }, /catalog\.url: must be a reference/),
  field({ catalog: { url: 'env:' } }, /catalog\.url: must be a reference/),
  field({ tenantColumn: 5 }, /tenantColumn: .*expected string, received number/),
  field({ tenantColumn: null }, /tenantColumn: .*received null/),
  field({ tenantColumn: 'tenant id' }, /tenantColumn: must be the name of a column/),
  field({ isolation: 'shard' }, /isolation: .*"shared"\|"schema"\|"database"/),
  field({ isolation: 'shared', tenantColumn: undefined }, /isolation: shared tables need a tenantColumn/),
  field({ migrations: '' }, /migrations: must be a path/),
  field({ migrations: 'a\0b' }, /migrations: must be a path/),
  field({ migrations: 5 }, /migrations: .*received number/),
  field({ extensions: 'postgis' }, /extensions: .*expected array/),
  field({ extensions: ['dblink'] }, /extensions: .*around the walls/),
  field({ extensions: ['x"; drop'] }, /extensions\.0: /),
  field({ naming: { schema: 'tenant' } }, /naming\.schema: must .* contain \{id\}/),
  field({ naming: { schema: `${'x'.repeat(38)}{id}` } }, /naming\.schema: makes names of more than 63/),
  field({ naming: { database: 'pg_{id}' } }, /naming\.database: must not begin with pg_/),
  field({ hidden: { users: [] } }, /hidden\.users: /),
  field({ tiers: { Gold: {} } }, /tiers\.Gold: the name of a tier is a word of lower-case letters/),
  field({ tiers: { gold: { statementTimout: '1s' } } }, /tiers\.gold: unknown field "statementTimout"; did you mean "statementTimeout"\?/),
  field({ tiers: { gold: { idleTimeout: 30 } } }, /tiers\.gold\.idleTimeout: .*expected string/),
  field({ tiers: { gold: { lockTimeout: '50ms' } } }, /tiers\.gold\.lockTimeout: must be a duration .* from 100ms to 24h/),
  field({ tiers: { gold: { assurance: 'hard' } } }, /tiers\.gold\.assurance: .*"standard"\|"strict"\|"dedicated"/),
  field({ tiers: { gold: { connections: 0 } } }, /tiers\.gold\.connections: must be at least 1/),
  field({ tiers: { gold: { isolation: 'shared' } }, tenantColumn: undefined }, /tiers\.gold\.isolation: shared tables need a tenantColumn/),
  field({ limits: { statementTimeout: '5 min' } }, /limits\.statementTimeout: must be a duration/),
  field({ limits: { statement: '5min' } }, /limits: unknown field "statement"/),
  field({ watchdog: 'bark' }, /watchdog: .*"act"\|"tell"\|"off"/),
  field({ hidden: { users: 'password' } }, /hidden\.users: .*expected array/),
  ...['999.1.1.1', '1.1.1.1:0', '1.1.1.1:65536', '[:::::]', '2001:db8::1', 'ns.example'].map((address) =>
    field({ dns: [address] }, /dns\.0: must be an address/),
  ),
  ...['-5m', '5', '5 minutes ago', '0s', '1ms', '61min', '999999999min', '9999999999s'].map((lease) =>
    field({ lease }, /lease: must be a duration such as 15s/),
  ),
  field({ lease: 15 }, /lease: .*received number/),
]

const missing = (cause: RegExp): Expected => ({ code: 'SECRET_MISSING', exit: 2, cause })
const secretFile = (make: (path: string) => void): Setup => ({
  config: { catalog: { database: 'inputs_catalog', url: 'file:secret' } },
  make: (folder) => make(join(folder, 'secret')),
})
const file = (mode: number, text: string) =>
  secretFile((path) => {
    writeFileSync(path, text)
    chmodSync(path, mode)
  })

export const SECRETS: readonly ConfigCase[] = [
  ['a variable that is not set', { config: {} }, missing(/env:DATABASE_URL cannot be read: it is not set/)],
  ['a variable that is empty', { config: {}, env: () => ({ DATABASE_URL: '' }) }, missing(/it is empty/)],
  ['a file that there is not', secretFile(() => {}), missing(/file:secret cannot be read: there is no such file/)],
  ['a file that is a folder', secretFile((path) => mkdirSync(path)), missing(/it is not a file/)],
  ['a file that never ends', secretFile((path) => symlinkSync('/dev/zero', path)), missing(/it is not a file/)],
  ['a file that is empty', file(0o600, ' \n'), missing(/it is empty/)],
  ['a file of a megabyte', file(0o600, 'x'.repeat(1_048_576)), missing(/too large/)],
  ['a file that the group may read', file(0o640, canaryUrl('h')), missing(/others may use the file \(mode 0640\)/)],
  ['a file that all may read', file(0o644, canaryUrl('h')), missing(/others may use the file \(mode 0644\)/)],
]

const url = (id: string, text: string | ((server: { address: string; admin: string }) => string), expected: Expected): ConfigCase => [
  id,
  { config: {}, env: (server) => ({ DATABASE_URL: typeof text === 'string' ? text : text(server) }) },
  expected,
]
const refused = (cause: RegExp): Expected => ({ code: 'INPUT_INVALID', exit: 2, cause })
const away = (cause: RegExp): Expected => ({ code: 'CATALOG_UNREACHABLE', exit: 7, cause })
const CREDENTIALS = `u:${encodeURIComponent(CANARY)}`
const at = (rest: string): string => `postgres://${CREDENTIALS}@${rest}`

export const URLS: readonly ConfigCase[] = [
  url('what is no connection string', CANARY, refused(/env:DATABASE_URL is not a connection string/)),
  url('keywords and values', `host=h user=u password=${CANARY}`, refused(/is not a connection string/)),
  url('a megabyte', 'x'.repeat(1_048_576), refused(/is not a connection string/)),
  url('another scheme', `mysql://${CREDENTIALS}@h/x`, refused(/does not begin with postgres/)),
  url('no host', at('/x'), refused(/is not a connection string/)),
  url('two hosts', at('a,b/x'), refused(/exactly one host/)),
  url('a socket', at('%2Ftmp/x'), refused(/exactly one host/)),
  url('a host of 300 characters', at(`${'a'.repeat(300)}/x`), refused(/exactly one host/)),
  url('no user', 'postgres://h/x', refused(/names no user/)),
  url('port 0', at('h:0/x'), refused(/port 0/)),
  url('port 65536', at('h:65536/x'), refused(/is not a connection string/)),
  url('a % that says nothing', 'postgres://u:canary%zz@h/x', refused(/written %25/)),
  url('a % that says nothing in the database', at('h/%zz'), refused(/written %25/)),
  url('NUL in the user', 'postgres://u%00x:canary@h/x', refused(/written %25/)),
  url('a fragment', at('h/x#y'), refused(/written %23/)),
  url('a database of 64 characters', at(`h/${'x'.repeat(64)}`), refused(/more than 63 bytes/)),
  url('a parameter that changes who we are', at('h/x?options=-c%20role=x'), refused(/parameter "options"/)),
  url('sslmode twice', at('h/x?sslmode=disable&sslmode=require'), refused(/"sslmode" twice/)),
  url('sslmode=', at('h/x?sslmode='), refused(/sslmode=; supported/)),
  url('sslmode=allow', at('h/x?sslmode=allow'), refused(/sslmode=allow; supported/)),
  url('sslmode=__proto__', at('h/x?sslmode=__proto__'), refused(/sslmode=__proto__; supported/)),
  url('no TLS on the way to another machine', at('db.example.org/x?sslmode=disable'), {
    code: 'TLS_REQUIRED',
    exit: 2,
    cause: /env:DATABASE_URL leads to db\.example\.org:5432/,
  }),
  url('TLS with anybody', at('db.example.org/x?sslmode=require'), { code: 'TLS_REQUIRED', exit: 2, cause: /nobody knows who answers/ }),
  url(
    'an authority that is not there',
    at('db.example.org/x?sslrootcert=/absent.pem'),
    refused(/sslrootcert: \/absent\.pem cannot be read \(ENOENT\)/),
  ),
  url('TLS where there is none', ({ admin }) => `${admin}?sslmode=verify-full`, {
    code: 'TLS_NOT_OFFERED',
    exit: 7,
    cause: /does not offer TLS/,
  }),
  url('a server that is not there', at('127.0.0.1:1/x'), away(/127\.0\.0\.1:1 cannot be reached: connection refused/)),
  url('a server that is not there, by IPv6', at('[::1]:1/x'), away(/at \[::1\]:1 /)),
  url('a host that nobody knows', at('nowhere.invalid/x'), away(/nowhere\.invalid/)),
  url('a wrong password', ({ address }) => at(`${address}/postgres`), { code: 'LOGIN_REFUSED', exit: 7 }),
  [
    'a wrong password in the .env',
    { config: {}, make: (folder) => writeFileSync(join(folder, '.env'), `DATABASE_URL=${at('127.0.0.1:1/x')}\n`) },
    away(/127\.0\.0\.1:1/),
  ],
  [
    'a catalog that has not been made',
    { config: { catalog: { database: 'inputs_absent' } }, env: ({ admin }) => ({ DATABASE_URL: admin }) },
    { code: 'PLATFORM_MISSING', exit: 2, cause: /inputs_absent/ },
  ],
]
