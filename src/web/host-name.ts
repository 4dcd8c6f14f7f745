import { fault } from '../kernel/faults.js'
import { inNetworks, isNetwork } from '../kernel/networks.js'
import type { RequestFacts } from './facts.js'

/** Is this the address of a proxy of ours? */
export type TrustsPeer = (peer: string | undefined) => boolean

/** Addresses and networks, such as `10.0.0.0/8`. Throws INPUT_INVALID. */
export function trustOf(proxies: readonly string[]): TrustsPeer {
  const wrong = proxies.find((text) => !isNetwork(text))
  if (wrong !== undefined)
    throw fault('INPUT_INVALID', { issues: [`trustedProxies: "${wrong.slice(0, 60)}" is no address and no network such as 10.0.0.0/8`] })
  const trusted = inNetworks(proxies)
  // An IPv4 address on a socket that takes both.
  return (peer) => trusted(peer?.replace(/^::ffff:(?=\d+\.)/i, '') ?? '')
}

const HOST = /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?(:\d{1,5})?$/

/** The name of the host that is asked, in lower case, without port and root dot. Throws REQUEST_INVALID unless there is exactly one. */
export function hostNameOf(facts: RequestFacts, trusts: TrustsPeer): string {
  const forwarded = trusts(facts.peer) ? facts.header('x-forwarded-host') : []
  const text = one(forwarded, 'X-Forwarded-Host') ?? hostHeader(facts)
  const name = HOST.exec(text.toLowerCase())?.[1]
  if (name === undefined || text.length > 260) throw fault('REQUEST_INVALID', { reason: 'its host is no host name' })
  return name
}

function hostHeader(facts: RequestFacts): string {
  const host = one(facts.header('host'), 'Host')
  const authority = one(facts.header(':authority'), ':authority')
  if (host !== undefined && authority !== undefined && host !== authority)
    throw fault('REQUEST_INVALID', { reason: 'Host and :authority differ' })
  const found = authority ?? host
  if (found === undefined) throw fault('REQUEST_INVALID', { reason: 'it names no host' })
  // Of a target that is a whole address the Host does not count, and who reads which differs from server to server.
  if (!facts.target.startsWith('/') && facts.target !== '*') throw fault('REQUEST_INVALID', { reason: 'its target is no path' })
  return found
}

function one(values: readonly string[], name: string): string | undefined {
  if (values.length > 1) throw fault('REQUEST_INVALID', { reason: `it has more than one ${name}` })
  return values[0]
}
