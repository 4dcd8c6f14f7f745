import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { fault } from '../../kernel/faults.js'
import { inNetworks } from '../../kernel/networks.js'

/** Where a name leads. */
export interface Address {
  readonly address: string
  readonly family: 4 | 6
}

/** Answers nothing for a name that leads nowhere. */
export type Resolve = (host: string) => Promise<readonly Address[]>

export interface Reach {
  /** Networks that may be reached although they are not public. */
  readonly allow: readonly string[]
  /** Default: as this machine resolves names. */
  readonly resolve?: Resolve
}

const HERE = inNetworks(['0.0.0.0/8', '127.0.0.0/8', '::/128', '::1/128'])
// Where machines of clouds are told who they are, with keys that prove it.
const LINK = inNetworks(['169.254.0.0/16', 'fe80::/10'])
const PRIVATE = inNetworks(['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7', 'fec0::/10'])
const RESERVED = inNetworks([
  ...['192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/3'],
  ...['2001::/23', '2001:db8::/32', '3fff::/20'],
])
const GLOBAL_V6 = inNetworks(['2000::/3'])

export const resolveName: Resolve = async (host) => {
  const found = await lookup(host, { all: true, verbatim: true }).catch(() => [])
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }))
}

/**
 * The addresses that a URL leads to, all of which may be reached: whoever connects takes one of them, and asks no name server again. None where the name
 * leads nowhere. Throws WEBHOOK_ADDRESS.
 */
export async function targetOf(url: URL, { allow, resolve = resolveName }: Reach): Promise<readonly Address[]> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const version = isIP(host)
  const addresses = version === 0 ? await resolve(host) : [{ address: host, family: version === 6 ? (6 as const) : (4 as const) }]
  const allowed = inNetworks(allow)
  for (const { address } of addresses) {
    if (allowed(address) || allowed(insideOf(address))) continue
    const reason = strangeness(insideOf(address)) ?? (url.protocol === 'http:' ? 'it is to be reached without TLS' : undefined)
    if (reason !== undefined)
      throw fault('WEBHOOK_ADDRESS', { host: url.hostname, reason: host === address ? reason : `its address is ${address}; ${reason}` })
  }
  return addresses
}

/** Why it is none of the public Internet. */
function strangeness(address: string): string | undefined {
  if (HERE(address)) return 'that is this machine itself'
  if (LINK(address)) return 'that is an address of the local link'
  if (PRIVATE(address)) return 'that is an address of a private network'
  if (RESERVED(address) || (isIP(address) !== 4 && !GLOBAL_V6(address))) return 'that is no address of the public Internet'
  return undefined
}

/** The IPv4 address that an IPv6 address leads to: mapped, translated (also by NAT64), or 6to4. Otherwise itself. */
export function insideOf(address: string): string {
  // One with a zone is of a link, and is judged as it is.
  if (isIP(address) !== 6 || address.includes('%')) return address
  const groups = groupsOf(address)
  const v4 = (high: number, low: number): string => [high >> 8, high & 255, low >> 8, low & 255].join('.')
  const begins = (...start: readonly number[]): boolean => start.every((group, at) => groups[at] === group)
  const last = v4(groups[6]!, groups[7]!)
  if (begins(0, 0, 0, 0, 0, 0xffff) || begins(0, 0, 0, 0, 0xffff, 0) || begins(0x64, 0xff9b, 0, 0, 0, 0)) return last
  // Without a prefix, as nobody writes them any more.
  if (begins(0, 0, 0, 0, 0, 0) && groups[6] !== 0) return last
  return begins(0x2002) ? v4(groups[1]!, groups[2]!) : address
}

/** The eight groups. A URL writes them without dots in between. */
function groupsOf(address: string): readonly number[] {
  const [left = '', right] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::')
  const read = (text: string | undefined): number[] =>
    text === undefined || text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
  const [head, tail] = [read(left), read(right)]
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail]
}
