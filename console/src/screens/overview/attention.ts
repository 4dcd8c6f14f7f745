import type { OutputOf } from 'tenantry/api'

export type Fleet = OutputOf<'fleet.overview'>

/** One thing that somebody should look at: what it is, what to do about it, and where. */
export interface Point {
  readonly tone: 'bad' | 'warn'
  readonly says: string
  readonly next: string
  /** A screen, with its filter. */
  readonly to: string
  readonly search?: Readonly<Record<string, string>>
}

const count = (number: number, one: string, many = `${one}s`): string => `${number.toLocaleString('en-US')} ${number === 1 ? one : many}`

/** What is not as it should be, worst first; nothing where all is well. */
export function attentionOf({ operations, migrations, backups, clusters }: Fleet): readonly Point[] {
  const weak = clusters.filter(({ hardened }) => !hardened)
  const leaving = clusters.filter(({ state }) => state !== 'live')
  const points: readonly (Point | undefined)[] = [
    some(backups.damaged, {
      tone: 'bad',
      says: `${count(backups.damaged, 'backup')} damaged`,
      next: 'Back up these tenants anew, and find out what happened to the archives',
      to: '/backups',
      search: { unverified: 'true' },
    }),
    some(operations.failed, {
      tone: 'bad',
      says: `${count(operations.failed, 'operation')} failed in the last day`,
      next: 'Look at why, mend that, and retry',
      to: '/operations',
      search: { state: 'failed', since: '24h' },
    }),
    some(weak.length, {
      tone: 'bad',
      says: `${count(weak.length, 'cluster')} without hardened walls: ${weak.map(({ name }) => name).join(', ')}`,
      next: 'Let the doctor say what is missing',
      to: '/security',
      search: { tab: 'findings' },
    }),
    some(migrations.unreadable.length, {
      tone: 'bad',
      says: `Migrations cannot be read: ${migrations.unreadable.join('; ')}`,
      next: 'Mend the file; until then nobody knows whether homes that it is for are behind',
      to: '/migrations',
    }),
    some(migrations.behind + migrations.platformsBehind, {
      tone: 'warn',
      says: `${count(migrations.behind, 'home')} and ${count(migrations.platformsBehind, 'database')} behind the migrations`,
      next: 'Look at the plan, then migrate',
      to: '/migrations',
      search: { tab: 'plan' },
    }),
    some(migrations.frozen === null ? 0 : 1, {
      tone: 'warn',
      says: `Migrations are frozen: ${migrations.frozen}`,
      next: 'Unfreeze when the reason is gone',
      to: '/migrations',
    }),
    some(operations.paused, {
      tone: 'warn',
      says: `${count(operations.paused, 'operation')} paused`,
      next: 'Resume, skip what fails, or cancel',
      to: '/operations',
      search: { state: 'paused' },
    }),
    some(backups.overdue, {
      tone: 'warn',
      says: `${count(backups.overdue, 'tenant')} with a backup overdue`,
      next: 'Look at the workers, or back up by hand',
      to: '/backups',
    }),
    some(backups.without, {
      tone: 'warn',
      says: `${count(backups.without, 'tenant')} without a backup`,
      next: 'Say by a policy how many backups are kept',
      to: '/backups',
      search: { tab: 'policies' },
    }),
    some(leaving.length, {
      tone: 'warn',
      says: `${count(leaving.length, 'cluster')} on the way out or in change: ${leaving.map(({ name, state }) => `${name} is ${state}`).join(', ')}`,
      next: 'Look what is still there',
      to: '/clusters',
    }),
  ]
  return points.filter((point) => point !== undefined)
}

const some = (number: number, point: Point): Point | undefined => (number > 0 ? point : undefined)

/** How many tenants there are of each, most first. */
export function tenantsBy(
  field: 'state' | 'isolation',
  data: Fleet['tenants']['data'],
): readonly (readonly [name: string, tenants: number])[] {
  const sums = new Map<string, number>()
  for (const row of data) sums.set(row[field], (sums.get(row[field]) ?? 0) + row.tenants)
  return [...sums].toSorted(([, a], [, b]) => b - a)
}

/** One line for a cluster, of whatever kinds its series are: their sum, and nothing where nothing is known. */
export function sumOf(series: OutputOf<'metric.show'>['series'], metric: string, cluster: string): readonly (number | null)[] {
  const own = series.filter((one) => one.metric === metric && one.cluster === cluster)
  return (own[0]?.values ?? []).map((_, at) => {
    const known = own.map(({ values }) => values[at]).filter((value) => typeof value === 'number')
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0)
  })
}
