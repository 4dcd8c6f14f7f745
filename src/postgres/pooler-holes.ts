/** The settings of a PgBouncer that decide whether a hole matters there, as its admin console tells them; undefined when it does not. */
export type PoolerSettings = ReadonlyMap<string, string> | undefined

/** A published hole of PgBouncer. */
export interface PoolerHole {
  readonly id: string
  /** The first release that has it, where not all before had. */
  readonly since?: string
  /** The first release without it. */
  readonly fixed: string
  /** What it means here. */
  readonly means: string
  /** In words: where it does not matter. */
  readonly unless: string
  /** By the settings: does it matter? */
  readonly applies?: (settings: ReadonlyMap<string, string>) => boolean
}

const has = (settings: ReadonlyMap<string, string>, name: string): boolean => (settings.get(name) ?? '') !== ''

export const POOLER_HOLES: readonly PoolerHole[] = [
  {
    id: 'CVE-2025-2291',
    fixed: '1.24.1',
    means: 'a password that has expired (VALID UNTIL) still lets in, where auth_query is the default one',
    unless: 'auth_query asks tenantry_pooler.login_v1, which does not answer for expired passwords',
    applies: (settings) => has(settings, 'auth_user') && !/\btenantry_pooler\.login_v\d/.test(settings.get('auth_query') ?? ''),
  },
  {
    id: 'CVE-2025-12819',
    since: '1.20.0',
    fixed: '1.25.1',
    means: 'a stranger without a password runs SQL as auth_user',
    unless: 'track_extra_parameters does not name search_path, or auth_query names everything with its schema, as the one of ours does',
    applies: (settings) =>
      has(settings, 'auth_user') &&
      /\bsearch_path\b/.test(settings.get('track_extra_parameters') ?? '') &&
      !/\btenantry_pooler\.login_v\d/.test(settings.get('auth_query') ?? ''),
  },
  {
    id: 'CVE-2026-6664',
    fixed: '1.25.2',
    means: 'a stranger without a password ends the pooler, and with it the connections of all tenants',
    unless: 'nobody but applications reaches its port',
  },
  {
    id: 'CVE-2026-6665',
    fixed: '1.25.2',
    means: 'whoever answers in place of the server runs what they want on the machine of the pooler',
    unless: 'server_tls_sslmode is verify-full, so that nobody else can answer',
    applies: (settings) => settings.get('server_tls_sslmode') !== 'verify-full',
  },
  {
    id: 'CVE-2026-6666',
    fixed: '1.25.2',
    means: 'whoever answers in place of the server ends the pooler',
    unless: 'server_tls_sslmode is verify-full, so that nobody else can answer',
    applies: (settings) => settings.get('server_tls_sslmode') !== 'verify-full',
  },
  {
    id: 'CVE-2026-6667',
    since: '1.24.0',
    fixed: '1.25.2',
    means: 'whoever may only look at the admin console (stats_users) ends connections of applications',
    unless: 'stats_users names nobody but the role of ours, whose password only pooler and control plane have',
    applies: (settings) => !/^(tny_[a-z2-7]{6}_pooler)?$/.test((settings.get('stats_users') ?? '').trim()),
  },
  {
    id: 'CVE-2026-107348',
    since: '1.21.0',
    fixed: '1.26.1',
    means: 'a stranger without a password stops the pooler',
    unless: 'max_packet_size is the default',
    applies: (settings) => Number(settings.get('max_packet_size') ?? 0) > 2_147_483_647,
  },
  {
    id: 'CVE-2026-107349',
    since: '1.20.0',
    fixed: '1.26.1',
    means: 'a stranger without a password stops the pooler, and with it all tenants',
    unless: 'ignore_startup_parameters is empty, or names options',
    applies: (settings) =>
      has(settings, 'ignore_startup_parameters') && !/\boptions\b/.test(settings.get('ignore_startup_parameters') ?? ''),
  },
  {
    id: 'CVE-2026-107350',
    since: '1.17.0',
    fixed: '1.26.1',
    means: 'whoever has one password of the userlist logs in as any login of the pooler',
    unless:
      '[databases] has a line for *, so that no database is unknown to the pooler, and the userlist holds nothing but the role of ours',
  },
]

const parts = (version: string): readonly number[] => version.split('.').map(Number)

/** Is this release older than that one? */
export function isBefore(version: string, than: string): boolean {
  const [a, b] = [parts(version), parts(than)]
  for (let i = 0; i < 3; i++) if ((a[i] ?? 0) !== (b[i] ?? 0)) return (a[i] ?? 0) < (b[i] ?? 0)
  return false
}

/** The holes that a PgBouncer has by its version; of those, without what its settings rule out where they are known. */
export const poolerHoles = (version: string, settings: PoolerSettings): readonly PoolerHole[] =>
  POOLER_HOLES.filter(({ since, fixed }) => isBefore(version, fixed) && (since === undefined || !isBefore(version, since))).filter(
    ({ applies }) => settings === undefined || applies === undefined || applies(settings),
  )

/** In one line. Distributions close holes without a new number, so that only whoever runs it knows for sure. */
export const sayPoolerHoles = (version: string, holes: readonly PoolerHole[]): string =>
  `PgBouncer ${version} has published holes, unless its distribution has closed them under the same number: ${holes
    .map(({ id, means }) => `${id} (${means})`)
    .join('; ')}; docs/versions.md says where each does not matter`
