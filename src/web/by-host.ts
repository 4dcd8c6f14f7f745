import { domainToASCII } from 'node:url'
import { fault } from '../kernel/faults.js'
import { hostNameOf } from './host-name.js'
import type { WayMaker } from './way.js'

export interface ByHostOptions {
  /** Each tenant has a name directly under one of these: `acme.shop.example` for the slug `acme` under `shop.example`. */
  readonly base?: string | readonly string[]
  /** Do verified domains of tenants count? Default true. */
  readonly domains?: boolean
  /** Hosts that say nothing about a tenant, such as `api.shop.example`; the bases themselves are among them. Another way must speak there. */
  readonly neutral?: readonly string[]
}

/** By the name of the host: a name under `base`, or a verified domain. It says nothing about who asks: anybody may send any Host. */
export const byHost =
  ({ base = [], domains = true, neutral = [] }: ByHostOptions = {}): WayMaker =>
  ({ trusts }) => {
    const bases = (typeof base === 'string' ? [base] : base).map(plain)
    const silent = new Set([...bases, ...neutral.map(plain)])
    return {
      read: (facts) => {
        const host = hostNameOf(facts, trusts)
        if (silent.has(host)) return undefined
        const under = bases.find((name) => host.endsWith(`.${name}`))
        if (under !== undefined) {
          const ref = host.slice(0, -under.length - 1)
          return ref.includes('.') ? { by: 'subdomain' } : { by: 'subdomain', ref }
        }
        return domains ? { by: 'domain', host } : { by: 'domain' }
      },
    }
  }

function plain(text: string): string {
  const name = domainToASCII(text.replace(/\.$/, ''))
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(name))
    throw fault('INPUT_INVALID', { issues: [`byHost: "${text.slice(0, 60)}" is no host name`] })
  return name
}
