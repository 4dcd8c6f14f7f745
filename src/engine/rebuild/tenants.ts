import type { RebuiltTenant } from '../../catalog/rebuilt.js'
import type { TenantState } from '../../catalog/tenants.js'
import type { KeptFacts } from '../../isolation/kept-facts.js'
import { type Settled, whereOf } from './claims.js'
import { DOUBT, isDoubted, type Known, type TenantFacts } from './facts.js'

export interface Closing extends Settled {
  /** Its facts, with the reason why it is closed; undefined where there are none. */
  readonly doubt: KeptFacts | undefined
}

export interface TenantPlan {
  readonly tenants: readonly RebuiltTenant[]
  /** Tenants that must let nobody in until an operator has looked at them, while their databases still do. */
  readonly close: readonly Closing[]
  readonly unknown: readonly string[]
}

const EMPTY = {
  deletedFrom: null,
  deletedFromReason: null,
  deletedAt: null,
  purgeAfter: null,
  heldFor: null,
  tier: null,
  region: null,
  labels: {},
  statementTimeoutMs: null,
  idleTimeoutMs: null,
} as const

/** Every tenant as its database and the copy of its facts say. Where the two differ the database decides, and in doubt it is suspended. */
export function planTenants(
  settled: readonly Settled[],
  factsOf: ReadonlyMap<string, Known<TenantFacts>>,
  suspendUnknown: boolean,
): TenantPlan {
  const unknown: string[] = []
  const close: Closing[] = []
  const slugs = claimNames(settled, factsOf, unknown)
  const taken = new Set(slugs.values())
  const tenants = settled.map((one) => {
    const { tenant, kept, contested } = one
    const known = factsOf.get(tenant)
    const facts = known?.facts
    const slug = slugs.get(tenant) ?? unknownSlug(tenant, taken)
    taken.add(slug)
    const { state, reason, doubt } = stateOf(kept.placement.state, facts, contested, suspendUnknown)
    if (doubt) close.push({ ...one, doubt: known && doubtOf(known, reason) })
    if (facts === undefined)
      unknown.push(`tenant ${tenant} in ${whereOf(kept)}: slug, name and all else that the catalog knew; it is called ${slug}`)
    if (doubt) unknown.push(`tenant ${slug}: ${reason}`)
    const isDeleted = state === 'deleted' || state === 'purging'
    const unclaimed = facts === undefined || facts.slug.startsWith('~')
    return {
      ...EMPTY,
      ...(facts === undefined ? {} : pick(facts)),
      ...(isDeleted ? deletionOf(facts!) : {}),
      id: tenant,
      slug,
      name: unclaimed ? slug : facts.name,
      isolation: kept.home.isolation,
      state,
      reason,
      home: kept.home.id,
      epoch: kept.placement.epoch,
      since: facts?.state === state ? facts.since : null,
      createdAt: facts?.createdAt ?? null,
      formerSlugs: [] as RebuiltTenant['formerSlugs'],
      domains: [] as RebuiltTenant['domains'],
    }
  })
  return { tenants: withNames(tenants, factsOf, unknown), close, unknown }
}

const pick = ({ heldFor, tier, region, labels, statementTimeoutMs, idleTimeoutMs }: TenantFacts) => ({
  ...{ heldFor, tier, region, labels, statementTimeoutMs, idleTimeoutMs },
})
const deletionOf = ({ deletedFrom, deletedFromReason, deletedAt, purgeAfter }: TenantFacts) => ({
  ...{ deletedFrom, deletedFromReason, deletedAt, purgeAfter },
})

const doubtOf = ({ subject, change, facts }: Known<TenantFacts>, reason: string | null): KeptFacts => ({
  ...{ subject, change: String(change), facts: { ...facts, state: 'suspended', reason, since: null } },
})

interface StateFound {
  readonly state: TenantState
  readonly reason: string | null
  readonly doubt: boolean
}

function stateOf(local: string, facts: TenantFacts | undefined, contested: boolean, suspendUnknown: boolean): StateFound {
  const doubtful = (why: string): StateFound => ({ state: 'suspended', reason: `${DOUBT}${why}`, doubt: true })
  if (contested) return doubtful('another database has it as well, and nothing says which is the older one')
  // A claim may have been made after the copy: as warm it would be given to somebody else. One that was being discarded is no customer's either.
  if (facts !== undefined && (facts.slug.startsWith('~') || facts.state === 'warm' || facts.state === 'creating'))
    return doubtful('it was in stock when it was heard of last; resume it if a customer has it')
  const isDeleted = (facts?.state === 'deleted' || facts?.state === 'purging') && facts.deletedAt !== null && facts.deletedFrom !== null
  if (facts === undefined && suspendUnknown) return doubtful('nothing is known of it')
  if (local === 'suspended') {
    if (facts !== undefined && isDoubted(facts)) return { state: 'suspended', reason: facts.reason, doubt: true }
    if (isDeleted) return { state: facts!.state, reason: facts!.reason, doubt: false }
    return { state: 'suspended', reason: facts?.state === 'suspended' ? facts.reason : 'found suspended by the rebuild', doubt: false }
  }
  if (isDeleted) return doubtful('it was deleted when it was heard of last, and its database lets scopes in')
  return local === 'read_only'
    ? { state: 'read_only', reason: facts?.state === 'read_only' ? facts.reason : null, doubt: false }
    : { state: 'active', reason: null, doubt: false }
}

/** The later of two who say that they have one slug has it: the other was renamed since, or its copy is stale. */
function claimNames(
  settled: readonly Settled[],
  factsOf: ReadonlyMap<string, Known<TenantFacts>>,
  unknown: string[],
): ReadonlyMap<string, string> {
  const owner = new Map<string, Known<TenantFacts>>()
  for (const { tenant } of settled) {
    const known = factsOf.get(tenant)
    if (known === undefined || known.facts.slug.startsWith('~')) continue
    const before = owner.get(known.facts.slug)
    const [has, lacks] = before === undefined || before.change < known.change ? [known, before] : [before, known]
    owner.set(known.facts.slug, has)
    if (lacks !== undefined)
      unknown.push(`tenant ${lacks.subject}: its slug; "${known.facts.slug}" has been that of tenant ${has.subject} since`)
  }
  return new Map([...owner].map(([slug, { subject }]) => [subject, slug]))
}

function unknownSlug(tenant: string, taken: ReadonlySet<string>): string {
  const hex = tenant.replaceAll('-', '')
  for (let length = 8; ; length += 4) {
    const slug = `unknown-${hex.slice(0, length)}`
    if (!taken.has(slug) || length >= hex.length) return slug
  }
}

/** Former slugs and domains, each for the one who had it last. */
function withNames(
  tenants: readonly RebuiltTenant[],
  factsOf: ReadonlyMap<string, Known<TenantFacts>>,
  unknown: string[],
): readonly RebuiltTenant[] {
  const slugs = new Set(tenants.map(({ slug }) => slug))
  const domains = new Set<string>()
  const latestFirst = [...tenants].sort((a, b) => Number((factsOf.get(b.id)?.change ?? 0n) - (factsOf.get(a.id)?.change ?? 0n)))
  const free = (names: Set<string>, name: string, what: string, tenant: RebuiltTenant): boolean => {
    if (!names.has(name)) return names.add(name) !== undefined
    unknown.push(`tenant ${tenant.slug}: whose ${what} ${name} is; another one has it since`)
    return false
  }
  const named = new Map(
    latestFirst.map((tenant) => {
      const facts = factsOf.get(tenant.id)?.facts
      const formerSlugs = (facts?.formerSlugs ?? []).filter(({ slug }) => free(slugs, slug, 'former slug', tenant))
      return [
        tenant.id,
        { ...tenant, formerSlugs, domains: (facts?.domains ?? []).filter(({ domain }) => free(domains, domain, 'domain', tenant)) },
      ]
    }),
  )
  return tenants.map(({ id }) => named.get(id)!)
}
