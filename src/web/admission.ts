import type { ListedTenant } from '../client/directory.js'
import type { ScopeOptions } from '../client/options.js'
import type { Tenantry } from '../client/tenantry.js'
import { type Fault, fault, isFault } from '../kernel/faults.js'
import type { Secrets } from '../kernel/secrets.js'
import type { RequestFacts } from './facts.js'
import { trustOf } from './host-name.js'
import type { RequestTenant } from './request-tenant.js'
import type { Named, Way, WayMaker } from './way.js'

/** For whom a request is, before anything was opened. */
export interface Admitted<Request> {
  readonly tenant: Pick<RequestTenant, 'id' | 'slug' | 'state' | 'by' | 'claims'>
  readonly request: Request
}

export interface AdmissionOptions<Request> {
  /** How a request says for which tenant it is, at least one. Where several speak, all must name the same tenant. */
  readonly ways: readonly WayMaker[]
  /** `any`: one way that speaks is enough. `all`: each must speak. Default `any`. */
  readonly require?: 'any' | 'all'
  /**
   * May whoever asks use this tenant? Asked of every request for a tenant that is served. Host, sub-domain and path say nothing about who asks: where no
   * token does, look at your session here. False is answered with 403.
   */
  readonly authorize?: (admitted: Admitted<Request>) => boolean | Promise<boolean>
  /** Options of all scopes of the request: who acts, the id of the request. */
  readonly scope?: (admitted: Admitted<Request>) => ScopeOptions
  /**
   * Addresses and networks of proxies whose X-Forwarded-Host is believed. Default: none, so that it is never read. Of a Request the other end is known by
   * `peer` alone.
   */
  readonly trustedProxies?: readonly string[]
  /** Told why a request was refused; the answer does not say. */
  readonly onRefused?: (fault: Fault, request: Request) => void
}

export interface Admission<Request> {
  readonly admit: (facts: RequestFacts, request: Request) => Promise<RequestTenant>
  readonly challenges: readonly string[]
}

export function createAdmission<Request>(tenantry: Tenantry, options: AdmissionOptions<Request>, secrets: Secrets): Admission<Request> {
  const context = { secrets, trusts: trustOf(options.trustedProxies ?? []) }
  const ways = options.ways.map((make) => make(context))
  if (ways.length === 0) throw fault('INPUT_INVALID', { issues: ['ways: name at least one, such as byHost()'] })
  const challenges = [...new Set(ways.flatMap(({ challenge }) => challenge ?? []))]

  const admit = async (facts: RequestFacts, request: Request): Promise<RequestTenant> => {
    // What is a credential is checked before any name is looked up: a wrong one is refused alike for every address.
    const named = await readAll(ways, facts, options.require ?? 'any')
    const found = await Promise.all(named.map((one) => lookUp(tenantry, one)))
    const tenants = found.filter((one) => one !== undefined)
    if (tenants.length < found.length) throw fault('TENANT_NOT_FOUND', { tenant: named.map(({ by }) => by).join(', ') })
    const { id, slug, state } = tenants[0]!
    const by = named.map((one) => one.by)
    if (tenants.some((one) => one.id !== id)) throw fault('TENANT_MISMATCH', { by })
    if (state !== 'active' && state !== 'read_only') throw fault('TENANT_SUSPENDED', { tenant: slug })
    const admitted: Admitted<Request> = { tenant: { id, slug, state, by, claims: named.find((one) => one.claims)?.claims }, request }
    if (options.authorize !== undefined && (await options.authorize(admitted)) !== true) throw fault('TENANT_DENIED', { tenant: slug })
    return { ...admitted.tenant, ...tenantry.tenant(id, options.scope?.(admitted)) }
  }

  return {
    challenges,
    admit: async (facts, request) => {
      try {
        return await admit(facts, request)
      } catch (error) {
        if (isFault(error)) options.onRefused?.(error, request)
        throw error
      }
    },
  }
}

async function readAll(ways: readonly Way[], facts: RequestFacts, require: 'any' | 'all'): Promise<readonly Named[]> {
  // Async, so that one that throws at once leaves no promise of another unheard: that would end the process.
  const read = await Promise.all(ways.map(async (way) => way.read(facts)))
  const named = read.filter((one) => one !== undefined)
  const silent = ways.filter((_, at) => read[at] === undefined)
  if (named.length > 0 && (require === 'any' || silent.length === 0)) return named
  if (silent.some(({ challenge }) => challenge !== undefined))
    throw fault('TENANT_UNPROVEN', { by: 'nothing', reason: 'it has no credential' })
  throw fault('TENANT_NOT_FOUND', { tenant: 'of no name' })
}

/** Undefined for whoever is not served, whatever the reason. */
async function lookUp({ directory }: Tenantry, { host, ref, vouched = false }: Named): Promise<ListedTenant | undefined> {
  if (host === undefined && ref === undefined) return undefined
  try {
    const found = host === undefined ? await directory.byRef(ref!, { vouched }) : await directory.byHost(host)
    if (found === undefined || found.state === 'deleted' || found.state === 'purging') return undefined
    if (found.service === undefined) throw fault('CATALOG_BEHIND', { found: 16, missing: ['0017_hosts'] })
    // A service of the project's own has a slug as well; no visitor is its customer.
    return found.service === null ? found : undefined
  } catch (error) {
    if (isFault(error, 'SLUG_INVALID')) return undefined
    throw error
  }
}
