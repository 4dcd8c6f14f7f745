import { type Fault, fault } from '../kernel/faults.js'
import {
  assertVerified,
  certificatesIn,
  isLoopback,
  readCertificates,
  readClientCertificate,
  TLS_MODES,
  type TlsFacts,
  type TlsMode,
  type Transport,
  tlsOptions,
} from './transport.js'

export type { TlsMode, Transport }

/** Where a server is and who logs in: what a connection string says, as fields. */
export interface ConnectionConfig extends TlsFacts {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password?: string | undefined
  readonly database: string
  /** The file of authorities that the string itself names, for writing another one. */
  readonly rootcert?: string | undefined
}

const KNOWN_PARAMETERS = new Set(['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'application_name', 'connect_timeout'])

/**
 * Parses `postgres://user:password@host:port/database?sslmode=…` into fields. Parameters that could change who we are or where we land
 * (`options`, `service`, `passfile`, several hosts, a socket directory) are refused rather than ignored. What leaves this machine is verified: there the
 * default is `verify-full`, and less is TLS_REQUIRED unless `transport` allows the host. Throws INPUT_INVALID; no message ever repeats the string, which
 * may hold a password.
 */
export function parseUrl(text: string, what: string, transport: Transport = {}): ConnectionConfig {
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
  const server = { host, port: url.port === '' ? 5432 : Number(url.port) }
  const tls = tlsOf(server, url.searchParams, transport, what)
  const rootcert = url.searchParams.get('sslrootcert') ?? undefined
  return { ...server, user, password: password === '' ? undefined : password, database, ...tls, rootcert }
}

const isMode = (text: string): text is TlsMode => (TLS_MODES as readonly string[]).includes(text)

function tlsOf(server: { host: string; port: number }, given: URLSearchParams, transport: Transport, what: string): TlsFacts {
  const refuse = (reason: string): Fault => fault('INPUT_INVALID', { issues: [`${what} ${reason}`] })
  const local = isLoopback(server.host)
  const sslmode = given.get('sslmode') ?? transport.sslmode ?? (local ? 'disable' : 'verify-full')
  const mode = sslmode === 'prefer' && local ? 'disable' : sslmode
  if (!isMode(mode) && mode !== 'prefer')
    throw refuse(`has sslmode=${sslmode.slice(0, 40)}; supported are disable, require, verify-ca and verify-full`)
  assertVerified({ ...server, address: addressOf(server) }, mode, transport, what)
  if (!isMode(mode)) throw refuse('has sslmode=prefer, where whoever answers may choose; write require or disable')
  if (mode === 'disable') return { tls: mode }
  const ca = readCertificates(given.get('sslrootcert') ?? transport.sslrootcert, `${what} names sslrootcert`)
  const [sslcert, sslkey] = [given.get('sslcert') ?? transport.sslcert, given.get('sslkey') ?? transport.sslkey]
  // As libpq has it: whoever names an authority wants it asked.
  return { tls: mode === 'require' && ca !== undefined ? 'verify-ca' : mode, ca, ...readClientCertificate({ sslcert, sslkey }, what) }
}

/** How applications come to a cluster, as the catalog says. */
export interface Line {
  readonly host: string
  readonly port: number
  readonly sslmode: TlsMode
  /** A reference to the authorities that are believed there; null is those that `transport` names, or the system's. */
  readonly ca: string | null
}

/** The same rule for an address from the catalog. Throws TLS_REQUIRED, INPUT_INVALID, SECRET_MISSING. */
export function tlsOfLine(line: Line, what: string, secrets: (reference: string) => string, transport: Transport = {}): TlsFacts {
  const { sslmode, ca } = line
  assertVerified({ host: line.host, address: addressOf(line) }, sslmode, transport, what)
  if (sslmode === 'disable') return { tls: sslmode }
  const authorities = ca === null ? readCertificates(transport.sslrootcert, 'PGSSLROOTCERT') : certificatesIn(secrets(ca), ca)
  return { tls: sslmode, ca: authorities, ...readClientCertificate(transport, what) }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** The address for messages: never the password. */
export const addressOf = (config: Pick<ConnectionConfig, 'host' | 'port'>): string =>
  `${config.host.includes(':') ? `[${config.host}]` : config.host}:${config.port}`

/** The parameters of a connection string that say the same of TLS again. */
export function tlsParameters({ host, tls, rootcert }: Pick<ConnectionConfig, 'host' | 'tls' | 'rootcert'>): readonly string[] {
  if (tls === 'disable' && isLoopback(host)) return []
  return [`sslmode=${tls}`, ...(rootcert === undefined ? [] : [`sslrootcert=${encodeURIComponent(rootcert)}`])]
}

/** The fields that `pg` takes, with the bounds that every connection of ours has. */
export function driverOptions(config: ConnectionConfig, applicationName: string): Record<string, unknown> {
  return {
    host: config.host,
    port: config.port,
    user: config.user,
    // A function, so that a missing password is an error of the login and never read from the environment or a .pgpass of somebody else.
    password: () => config.password ?? '',
    database: config.database,
    ssl: tlsOptions(config),
    application_name: applicationName,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    // A peer that is gone without a word is noticed in 40 s (ten probes, one a second) by whoever waits for its answer; the kernel alone takes two hours.
    keepAliveInitialDelayMillis: 30_000,
  }
}
