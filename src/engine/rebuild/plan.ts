import type { RebuiltCatalog, RebuiltCluster } from '../../catalog/rebuilt.js'
import { pairedLogin } from '../../isolation/names.js'
import type { Survey, SurveyedHome } from '../../isolation/survey.js'
import { newId } from '../../kernel/clock.js'
import { isLoopback, type TlsMode } from '../../postgres/transport.js'
import { PLATFORM_LEDGER } from '../../schema/forms/target.js'
import { ledgerDigest, platformDigest } from '../../schema/migration-files.js'
import type { Config } from '../config.js'
import { planBesides } from './besides.js'
import { type Found, placeOf, type Settled, settleClaims, whereOf } from './claims.js'
import { type ClusterFacts, clusterFactsIn, type Known, lastChangeIn, type TenantFacts, tenantFactsIn } from './facts.js'
import { type HomeNumber, lastNumberOf, numberHomes } from './numbers.js'
import { type Closing, planTenants } from './tenants.js'

/** A cluster as the user names it: addresses and references are lost with the catalog. What is not said here is taken from the copies. */
export interface GivenCluster {
  readonly name: string
  readonly adminRef: string
  readonly appHost?: string
  readonly appPort?: number
  /** As libpq calls it. */
  readonly appSslmode?: TlsMode
  /** A reference to the authorities that sign for that address. */
  readonly appCa?: string
  readonly appSecret?: string
  readonly pooler?: 'none' | 'pgbouncer'
  /** Where its new tenants go. */
  readonly database?: string
}

export interface SurveyedCluster {
  readonly given: GivenCluster
  readonly host: string
  readonly port: number
  readonly version: number
  readonly systemId: string
  readonly superuser: boolean
  readonly surveys: readonly Survey[]
}

export interface Plan {
  readonly catalog: RebuiltCatalog
  readonly close: readonly Closing[]
  readonly unknown: readonly string[]
  readonly conflicts: readonly string[]
  readonly leftovers: readonly string[]
}

const DEFAULT_SECRET = 'env:TENANTRY_APP_PASSWORD'

// No version of any home, so that none is given back with what migrations have made in it since. Whoever asks for that reads this.
const UNKNOWN_VERSION = 'unknown since the catalog was rebuilt'

/** What a catalog must have held, by what its databases say. Pure: it asks nobody. */
export function planRebuild(
  platformId: string,
  clusters: readonly SurveyedCluster[],
  config: Pick<Config, 'naming' | 'hidden'>,
  suspendUnknown: boolean,
): Plan {
  const found: readonly Found[] = clusters.flatMap(({ given, surveys }) => surveys.map((survey) => ({ cluster: given.name, survey })))
  const surveys = found.map(({ survey }) => survey)
  const { settled, copies, lost } = settleClaims(found)
  const facts = tenantFactsIn(surveys)
  const tenants = planTenants(settled, facts, suspendUnknown)
  const adoptedVersions = adoptedVersionsIn(settled, facts)
  const numbers = numberHomes(surveys, config.naming)
  const unknown = [...ALWAYS_UNKNOWN]
  const originals = found.filter((one) => !copies.includes(one))
  const besides = planBesides(settled, originals, facts, unknown)
  const occupied = new Set([...tenants.tenants, ...besides].map(({ home }) => home))
  const leftovers: string[] = [
    ...copies.map((copy) => `database ${placeOf(copy)}: another one has its id ${copy.survey.databaseId}, and is taken for the original`),
    ...lost.map((claim) => `tenant ${claim.placement.tenant}: placed in ${whereOf(claim)}, whose schema is not there`),
  ]
  const rebuilt = clusters.map((cluster) => {
    const own = found.filter((one) => one.cluster === cluster.given.name && !copies.includes(one)).map(({ survey }) => survey)
    const one = planCluster(platformId, cluster, own, { occupied, numbers, adoptedVersions, config, unknown })
    leftovers.push(...one.leftovers)
    return one
  })
  for (const [index, { given, systemId }] of clusters.entries()) {
    const first = clusters.findIndex((one) => one.systemId === systemId)
    if (first < index)
      unknown.push(
        `cluster ${given.name}: which databases of its server are its own; but for its main one they are taken for those of ${clusters[first]!.given.name}`,
      )
  }
  for (const survey of surveys) {
    if (survey.tenantFacts === null)
      unknown.push(`database ${survey.database}: it is older than the copies of facts, so all about its tenants`)
  }
  return {
    catalog: {
      platformId,
      clusters: rebuilt.map(({ cluster }) => cluster),
      databases: rebuilt.flatMap(({ databases }) => databases),
      homes: rebuilt.flatMap(({ homes }) => homes),
      tenants: tenants.tenants,
      besides,
      lastNumber: lastNumberOf(numbers),
      lastChange: String(lastChangeIn(surveys)),
    },
    close: tenants.close,
    unknown: [...unknown, ...tenants.unknown],
    conflicts: settled
      .filter(({ others }) => others.length > 0)
      .map(({ tenant, kept, others, contested }) => {
        const rest = others.map(whereOf).join(', ')
        return `tenant ${tenant}: restored in ${whereOf(kept)}${contested ? ', suspended' : ''}; also in ${rest}`
      }),
    leftovers,
  }
}

const ALWAYS_UNKNOWN: readonly string[] = [
  'API keys: make them anew with `tenantry key create`',
  'the audit, the journal of operations, and the tombstones and certificates of purged tenants',
]

interface ClusterContext {
  readonly occupied: ReadonlySet<string>
  readonly numbers: ReadonlyMap<string, HomeNumber>
  readonly adoptedVersions: ReadonlyMap<string, string>
  readonly config: Pick<Config, 'hidden'>
  readonly unknown: string[]
}

function planCluster(
  platformId: string,
  { given, host, port, version, systemId, superuser }: SurveyedCluster,
  surveys: readonly Survey[],
  { occupied, numbers, adoptedVersions, config, unknown }: ClusterContext,
) {
  const main = defaultDatabase(given, surveys)
  const kept = main === undefined ? undefined : clusterFactsIn(main)
  const facts = kept?.facts
  if (main === undefined)
    unknown.push(`cluster ${given.name}: which database its new tenants go to; until there is one, none can be created there`)
  if (facts === undefined) {
    unknown.push(
      `cluster ${given.name}: where applications connect, its pooler and secret, unless given; its stock, draining, and revocations`,
    )
  }
  const homesOf = (survey: Survey): readonly SurveyedHome[] =>
    survey.homes.filter(({ id, isolation, there }) => there && (occupied.has(id) || isolation === 'shared'))
  const restored = surveys.filter((survey) => survey === main || homesOf(survey).length > 0)
  const loginSide = facts?.loginSide ?? sideOf(restored.flatMap(homesOf), given.name, unknown)
  const id = kept?.subject ?? newId()
  const cluster: RebuiltCluster = {
    ...{ id, name: given.name, adminRef: given.adminRef, serverVersion: version, systemId, loginSide },
    appHost: given.appHost ?? facts?.appHost ?? host,
    appPort: given.appPort ?? facts?.appPort ?? port,
    appSslmode: given.appSslmode ?? sslmodeOf(facts, given.appHost ?? facts?.appHost ?? host),
    appCaRef: given.appCa ?? facts?.appCaRef ?? null,
    appSecretRef: given.appSecret ?? facts?.appSecretRef ?? DEFAULT_SECRET,
    pooler: given.pooler ?? facts?.pooler ?? 'none',
    poolerSecretRef: facts?.poolerSecretRef ?? null,
    poolerVersion: facts?.poolerVersion ?? null,
    hardened: main?.hardened ?? superuser,
    defaultDatabase: main?.databaseId ?? null,
    draining: facts?.draining ?? false,
    oldLoginsSince: facts?.oldLoginsSince ?? null,
    createdAt: facts?.createdAt ?? null,
    stock: facts?.stock ?? [],
    revocations: facts?.revocations ?? [],
  }
  const homes = restored.flatMap((survey) => {
    const ledgers = ledgersOf(survey)
    return homesOf(survey).map((home) => {
      const applied = ledgers.get(home.id) ?? []
      const adoptedVersion = home.adopted ? (adoptedVersions.get(home.id) ?? UNKNOWN_VERSION) : null
      if (adoptedVersion === UNKNOWN_VERSION)
        unknown.push(
          `schema ${given.name}/${survey.database}/${home.schema}: at which version it was adopted, so that \`tenant unadopt\` will not give it back`,
        )
      return {
        ...{
          id: home.id,
          databaseId: survey.databaseId,
          isolation: home.isolation,
          schema: home.schema,
          role: home.role,
          version: home.version,
          track: home.track,
        },
        number: numbers.get(home.id)!.number,
        login: loginOf(home, loginSide) ?? pairedLogin(platformId, 1, loginSide),
        applied: applied.length,
        digest: ledgerDigest(applied),
        createdAt: home.since?.toISOString() ?? null,
        adoptedVersion,
      }
    })
  })
  const databases = restored.map((survey) => ({
    ...{ id: survey.databaseId, clusterId: id, name: survey.database, adopted: survey.adopted },
    ...{ assurance: survey.assurance, signingKeys: survey.signingKeys },
    // Which columns were hidden is not in the ledger: with any, the next `migrate up` looks at the platform tables again.
    platformDigest: Object.keys(config.hidden).length > 0 ? '' : platformDigest(ledgersOf(survey).get(PLATFORM_LEDGER) ?? [], {}),
  }))
  const alive = new Set(homes.map((home) => home.id))
  const leftovers = surveys.flatMap((survey) =>
    restored.includes(survey)
      ? survey.homes
          .filter((home) => !alive.has(home.id))
          .map(({ schema }) => `schema ${given.name}/${survey.database}/${schema}: a home without a tenant`)
      : [`database ${given.name}/${survey.database}: no tenant lives in it`],
  )
  return { cluster, databases, homes, leftovers }
}

/** A copy of an older release says only whether it is verified; without a copy it is what `cluster add` would take. */
function sslmodeOf(facts: ClusterFacts | undefined, host: string): TlsMode {
  if (facts === undefined) return isLoopback(host) ? 'disable' : 'verify-full'
  return facts.appSslmode ?? (facts.appTls ? 'verify-full' : 'disable')
}

/** The versions that homes were adopted with, by the copies of those who live in them. */
function adoptedVersionsIn(settled: readonly Settled[], factsOf: ReadonlyMap<string, Known<TenantFacts>>): ReadonlyMap<string, string> {
  const versions = new Map<string, string>()
  for (const { tenant, kept } of settled) {
    const version = factsOf.get(tenant)?.facts.adoptedVersion ?? null
    if (version !== null) versions.set(kept.home.id, version)
  }
  return versions
}

function ledgersOf(survey: Survey): ReadonlyMap<string, Survey['applied']> {
  const ledgers = new Map<string, Survey['applied'][number][]>()
  for (const one of survey.applied) {
    const ledger = ledgers.get(one.home)
    if (ledger === undefined) ledgers.set(one.home, [one])
    else ledger.push(one)
  }
  return ledgers
}

/** The one that says so, or the one that is named, or the one that is neither some tenant's own nor was somebody's before. */
function defaultDatabase(given: GivenCluster, surveys: readonly Survey[]): Survey | undefined {
  if (given.database !== undefined) return surveys.find(({ database }) => database === given.database)
  const newest = (survey: Survey): Known<ClusterFacts> | undefined => clusterFactsIn(survey)
  const saying = surveys.filter((survey) => newest(survey) !== undefined)
  const [latest] = [...saying].sort((a, b) => Number(newest(b)!.change - newest(a)!.change))
  if (latest !== undefined) return latest
  const common = surveys.filter(({ adopted, homes }) => !adopted && homes.every(({ isolation }) => isolation !== 'database'))
  return common.find(({ homes }) => homes.some(({ isolation }) => isolation === 'shared')) ?? common[0]
}

const sideOfLogin = (login: string): 1 | 2 => (Number(/\d+$/.exec(login)![0]) % 2 === 1 ? 1 : 2)

/** Of a home's two logins the one that applications use now. */
const loginOf = ({ logins }: SurveyedHome, side: 1 | 2): string | undefined =>
  logins.find(({ login }) => sideOfLogin(login) === side)?.login ?? logins[0]?.login

function sideOf(homes: readonly SurveyedHome[], cluster: string, unknown: string[]): 1 | 2 {
  const sides = new Set(homes.flatMap(({ logins }) => logins.filter(({ enabled }) => enabled).map(({ login }) => sideOfLogin(login))))
  if (sides.size === 2) unknown.push(`cluster ${cluster}: which of two logins applications use, since both may log in; the first is taken`)
  return sides.size === 1 ? [...sides][0]! : 1
}
