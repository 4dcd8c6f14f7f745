import { createHash } from 'node:crypto'
import { insertAudit } from '../../catalog/audit.js'
import { catalogExists, lockCatalogLedger } from '../../catalog/platform.js'
import { catalogContents, writeCatalog } from '../../catalog/rebuilt.js'
import { type LocalPlacement, underFence } from '../../isolation/fence.js'
import type { SqlFile } from '../../isolation/install.js'
import { keepDoubt, suspendInDoubt } from '../../isolation/kept-facts.js'
import { newId } from '../../kernel/clock.js'
import { fault, isFault } from '../../kernel/faults.js'
import type { Secrets } from '../../kernel/secrets.js'
import { addressOf, type ConnectionConfig } from '../../postgres/connection.js'
import { openDatabase, type Session } from '../../postgres/session.js'
import type { Config } from '../config.js'
import { admitResolver, withCatalog } from '../init-catalog.js'
import { serverOf } from '../platform.js'
import { type GivenCluster, type Plan, planRebuild, type SurveyedCluster } from './plan.js'
import { type RebuiltReport, reportOf } from './report.js'
import { surveyServers } from './servers.js'

export interface RebuildOptions {
  readonly config: Config
  readonly secrets: Secrets
  readonly files: readonly SqlFile[]
  readonly clusters: readonly GivenCluster[]
  /** Becomes the password of the application's role at the catalog. */
  readonly appPassword: string
  /** Which platform, where the servers hold several. */
  readonly platform?: string
  /** Says what it would do, and does nothing. */
  readonly dryRun?: boolean
  /** Closes the tenants of which nothing is known but where they live. */
  readonly suspendUnknown?: boolean
  readonly actor: string
  /** How long open scopes of a tenant that is to be closed are waited for; then nothing is restored, and it can be tried again. */
  readonly patienceMs?: number
  /** Called at its borders; drills kill the process there. */
  readonly failpoint?: (name: string) => Promise<void>
}

const FENCE_PATIENCE_MS = 10_000

/**
 * Restores a lost catalog from what the databases of its tenants say. It is written in one transaction, in which applications are let in as well: before,
 * they cannot ask it and go on with what they know. Repeatable until then. Throws CATALOG_OCCUPIED rather than touching one that has anything in it.
 */
export async function rebuildCatalog(options: RebuildOptions): Promise<RebuiltReport> {
  const { config, secrets, dryRun = false, failpoint = async () => {} } = options
  const server = serverOf(config, secrets, config.catalog.url)
  const database = config.catalog.database
  await refuseOccupied({ ...server, database })
  const surveyed = await surveyServers(options.clusters, config, secrets, options.platform)
  const platform = choosePlatform(surveyed, options.platform)
  const clusters = surveyed.map((one) => ({ ...one, surveys: one.surveys.filter((survey) => survey.platformId === platform) }))
  const plan = planRebuild(platform, clusters, config, options.suspendUnknown === true)
  if (dryRun) return reportOf(plan, { catalog: database, server: addressOf(server), dryRun })
  // What this refuses is refused before any tenant is closed.
  await withCatalog(server, database, options.files, async (opened, { facts }) => {
    await closeTenants(plan, clusters, options, options.patienceMs ?? FENCE_PATIENCE_MS)
    await failpoint('catalog.rebuild/close:after')
    await opened.transaction(async (tx) => {
      await tx.run(lockCatalogLedger)
      await assertEmpty(tx, database)
      await writeCatalog(tx, plan.catalog)
      await admitResolver(tx, { platformId: platform, database, appPassword: options.appPassword, superuser: facts.superuser })
      await tx.run(insertAudit(auditOf(options, plan.catalog.tenants.length)))
      await failpoint('catalog.rebuild/write:acted')
    })
  })
  return reportOf(plan, { catalog: database, server: addressOf(server), dryRun })
}

async function refuseOccupied(catalog: ConnectionConfig): Promise<void> {
  const opened = openDatabase(catalog, { applicationName: 'tenantry rebuild', max: 1, catalog: true })
  try {
    if ((await opened.one(catalogExists)).found) await assertEmpty(opened, catalog.database)
  } catch (error) {
    if (!isFault(error, 'DATABASE_MISSING')) throw error
  } finally {
    await opened.end()
  }
}

async function assertEmpty(session: Session, database: string): Promise<void> {
  const contents = await session.rows(catalogContents)
  if (contents.length > 0)
    throw fault('CATALOG_OCCUPIED', { database, what: contents.map(({ what, rows }) => `${rows} ${what}`).join(', ') })
}

function choosePlatform(clusters: readonly SurveyedCluster[], wanted: string | undefined): string {
  const there = [...new Set(clusters.flatMap(({ surveys }) => surveys.map(({ platformId }) => platformId)))].sort()
  const refuse = (issue: string) => fault('INPUT_INVALID', { issues: [issue] })
  const of = wanted === undefined ? '' : ` of platform "${wanted}"`
  if (there.length === 0) throw refuse(`--cluster: no database with tenants${of} was found on the servers that are named`)
  if (there.length > 1) throw refuse(`--platform: there are several (${there.join(', ')}); name one`)
  return there[0]!
}

/** First in their own databases, as every change of a state; the catalog follows. Whoever tries again finds the same claims, and the same doubts. */
async function closeTenants(
  plan: Plan,
  clusters: readonly SurveyedCluster[],
  { config, secrets }: Pick<RebuildOptions, 'config' | 'secrets'>,
  withinMs: number,
): Promise<void> {
  const by = { operation: newId(), token: 1 }
  for (const { tenant, kept, others, doubt } of plan.close) {
    // What is older is known to be, and stays as it is.
    for (const claim of [kept, ...others.filter(({ placement }) => placement.epoch >= kept.placement.epoch)]) {
      if (claim.placement.state === 'suspended') continue
      const { given } = clusters.find((cluster) => cluster.given.name === claim.cluster)!
      const connection = serverOf(config, secrets, given.adminRef)
      const database = openDatabase({ ...connection, database: claim.survey.database }, { applicationName: 'tenantry rebuild', max: 1 })
      const close = async (session: Session, { epoch }: LocalPlacement): Promise<void> => {
        await session.run(suspendInDoubt(tenant, epoch))
        if (doubt !== undefined && claim.survey.tenantFacts !== null) await session.run(keepDoubt(doubt))
      }
      await underFence(database, tenant, by, close, { withinMs }).finally(() => database.end())
    }
  }
}

const auditOf = ({ actor, clusters }: RebuildOptions, tenants: number) => ({
  actor,
  keyId: null,
  source: 'cli',
  operation: 'catalog.rebuild',
  operationId: null,
  tenantId: null,
  inputDigest: createHash('sha256').update(JSON.stringify(clusters)).digest('hex'),
  outcome: 'succeeded' as const,
  fault: null,
  result: { tenants, clusters: clusters.map(({ name }) => name) },
})
