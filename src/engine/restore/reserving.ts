import { homeById, type Isolation } from '../../catalog/homes.js'
import { openOperationOn } from '../../catalog/operations.js'
import { lockTenant, type NewTenantFacts } from '../../catalog/tenants.js'
import { newId } from '../../kernel/clock.js'
import type { FaultCode } from '../../kernel/faults.js'
import { checkSlug } from '../../kernel/identifiers.js'
import { READING_FAULTS } from '../backup/verify.js'
import { sharesDatabase } from '../beside.js'
import { SNAPSHOT_FAULTS } from '../living-snapshot.js'
import { HOME_FAULTS } from '../making.js'
import type { AcceptContext } from '../operation.js'
import { checkTrack, chooseCluster, insertNew, type Making, reserve, reserveBeside } from '../placing.js'
import { assertTierAssurance, useTier } from '../tiers.js'
import { FILLING_FAULTS, type Filling } from './filling.js'
import type { Origin } from './origin.js'

/** What making a home or a tenant of rows that are there already may fail with. */
export const RESERVING_FAULTS = [
  'TENANT_NOT_FOUND',
  'TENANT_EXISTS',
  'TENANT_STATE',
  'SLUG_INVALID',
  'INPUT_INVALID',
  'ASSURANCE_UNAVAILABLE',
  'HOME_TAKEN',
  ...HOME_FAULTS,
  ...FILLING_FAULTS,
  // Of the tenant, or of the schema that its rows go through into a shared home.
  ...SNAPSHOT_FAULTS,
] as const satisfies readonly FaultCode[]

/** The same where the rows are those of a backup. */
export const RESTORING_FAULTS = [
  ...RESERVING_FAULTS,
  'BACKUP_NOT_FOUND',
  'TABLE_UNKNOWN',
  ...READING_FAULTS,
] as const satisfies readonly FaultCode[]

type Accepting = AcceptContext<(typeof RESERVING_FAULTS)[number]>

interface Rows {
  readonly origin: Origin
  /** The schema version that they are of, and that the tables are made at. */
  readonly version: string
  /** Which migrations they follow. */
  readonly track: string
}

/** The tenant that the rows become. */
export interface NewTenant extends Rows {
  readonly slug: string
  readonly name: string
  readonly facts: NewTenantFacts
  readonly isolation: Isolation
  readonly cluster: string | undefined
}

/** Reserves the tenant and its home, in the transaction that writes the operation. */
export async function reserveNewTenant(context: Accepting, wanted: NewTenant): Promise<Filling> {
  const { platform, tx } = context
  const { name, facts, isolation, track, origin, version } = wanted
  const slug = checkSlug(wanted.slug)
  const tier = await useTier(tx, platform.config, facts.tier ?? undefined)
  checkTrack(context, track, isolation)
  const cluster = await chooseCluster(context, isolation, wanted.cluster)
  const tenant = newId()
  await insertNew(context, { id: tenant, slug, name, isolation, facts })
  const making = await reserve(platform, tx, tenant, isolation, cluster, track)
  await assertTierAssurance(tx, tier, tenant)
  const through = await reserveThrough(context, making, { id: tenant, slug }, cluster.name, wanted)
  return { ...making, connections: tier?.connections ?? null, slug, origin, platformRows: true, beside: false, upTo: version, ...through }
}

/** The home beside the one that a tenant lives in. */
export interface NewBeside extends Rows {
  readonly tenant: string
  readonly isolation: Isolation | undefined
  readonly cluster: string | undefined
  readonly backup: string
  readonly only: readonly string[] | undefined
  readonly note: string | null
}

/** Reserves the home, in the transaction that writes the operation. Of a shared tenant it is a schema: its tables have no room for the same tenant twice. */
export async function reserveRestored(context: Accepting, wanted: NewBeside): Promise<Filling> {
  const { platform, tx, fail } = context
  const { backup, only, note, origin, track, version } = wanted
  const tenant = await tx.maybe(lockTenant(wanted.tenant))
  if (tenant === undefined) throw fail('TENANT_NOT_FOUND', { tenant: wanted.tenant })
  const open = await tx.maybe(openOperationOn(tenant.id))
  const state = open === undefined ? tenant.state : `being changed (${open.name})`
  if (open !== undefined || state === 'creating' || state === 'purging')
    throw fail('TENANT_STATE', { tenant: tenant.slug, state, wanted: 'a settled tenant' })
  const isolation = wanted.isolation ?? (tenant.isolation === 'shared' ? 'schema' : tenant.isolation)
  checkTrack(context, track, isolation)
  const cluster = await chooseCluster(context, isolation, wanted.cluster ?? tenant.cluster)
  const about = { track, graceMs: null, backup, partial: only !== undefined, note }
  const making = await reserveBeside(platform, tx, tenant, isolation, cluster, about)
  const shares = await sharesDatabase(tx, tenant, { database: making.database.id, home: making.home.id })
  const through = await reserveThrough(context, making, tenant, cluster.name, wanted)
  return {
    ...making,
    slug: tenant.slug,
    origin,
    platformRows: !shares,
    beside: true,
    upTo: version,
    ...through,
    ...(only === undefined ? {} : { only }),
  }
}

/** Where the tables are there already, and stand at another version. */
async function reserveThrough(
  context: Accepting,
  making: Making,
  tenant: { readonly id: string; readonly slug: string },
  cluster: string,
  { track, version }: Rows,
): Promise<Pick<Filling, 'through'>> {
  const { platform, tx } = context
  if (making.ownHome || (await tx.one(homeById(making.home.id))).version === version) return {}
  const chosen = await chooseCluster(context, 'schema', cluster)
  const note = 'rows on their way into a shared home; dropped again'
  return { through: { ...(await reserveBeside(platform, tx, tenant, 'schema', chosen, { track, graceMs: null, note })), upTo: version } }
}
