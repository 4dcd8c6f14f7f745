import { besidesLeft, type LeftBeside } from '../../catalog/beside.js'
import { type ClusterListing, listClusters } from '../../catalog/clusters.js'
import {
  liveDatabasesOf,
  liveHomesOf,
  namesOnCluster,
  openOperations,
  revocationsOf,
  type TellingName,
  tellingNames,
} from '../../catalog/doctor.js'
import type { Platform } from '../../engine/platform.js'
import { serverRules } from '../../isolation/advisor/advise.js'
import { type Finding, told } from '../../isolation/doctor/finding.js'
import { checkControlLine, checkLine } from '../../isolation/doctor/line.js'
import { checkServerOrphans } from '../../isolation/doctor/orphans.js'
import { checkMemberships, checkPasswords, checkRoles } from '../../isolation/doctor/roles.js'
import { checkServer, checkUnhardened } from '../../isolation/doctor/server.js'
import { checkSettings } from '../../isolation/doctor/settings.js'
import type { ClusterSubject } from '../../isolation/doctor/subject.js'
import { pairedLogin } from '../../isolation/names.js'
import { isFault } from '../../kernel/faults.js'
import { tlsOfLine } from '../../postgres/connection.js'
import type { TlsFacts } from '../../postgres/transport.js'
import { examineDatabase } from './database.js'
import { attempt, type Found } from './found.js'

// An operation that has a worker and journals nothing for so long waits for something that will not come.
const QUIET_MINUTES = 15

export interface ExamineOptions {
  readonly cluster: string | undefined
  /** The operation that asks, which is open itself. */
  readonly operation?: string
}

/** Looks at the whole platform, or at one cluster of it. Changes nothing; what cannot be looked at is a finding. */
export async function examine(platform: Platform, { cluster, operation }: ExamineOptions): Promise<readonly Found[]> {
  const found: Found[] = []
  if (cluster === undefined) {
    found.push(...checkControlLine('catalog', platform.catalog.config).map((finding) => ({ finding, database: undefined })))
    found.push(...(await attempt(undefined, 'catalog', () => checkOperations(platform, operation ?? null))))
  }
  for (const one of await platform.catalog.rows(listClusters)) {
    if (cluster === undefined || one.name === cluster) found.push(...(await examineCluster(platform, one)))
  }
  return found
}

async function examineCluster(platform: Platform, cluster: ClusterListing): Promise<readonly Found[]> {
  const secrets = checkSecrets(platform, cluster)
  const found: Found[] = secrets.map((finding) => ({ finding, database: undefined }))
  if (secrets.some(({ where }) => where.endsWith('/admin'))) return found
  let subject: ClusterSubject
  const homes = await platform.catalog.rows(liveHomesOf(cluster.id))
  const databases = await platform.catalog.rows(liveDatabasesOf(cluster.id))
  const firstLogin = pairedLogin(platform.id, 1, cluster.loginSide)
  // What is found on the server is repaired in a tenant-bearing database, since only there is a fence for the repair.
  const main = databases.find((database) => database.isDefault) ?? databases[0]
  const bearing = main === undefined ? undefined : platform.connect(cluster.adminRef, main.name)
  try {
    const server = platform.connect(cluster.adminRef)
    subject = {
      server,
      where: cluster.name,
      platformId: platform.id,
      names: platform.names,
      hardened: cluster.hardened,
      homes,
      databases,
      logins: [...new Set([firstLogin, ...homes.map((home) => home.login)])],
      revoked: (await platform.catalog.rows(revocationsOf(cluster.id))).map((row) => row.database),
      trustedRoles: platform.config.trustedRoles,
    }
    const identity = await checkServer(subject, cluster.systemId, platform.config.extensions)
    found.push(...identity.map((finding) => ({ finding, database: bearing })))
    if (identity.some((finding) => finding.check === 'cluster.identity')) return found
  } catch (error) {
    if (!isFault(error)) throw error
    return [...found, { finding: told('cluster.unreachable', cluster.name, error.message, error.remedy), database: undefined }]
  }
  const checks: readonly (() => Promise<readonly Finding[]>)[] = [
    async () => (cluster.hardened ? [] : [checkUnhardened(subject)]),
    async () => checkControlLine(cluster.name, subject.server.config),
    () => checkRoles(subject),
    () => checkMemberships(subject),
    () => checkSettings(subject),
    ...serverRules(subject),
    async () => checkNames(cluster.name, await platform.catalog.rows(tellingNames(cluster.id))),
    async () => checkBesides(cluster.name, await platform.catalog.rows(besidesLeft(cluster.id))),
    // While a rotation is under way, logins have one password or the other.
    async () =>
      secrets.length > 0 || cluster.state === 'rotating' || !cluster.hardened
        ? []
        : checkPasswords(subject, platform.secrets(cluster.appSecretRef)),
    async () => (secrets.length > 0 ? [] : checkApplicationLine(platform, cluster, main?.name, subject.logins[0]!)),
    () => checkServerOrphans(subject, () => platform.catalog.one(namesOnCluster(cluster.id))),
  ]
  for (const check of checks) found.push(...(await attempt(bearing, cluster.name, check)))
  for (const database of databases) found.push(...(await examineDatabase(platform, cluster, database, homes, firstLogin)))
  return found
}

const checkBesides = (cluster: string, left: readonly LeftBeside[]): readonly Finding[] =>
  left.map(({ slug, home, where, stuck, until }) => {
    const drop = `tenantry tenant dropbeside ${slug} ${home}`
    const [reason, fix] =
      stuck === 'making'
        ? [`a home beside of ${slug} was never finished`, 'see `tenantry operation list` for what has made it, and go on with that']
        : stuck === 'going'
          ? [`a home beside of ${slug} is dropped half-way`, `go on with it: \`${drop}\``]
          : [`the grace of a former home of ${slug} ended at ${until!.toISOString()}`, `run a worker (\`tenantry serve\`), or \`${drop}\``]
    return told('home.beside', `${cluster}/${where}`, reason!, fix!)
  })

/** A cluster without databases has none that an application could come to. */
async function checkApplicationLine(
  { secrets, config, names }: Platform,
  { name, appSecretRef, appHost: host, appPort: port, appSslmode: sslmode, appCaRef: ca, ...cluster }: ClusterListing,
  database: string | undefined,
  login: string,
): Promise<readonly Finding[]> {
  if (database === undefined) return []
  let tls: TlsFacts
  try {
    tls = tlsOfLine({ host, port, sslmode, ca }, 'the address for applications', secrets, config.transport)
  } catch (error) {
    if (!isFault(error)) throw error
    return [told('line.tls', `${name}/application`, error.message, error.remedy)]
  }
  const { pooler, poolerSecretRef, poolerVersion } = cluster
  return checkLine({
    where: name,
    pooler,
    poolerVersion,
    config: { host, port, user: login, password: secrets(appSecretRef), database, ...tls },
    adminConsole: poolerSecretRef === null ? undefined : { user: names.pooler, password: secrets(poolerSecretRef) },
  })
}

function checkSecrets(platform: Platform, { name, adminRef, appSecretRef, appCaRef, poolerSecretRef }: ClusterListing): readonly Finding[] {
  const secrets = [
    ['admin', adminRef, 'the connection string of its administrator'],
    ['app', appSecretRef, "the password of the application's logins"],
    ...(appCaRef === null ? [] : [['app', appCaRef, 'the authorities that sign for the address for applications'] as const]),
    ...(poolerSecretRef === null ? [] : [['pooler', poolerSecretRef, "the password of the pooler's own role"] as const]),
  ] as const
  return secrets.flatMap(([part, reference, what]) => {
    try {
      platform.secrets(reference)
      return []
    } catch (error) {
      if (!isFault(error, 'SECRET_MISSING')) throw error
      return [told('secret.missing', `${name}/${part}`, `${reference} does not resolve: ${what}`, `set ${reference} where this runs`)]
    }
  })
}

/** Names that PostgreSQL shows to everybody. */
function checkNames(cluster: string, names: readonly TellingName[]): readonly Finding[] {
  return names.map(({ what, where, name, slug }) => {
    const fix = `name ${what}s without it, and move the tenant into a new one`
    return told(
      'names.tenant',
      `${cluster}/${where}`,
      `every role of the server can read the tenant ${slug} from the ${what}'s name ${name}`,
      fix,
      'TL26',
    )
  })
}

async function checkOperations(platform: Platform, except: string | null): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const { id, name, abandoned, paused, quietMinutes } of await platform.catalog.rows(openOperations(except))) {
    const where = `catalog/${name} ${id}`
    if (paused !== null) {
      const fix = `\`tenantry operation resume ${id}\` goes on, \`tenantry operation cancel ${id}\` ends it`
      findings.push(told('operation.paused', where, `it stands still: ${paused}`, fix))
    } else if (abandoned) {
      const fix = `a worker takes it over: run \`tenantry serve\`, or \`tenantry operation cancel ${id}\` to have it taken back`
      findings.push(told('operation.abandoned', where, 'its lease is over and nobody has taken it up', fix))
    } else if (quietMinutes >= QUIET_MINUTES) {
      const fix = `see \`tenantry operation show ${id}\`; \`tenantry operation cancel ${id}\` has it taken back`
      findings.push(told('operation.stalled', where, `it has journaled nothing for ${quietMinutes} minutes`, fix))
    }
  }
  return findings
}
