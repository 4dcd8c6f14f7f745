import { readFileSync, type Stats, statSync } from 'node:fs'
import { isIP } from 'node:net'
import { fault } from '../kernel/faults.js'

export const TLS_MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const

/** How much is asked of whoever answers, by libpq's names: nothing, TLS with anybody, TLS with a known authority, TLS with the right host. */
export type TlsMode = (typeof TLS_MODES)[number]

/** What holds where a connection string says nothing: libpq's variables, and the hosts that may be reached without knowing who answers. */
export interface Transport {
  readonly sslmode?: string | undefined
  /** Paths of PEM files, or `system` for the authorities of the system. */
  readonly sslrootcert?: string | undefined
  readonly sslcert?: string | undefined
  readonly sslkey?: string | undefined
  /** `db.internal`, `*.internal` or `*`: for ways that are safe by other means, such as a VPN. This machine needs no mention. */
  readonly unverifiedHosts?: readonly string[]
}

export const transportFrom = (env: Readonly<Record<string, string | undefined>>): Transport => ({
  sslmode: env.PGSSLMODE || undefined,
  sslrootcert: env.PGSSLROOTCERT || undefined,
  sslcert: env.PGSSLCERT || undefined,
  sslkey: env.PGSSLKEY || undefined,
  unverifiedHosts: (env.TENANTRY_UNVERIFIED_HOSTS ?? '')
    .split(',')
    .map((host) => host.trim())
    .filter((host) => host !== ''),
})

/** What a connection says about TLS; the texts are PEM. */
export interface TlsFacts {
  readonly tls: TlsMode
  /** The authorities that are believed; those of the system when there are none. */
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

/** This machine: nobody listens in between. */
export const isLoopback = (host: string): boolean =>
  /^localhost\.?$/i.test(host) || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))

export const isAllowedUnverified = (host: string, { unverifiedHosts = [] }: Transport): boolean => {
  const name = host.toLowerCase()
  return unverifiedHosts.some((pattern) => {
    const wanted = pattern.toLowerCase()
    if (wanted === '*') return true
    return wanted.startsWith('*.') ? name.endsWith(wanted.slice(1)) : name === wanted
  })
}

/** Throws TLS_REQUIRED where a connection leaves this machine without knowing who answers, and nobody has said that it may. */
export function assertVerified(
  server: { readonly host: string; readonly address: string },
  sslmode: string,
  transport: Transport,
  what: string,
): void {
  if (sslmode === 'verify-full' || isLoopback(server.host) || isAllowedUnverified(server.host, transport)) return
  throw fault('TLS_REQUIRED', { what, server: server.address, sslmode })
}

/** Throws INPUT_INVALID, which says `what` named the file. */
export function readCertificates(path: string | undefined, what: string): string | undefined {
  if (path === undefined || path === 'system') return undefined
  return certificatesIn(readPem(path, what).text, `${what}: ${path}`)
}

/** Text without a certificate would be believed to name no authority at all. */
export function certificatesIn(text: string, what: string): string {
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw fault('INPUT_INVALID', { issues: [`${what} has no certificate in it (PEM)`] })
  return text
}

/** The certificate and key that a client shows, where a server asks for one. */
export function readClientCertificate({ sslcert, sslkey }: Transport, what: string): Pick<TlsFacts, 'cert' | 'key'> {
  if (sslcert === undefined && sslkey === undefined) return {}
  if (sslcert === undefined || sslkey === undefined) throw fault('INPUT_INVALID', { issues: [`${what}: sslcert and sslkey go together`] })
  const { text: key, found } = readPem(sslkey, `${what}: sslkey`)
  const open = found.mode & (found.uid === 0 ? 0o037 : 0o077)
  if (open !== 0) throw fault('INPUT_INVALID', { issues: [`${what}: sslkey ${sslkey} may be used by others; give it the mode 0600`] })
  return { cert: readCertificates(sslcert, `${what}: sslcert`), key }
}

const LARGEST = 1_048_576

function readPem(path: string, what: string): { readonly text: string; readonly found: Stats } {
  const refuse = (reason: string, cause?: unknown) =>
    fault('INPUT_INVALID', { issues: [`${what}: ${path.slice(0, 200)} ${reason}`] }, { cause })
  let found: Stats
  try {
    found = statSync(path)
  } catch (error) {
    throw refuse(`cannot be read (${(error as { code?: string }).code ?? 'unknown'})`, error)
  }
  // A pipe would keep the process waiting for a writer.
  if (!found.isFile() || found.size > LARGEST) throw refuse('is no file of certificates')
  try {
    return { text: readFileSync(path, 'utf8'), found }
  } catch (error) {
    throw refuse(`cannot be read (${(error as { code?: string }).code ?? 'unknown'})`, error)
  }
}

/** What the driver takes. Names and addresses are compared with the host that was asked for, by the driver itself. */
export const tlsOptions = ({ tls, ca, cert, key }: TlsFacts): false | Record<string, unknown> =>
  tls === 'disable'
    ? false
    : {
        minVersion: 'TLSv1.2',
        rejectUnauthorized: tls !== 'require',
        ...(tls === 'verify-ca' ? { checkServerIdentity: () => undefined } : {}),
        ...(ca === undefined ? {} : { ca }),
        ...(cert === undefined ? {} : { cert, key }),
      }
