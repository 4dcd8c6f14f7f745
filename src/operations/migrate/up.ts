import { z } from 'zod'
import { recordPlatformDigest, type TenantDatabase } from '../../catalog/clusters.js'
import { type Home, TENANT_TRACK } from '../../catalog/homes.js'
import { countItems } from '../../catalog/items.js'
import { applyContextOf } from '../../engine/apply-context.js'
import { freezeFault } from '../../engine/freeze.js'
import { batched } from '../../engine/item-journal.js'
import type { PackOptions } from '../../engine/item-queue.js'
import { workThroughItems } from '../../engine/items.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { createPace } from '../../engine/pace.js'
import type { Platform } from '../../engine/platform.js'
import { counted } from '../../kernel/counted.js'
import { fault } from '../../kernel/faults.js'
import type { Database, Session } from '../../postgres/session.js'
import { type ApplyContext, applyTogether, applyToHome, applyToPlatform, packSize } from '../../schema/apply.js'
import type { CheckedMigrations } from '../../schema/check.js'
import { checkMigrations } from '../../schema/check.js'
import { closePlatformLeftOpen } from '../../schema/forms/target.js'
import { ledgerDigest, newestVersion, platformDigest } from '../../schema/migration-files.js'
import { assertGroups, findBehind, itemOfHome, planFleet, tracksAsked, type Whereabouts } from './behind.js'
import { fleetFields, fleetOptions, inBackground, waveSpecOf } from './fleet-input.js'
import { assertOffer, offer } from './offer.js'
import { assertAlone } from './overlap.js'
import { homeReached, platformReached, recordStandings } from './reached.js'
import { assertUnchanged } from './unchanged.js'

const input = z.strictObject({
  service: z.string().min(1).max(39).optional().describe('Only the homes of this service of yours, and no platform tables'),
  ...fleetFields,
})

type Memory = Readonly<Record<string, unknown>>
type Context = StepContext<z.output<typeof input>, Memory>

const track = z.object({ track: z.string().describe('`tenant`, or the name of a service'), version: z.string() })
const wave = z.object({
  wave: z.number(),
  name: z.string(),
  homes: z.number(),
  tenants: z.number().describe('That these homes serve: in a shared home one migration serves all of them'),
})

const output = z.object({
  homes: z.number().describe('Homes and platform schemas that were migrated; with dryRun, that would be'),
  skipped: z.number().describe('Homes that were left out with a reason'),
  version: z.string().describe('The newest of tenants, or of the service that was asked for'),
  tracks: z.array(track).describe('What was brought up, each with its newest migration'),
  onRequest: z.boolean().describe('Homes are brought up when a scope needs it'),
  dryRun: z.boolean(),
  waves: z.array(wave).describe('With dryRun: in which order'),
})

export const migrateUp = operation({
  kind: 'steps',
  name: 'migrate.up',
  summary: 'Bring every home to the newest migration.',
  effect: 'change',
  input,
  output,
  faults: [
    'MIGRATION_INVALID',
    'MIGRATION_CHANGED',
    'SERVICE_UNKNOWN',
    'MIGRATIONS_FROZEN',
    'MIGRATION_NOT_ON_REQUEST',
    'MIGRATIONS_OVERLAP',
    'OPERATION_PAUSED',
    'FLEET_PARTIAL',
  ],
  access: { roles: ['operator', 'fleet-admin'], stronger: { despiteFreeze: ['fleet-admin'] } },
  http: 'POST /v1/migrations/up',
  words: { says: (done) => inWords(done) },
  pausable: true,
  background: inBackground,
  async accept({ platform, tx }, given) {
    const found = await findBehind(platform.config, tx, given.service)
    const nothing = await outcome(found.migrations, given.service, { homes: 0, skipped: 0 })
    const homes = found.homes.length + found.databases.length
    // A deployment that brings nothing new needs nobody's leave.
    if (homes === 0) return { done: { ...nothing, dryRun: given.dryRun } }
    await assertUnchanged(platform, tx, found.migrations.tracks)
    await assertGroups(tx, waveSpecOf(given))
    if (given.mode === 'on_request') await assertOffer(tx, found.migrations.tracks)
    if (given.dryRun && given.mode === 'on_request')
      return { done: { ...nothing, homes: found.databases.length, onRequest: true, dryRun: true } }
    if (given.dryRun) {
      const { waves } = await planFleet(tx, found.homes, waveSpecOf(given))
      return { done: { ...nothing, homes, dryRun: true, waves: [...waves] } }
    }
    const frozen = given.despiteFreeze === undefined ? await freezeFault(tx) : undefined
    if (frozen !== undefined) throw frozen
    await assertAlone(tx, { name: 'migrate.up', input: given })
    return { memory: {} as Memory }
  },
  again: ({ tx }, given) => assertAlone(tx, { name: 'migrate.up', input: given }),
  steps: [
    {
      name: 'platform',
      act: (context: Context) => (context.input.service === undefined ? migratePlatforms(context) : Promise.resolve({})),
    },
    {
      name: 'tenant',
      act: (context: Context) => (context.input.mode === 'on_request' ? Promise.resolve({}) : migrateHomes(context)),
      record: async ({ platform, input: { service, mode } }: Context, tx) => {
        if (mode === 'on_request') await offer(tx, (await checkMigrations(platform.config, tracksAsked(platform.config, service))).tracks)
      },
    },
  ],
  async result({ platform, by, input: { service, mode } }) {
    const { done, skipped } = await platform.catalog.one(countItems(by.operation))
    const migrations = await checkMigrations(platform.config, tracksAsked(platform.config, service))
    return { ...(await outcome(migrations, service, { homes: done, skipped })), onRequest: mode === 'on_request' }
  },
})

type Outcome = z.output<typeof output>

async function outcome(
  { tracks }: CheckedMigrations,
  service: string | undefined,
  counts: Pick<Outcome, 'homes' | 'skipped'>,
): Promise<Outcome> {
  const newest = (name: string): string => newestVersion(tracks.get(name) ?? [])
  return {
    ...counts,
    version: newest(service ?? TENANT_TRACK),
    tracks: [...tracks.keys()].map((name) => ({ track: name, version: newest(name) })),
    onRequest: false,
    dryRun: false,
    waves: [],
  }
}

function inWords({ homes, skipped, version, tracks, onRequest, dryRun, waves }: Outcome): string {
  const newest =
    tracks.length < 2
      ? version || 'the beginning'
      : `the newest of its track: ${tracks.map((one) => `${one.track} ${one.version || 'at the beginning'}`).join(', ')}`
  if (onRequest) return `${dryRun ? 'would be ' : ''}offered to homes as soon as a scope needs it: ${newest}`
  if (homes === 0 && skipped === 0) return `nothing to do: every home is at ${newest}`
  const to = `${tracks.length < 2 ? ' to ' : ', each to '}${newest}`
  const left = skipped === 0 ? '' : `; ${skipped} were skipped`
  if (!dryRun) return `migrated ${counted(homes, 'home')}${to}${left}`
  const order = waves.map(
    (one) => `  wave ${one.wave} (${one.name}): ${counted(one.homes, 'home')}, serving ${counted(one.tenants, 'tenant')}`,
  )
  return [`would migrate ${homes === 1 ? '1 home or platform schema' : `${homes} homes and platform schemas`}${to}`, ...order].join('\n')
}

/** Options of both steps: by cluster, and as fast as each cluster bears. */
function paced({ platform, input: given }: Context, step: string, whereOf: (key: string) => Whereabouts | undefined) {
  const pace = createPace(platform)
  return {
    ...fleetOptions(given),
    atBorder: (key: string, border: string) => platform.failpoint(`migrate.up/${step}[${key}]:${border}`),
    groupOf: (key: string) => whereOf(key)?.name ?? '',
    pace: async (key: string) => {
      const cluster = whereOf(key)
      return cluster && pace.holds(cluster)
    },
  }
}

const recordDigests = async (tx: Session, reached: readonly { readonly id: string; readonly digest: string }[]): Promise<void> => {
  for (const { id, digest } of reached) await tx.run(recordPlatformDigest(id, digest))
}

async function migratePlatforms(context: Context): Promise<Memory> {
  const { platform } = context
  const { migrations, databases } = await findBehind(platform.config, platform.catalog, undefined)
  const items = new Map<string, TenantDatabase>(databases.map((one) => [`${one.cluster}/${one.name}/platform ${one.id}`, one]))
  if (items.size === 0) return {}
  await workThroughItems(
    context,
    items,
    async ({ id }) => {
      const { database } = await platform.tenantDatabase(id)
      const { digest } = await applyToPlatform(database, migrations.platform, applyContextOf(platform, context.by))
      return batched(recordDigests, { id, digest })
    },
    {
      ...paced(context, 'platform', (key) => {
        const found = items.get(key)
        return found && { name: found.cluster, adminRef: found.adminRef }
      }),
      reached: (key) => platformReached(platform, items.get(key)!.id, platformDigest(migrations.platform, platform.config.hidden)),
    },
  )
  return {}
}

/** What is behind is found in the catalog alone; when nothing is, no home is visited. */
async function migrateHomes(context: Context): Promise<Memory> {
  const { platform, input: given } = context
  const { migrations, homes } = await findBehind(platform.config, platform.catalog, given.service)
  const plan = await planFleet(platform.catalog, homes, waveSpecOf(given))
  const databaseOf = databases(platform)
  const applyContext = applyContextOf(platform, context.by)
  const items = new Map(homes.map((home) => [itemOfHome(home), home]))
  await workThroughItems(
    context,
    items,
    async (home) => {
      const files = migrations.tracks.get(home.track)
      // Nobody can say how it should be. Passed over in silence, it would stay behind for ever.
      if (files === undefined) throw fault('SERVICE_UNKNOWN', { service: home.track, known: Object.keys(platform.config.services) })
      const { version, applied, digest } = await applyToHome(await databaseOf(home.databaseId), home, files, applyContext)
      return batched(recordStandings, { home: home.id, version, applied, digest })
    },
    {
      ...paced(context, 'tenant', (key) => plan.clusters.get(key)),
      reached: (key) => homeReached(platform, items.get(key)!),
      pack: packsOf(items, migrations.tracks, databaseOf, applyContext),
      waves: { names: plan.waves.map((one) => one.name), placed: plan.placed },
    },
  )
  return {}
}

/** Homes of one database that stand alike go together. */
function packsOf(
  items: ReadonlyMap<string, Home>,
  tracks: CheckedMigrations['tracks'],
  databaseOf: (id: string) => Promise<Database>,
  applyContext: ApplyContext,
): PackOptions {
  return {
    kindOf: (key) => {
      const { databaseId, isolation, track, digest } = items.get(key)!
      return [databaseId, isolation, track, digest].join(' ')
    },
    sizeOf: async (key) => {
      const home = items.get(key)!
      const files = tracks.get(home.track)
      return files === undefined ? 1 : packSize(await databaseOf(home.databaseId), home, files, applyContext)
    },
    work: async (keys) => {
      const homes = keys.map((key) => items.get(key)!)
      const [{ databaseId, track }] = homes as [Home, ...Home[]]
      const files = tracks.get(track)!
      const arrived = await applyTogether(await databaseOf(databaseId), homes, files, applyContext)
      const standing = { version: newestVersion(files), applied: files.length, digest: ledgerDigest(files) }
      return new Map(arrived.map((home) => [itemOfHome(home), batched(recordStandings, { home: home.id, ...standing })]))
    },
  }
}

/** Each database is asked for once. */
function databases(platform: Platform): (id: string) => Promise<Database> {
  const known = new Map<string, Promise<Database>>()
  return (id) => {
    let found = known.get(id)
    if (found === undefined) {
      found = platform.tenantDatabase(id).then(async ({ database }) => {
        await closePlatformLeftOpen(database, platform.names)
        return database
      })
      found.catch(() => known.delete(id))
      known.set(id, found)
    }
    return found
  }
}
