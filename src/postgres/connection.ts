import { type Fault, fault } from '../kernel/faults.js'

/** Where a server is and who logs in: what a connection string says, as fields. */
export interface ConnectionConfig {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password?: string | undefined
  readonly database: string
  readonly tls: TlsMode
}

export type TlsMode = 'disable' | 'require' | 'verify-full'

const KNOWN_PARAMETERS = new Set(['sslmode', 'application_name', 'connect_timeout'])

/**
 * Parses `postgres://user:password@host:port/database?sslmode=…` into fields. Parameters that could change who we are or where we land
 * (`options`, `service`, `passfile`, several hosts, a socket directory) are refused rather than ignored. Throws INPUT_INVALID; the message never
 * repeats the string, which may hold a password.
 */
export function parseUrl(text: string, what: string): ConnectionConfig {
  const refuse = (reason: string): Fault => fault('INPUT_INVALID', { issues: [`${what} ${reason}`] })
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw refuse('is not a connection string: write postgres://user:password@host:port/database')
  }
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') throw refuse('does not begin with postgres://')
  if (!/^([a-z0-9_][a-z0-9_.-]{0,252}|\[[0-9a-f:.]+\])$/i.test(url.hostname)) throw refuse('must name exactly one host')
  if (url.port === '0') throw refuse('has the port 0; ports are 1 to 65535')
  if (url.hash !== '') throw refuse('has a # in it; in a password that is written %23')
  const given = [...url.searchParams.keys()]
  for (const [at, key] of given.entries()) {
    if (!KNOWN_PARAMETERS.has(key)) throw refuse(`has the parameter "${key.slice(0, 40)}", which is not supported`)
    if (given.indexOf(key) !== at) throw refuse(`has the parameter "${key}" twice`)
  }
  const sslmode = url.searchParams.get('sslmode') ?? 'disable'
  const tls = Object.hasOwn(TLS_OF, sslmode) ? TLS_OF[sslmode] : undefined
  if (tls === undefined) throw refuse(`has sslmode=${sslmode.slice(0, 40)}; supported are disable, require and verify-full`)
  const [user, password, path] = [url.username, url.password, url.pathname.slice(1)].map((part) => {
    const text = decoded(part)
    // PostgreSQL ends a text at NUL.
    if (text === undefined || text.includes('\0')) throw refuse('has a % that does not stand for a character; a % itself is written %25')
    return text
  }) as [string, string, string]
  if (user === '') throw refuse('names no user')
  const database = path || user
  // The server would cut it, and let us in somewhere else.
  for (const name of [user, database]) if (Buffer.byteLength(name) > 63) throw refuse('has a user or database of more than 63 bytes')
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return { host, port: url.port === '' ? 5432 : Number(url.port), user, password: password === '' ? undefined : password, database, tls }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

const TLS_OF: Readonly<Record<string, TlsMode>> = {
  disable: 'disable',
  prefer: 'disable',
  require: 'require',
  'verify-ca': 'verify-full',
  'verify-full': 'verify-full',
}

/** The address for messages: never the password. */
export const addressOf = (config: Pick<ConnectionConfig, 'host' | 'port'>): string =>
  `${config.host.includes(':') ? `[${config.host}]` : config.host}:${config.port}`

/** The fields that `pg` takes, with the bounds that every connection of ours has. */
export function driverOptions(config: ConnectionConfig, applicationName: string): Record<string, unknown> {
  return {
    host: config.host,
    port: config.port,
    user: config.user,
    // A function, so that a missing password is an error of the login and never read from the environment or a .pgpass of somebody else.
    password: () => config.password ?? '',
    database: config.database,
    ssl: config.tls === 'disable' ? false : { rejectUnauthorized: config.tls === 'verify-full' },
    application_name: applicationName,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    // A peer that is gone without a word is noticed in 40 s (ten probes, one a second) by whoever waits for its answer; the kernel alone takes two hours.
    keepAliveInitialDelayMillis: 30_000,
  }
}
