import { randomUUID } from 'node:crypto'
import { isSuspended, schemaSlug, sharedSlug } from './large-fleet.js'

/** One request that is due. */
export interface Ask {
  /** What figures are told apart by. */
  readonly kind: string
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: unknown
  /** Told the answer, where there was a good one. */
  readonly after?: (body: string) => void
}

export interface Known {
  readonly shared: number
  readonly schema: number
  readonly operation: string
}

type Make = () => Ask

/** So many of a hundred. */
type Weighed = readonly (readonly [of100: number, make: Make])[]

/** Numbers that are the same in each run. */
export function numbersFrom(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** What a team before the console and programs behind the API ask for together: nine reads of ten requests. */
export function asks({ shared, schema, operation }: Known, below: (most: number) => number): () => Ask {
  const pick = <T>(of: readonly T[]): T => of[below(of.length)]!
  const anyShared = (): string => sharedSlug(1 + below(shared))
  const anySchema = (): string => schemaSlug(1 + below(schema))
  const any = (): string => (below(4) === 0 ? anySchema() : anyShared())
  const get = (kind: string, path: string, query: Readonly<Record<string, string | number>> = {}): Ask => {
    const search = new URLSearchParams(Object.entries(query).map(([name, value]): [string, string] => [name, String(value)])).toString()
    return { kind, method: 'GET', path: `${path}${search === '' ? '' : `?${search}`}` }
  }
  const post = (kind: string, path: string, body: unknown = {}): Ask => ({ kind, method: 'POST', path, body })

  // Where lists went on: the next page of one is asked for with what it was asked for at first.
  const pages: { readonly path: string; readonly query: Readonly<Record<string, string | number>>; readonly cursor: string }[] = []
  const list = (kind: string, path: string, query: Readonly<Record<string, string | number>>): Ask => ({
    ...get(kind, path, query),
    after: (body) => {
      const { nextCursor } = JSON.parse(body) as { readonly nextCursor: string | null }
      if (nextCursor !== null) pages.push({ path, query, cursor: nextCursor })
      if (pages.length > 100) pages.shift()
    },
  })
  const filter = (): Readonly<Record<string, string>> =>
    pick([
      { state: 'suspended' },
      { state: 'active' },
      { isolation: 'schema' },
      { tier: 'gold' },
      { region: 'eu', tier: 'pro' },
      { label: `team=t${below(40)}` },
      { search: `shop-0${below(10)}` },
      { search: `Shop ${below(1_000)}` },
      { domain: `shop-${below(400)}.` },
      { withoutBackup: 'true' },
    ])
  const sort = (): string => pick(['created', '-created', 'slug', '-slug', 'name', '-name', 'since', '-since', 'size', '-size'])
  const next: Make = () => {
    const page = pages.splice(below(pages.length), 1)[0]
    if (page === undefined) return list('tenant.list', '/v1/tenants', {})
    return list('lists, the next page', page.path, { ...page.query, cursor: page.cursor })
  }

  const reads: Weighed = [
    [14, () => list('tenant.list', '/v1/tenants', { sort: sort() })],
    [16, () => list('tenant.list, filtered', '/v1/tenants', { ...filter(), sort: sort() })],
    [8, next],
    [12, () => get('tenant.show', `/v1/tenants/${any()}`)],
    [6, () => get('tenant.count', '/v1/tenant-counts', filter())],
    [3, () => get('tenant.count', '/v1/tenant-counts')],
    [8, () => get('fleet.overview', '/v1/fleet')],
    [6, () => list('event.list', '/v1/events', pick([{}, { limit: 10 }]))],
    [4, () => list('operation.list', '/v1/operations', {})],
    [
      3,
      () => list('operation.list, filtered', '/v1/operations', pick([{ name: 'tenant.suspend' }, { state: 'failed' }, { tenant: any() }])),
    ],
    [2, () => get('operation.show', `/v1/operations/${operation}`)],
    [2, () => list('operation.items', `/v1/operations/${operation}/items`, {})],
    [5, () => get('metric.show', '/v1/metrics/transactions,connections', { since: pick(['1h', '24h']) })],
    [2, () => get('metrics', '/metrics')],
    [2, () => get('tenant.growth', `/v1/tenants/${anySchema()}/growth`)],
    [2, () => get('tenant.homes', `/v1/tenants/${anySchema()}/homes`)],
    [2, () => list('backup.list', '/v1/backups', {})],
    [1, () => get('backup.status', '/v1/backup-status')],
    [2, () => list('audit.log', '/v1/audit', {})],
    [1, () => get('migrate.status', '/v1/migrations')],
    [1, () => list('migrate.homes', '/v1/migrations/homes', {})],
    [1, () => get('cluster.list', '/v1/clusters')],
    [1, () => get('view.list', '/v1/views', { screen: 'tenants' })],
    [1, () => get('activity.list', '/v1/activity')],
    [1, () => list('key.list', '/v1/keys', {})],
    [1, () => get('tenant.tables', `/v1/tenants/${anySchema()}/tables`)],
  ]
  // Those that this load has suspended, and knows to be.
  const suspended: string[] = []
  let fresh = 0
  let views = 0
  const suspend: Make = () => {
    // None that is suspended already, nor one that another request is at.
    let n = 1 + (fresh++ % shared)
    if (isSuspended(n)) n = 1 + (fresh++ % shared)
    const slug = sharedSlug(n)
    return {
      ...post('tenant.suspend', `/v1/tenants/${slug}/suspend`, { reason: 'unpaid' }),
      after: () => void suspended.push(slug),
    }
  }
  const resume: Make = () => {
    const slug = suspended.shift()
    return slug === undefined ? suspend() : post('tenant.resume', `/v1/tenants/${slug}/resume`)
  }
  const writes: Weighed = [
    [40, () => post('tenant.set', `/v1/tenants/${any()}`, { label: [`seen=${below(1_000)}`], region: pick(['eu', 'us', 'ap']) })],
    [
      20,
      () =>
        post('view.save', '/v1/views', {
          screen: 'tenants',
          name: `View ${views++ % 200}`,
          query: `tier=gold&sort=-since&search=${below(100)}`,
        }),
    ],
    [10, () => post('key.create', '/v1/keys', { name: 'of the bench', role: 'viewer', expires: '1h' })],
    [15, suspend],
    [15, resume],
  ]
  const chosen = (weighed: Weighed): Ask => {
    const all = weighed.reduce((sum, [of100]) => sum + of100, 0)
    let at = below(all)
    for (const [of100, make] of weighed) {
      if (at < of100) return make()
      at -= of100
    }
    throw new Error('weights')
  }
  return () => (below(10) === 0 ? chosen(writes) : chosen(reads))
}

export const idempotencyKey = (): string => randomUUID()
