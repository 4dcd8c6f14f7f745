import { z } from 'zod'
import { countOverdue } from '../../catalog/backup-policies.js'
import { databasesBehind, listClusters } from '../../catalog/clusters.js'
import { connectionsNow, countHomes, countOperations, homesByIsolation } from '../../catalog/fleet.js'
import { currentFreeze } from '../../catalog/items.js'
import { coverage } from '../../catalog/protection.js'
import { countTenants, TENANT_STATES } from '../../catalog/tenants.js'
import { operation } from '../../engine/operation.js'
import type { Platform } from '../../engine/platform.js'
import { sharedLook } from '../../engine/shared-look.js'
import { systemClock } from '../../kernel/clock.js'
import { counted } from '../../kernel/counted.js'
import { isFault } from '../../kernel/faults.js'
import { versionText } from '../../postgres/version.js'
import { type CheckedMigrations, readTrack, trackDigests, tracksOf } from '../../schema/check.js'
import { type Migration, platformDigest, readMigrations } from '../../schema/migration-files.js'

const SHARED_MS = 1_000
// It goes over all tenants and their backups, and changes slowly.
const BACKUPS_MS = 10_000

const output = z.object({
  at: z.date().describe('When it was looked at, which may be a second ago; at backups it may have been ten seconds before that'),
  tenants: z.object({
    total: z.number(),
    data: z.array(z.object({ state: z.enum(TENANT_STATES), isolation: z.enum(['shared', 'schema', 'database']), tenants: z.number() })),
  }),
  operations: z.object({
    running: z.number(),
    paused: z.number(),
    succeeded: z.number().describe('Of those begun in the last 24 hours, as are the next two'),
    failed: z.number(),
    cancelled: z.number(),
  }),
  migrations: z.object({
    homes: z.number(),
    behind: z.number().describe('Homes that have not applied exactly the migrations that there are'),
    platformsBehind: z.number().describe('Databases whose platform tables have not'),
    frozen: z.string().nullable().describe('Why no migration may begin, if none may'),
    unreadable: z
      .array(z.string())
      .describe(
        'Files of migrations that cannot be read, and why: of homes that they are for nobody knows whether they are behind, and none is counted',
      ),
  }),
  backups: z.object({
    tenants: z.number().describe('That are active, suspended or read-only'),
    without: z.number().describe('Of which no whole backup is kept'),
    overdue: z.number().describe('Of which a policy has wanted a backup for an hour'),
    proven: z.number().describe('Of which one was restored and found equal'),
    damaged: z.number().describe('Backups'),
    oldest: z.date().nullable().describe('Of the newest backup of each tenant, the oldest'),
    bytes: z.number().describe('Of all backups, in one place'),
  }),
  clusters: z.array(
    z.object({
      name: z.string(),
      serverVersion: z.string(),
      state: z.enum(['live', 'draining', 'rotating', 'removing']),
      hardened: z.boolean(),
      pooler: z.enum(['none', 'pgbouncer']),
      databases: z.number(),
      homes: z.number(),
      homesBy: z.array(z.object({ isolation: z.enum(['shared', 'schema', 'database']), homes: z.number() })),
      tenants: z.number(),
      warm: z.number().describe("Of the tenants, those that are nobody's yet"),
      connections: z
        .object({ used: z.number(), room: z.number().describe('That there may be, but for those of superusers'), at: z.date() })
        .nullable()
        .describe('As its server was last seen; null where nobody has looked for two minutes'),
    }),
  ),
})

type Overview = z.output<typeof output>

export const fleetOverview = operation({
  kind: 'direct',
  name: 'fleet.overview',
  summary: 'Show the whole fleet at a glance: tenants, operations, migrations, backups, clusters. Visits no server.',
  effect: 'read',
  input: z.strictObject({}),
  output,
  faults: [],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/fleet',
  words: { says: (found) => inWords(found).join('\n') },
  call: ({ platform }) => looked(platform, '', () => look(platform)),
})

const looked = sharedLook<Overview>(SHARED_MS)
const lookedAtBackups = sharedLook<Overview['backups']>(BACKUPS_MS)

async function look(platform: Platform): Promise<Overview> {
  const { catalog, config } = platform
  const { tracks, shared, unread, unreadable } = await readAll(config)
  const [tenants, operations, homes, databases, freeze, backups, clusters, connections, homesBy] = await Promise.all([
    catalog.rows(countTenants),
    catalog.one(countOperations),
    catalog.one(countHomes(trackDigests(tracks), unread)),
    shared === undefined ? [] : catalog.rows(databasesBehind(platformDigest(shared, config.hidden))),
    catalog.maybe(currentFreeze),
    lookedAtBackups(platform, '', () => lookAtBackups(platform)),
    catalog.rows(listClusters),
    catalog.rows(connectionsNow),
    catalog.rows(homesByIsolation),
  ])
  const seen = new Map(connections.map(({ cluster, ...found }) => [cluster, found]))
  return {
    at: new Date(systemClock.now()),
    tenants: {
      total: tenants.reduce((sum, row) => sum + row.tenants, 0),
      data: tenants.map((row) => row as Overview['tenants']['data'][number]),
    },
    operations,
    migrations: {
      ...{ homes: homes.total, behind: homes.behind, platformsBehind: databases.length, frozen: freeze?.reason ?? null },
      unreadable,
    },
    backups,
    clusters: clusters.map(({ name, serverVersion, state, draining, hardened, pooler, ...rest }) => ({
      name,
      serverVersion: versionText(serverVersion),
      state: state === 'live' && draining ? 'draining' : state,
      hardened,
      pooler,
      databases: rest.databases,
      homes: rest.homes,
      homesBy: homesBy.filter(({ cluster }) => cluster === name).map(({ isolation, homes }) => ({ isolation, homes })),
      tenants: rest.tenants,
      warm: rest.warm,
      connections: seen.get(name) ?? null,
    })),
  }
}

interface Files {
  readonly tracks: CheckedMigrations['tracks']
  /** Of the platform; undefined where they cannot be read. */
  readonly shared: readonly Migration[] | undefined
  /** Tracks whose files cannot be read. */
  readonly unread: readonly string[]
  /** Why. */
  readonly unreadable: string[]
}

/** One file that cannot be read says nothing of all others, nor of anything else in the fleet. */
async function readAll(config: Platform['config']): Promise<Files> {
  const unreadable = new Set<string>()
  const read = <T>(body: Promise<T>): Promise<T | undefined> =>
    body.catch((error: unknown) => {
      // What the file system says names a path of the server.
      if (isFault(error, 'MIGRATION_INVALID')) unreadable.add(error.message)
      else unreadable.add(`files of migrations cannot be read (${(error as { code?: string }).code ?? 'unknown'})`)
      return undefined
    })
  const names = tracksOf(config)
  const found = await Promise.all(names.map(async (name) => [name, await read(readTrack(config, name))] as const))
  const shared = await read(readMigrations(config.migrations, 'platform'))
  return {
    tracks: new Map(found.flatMap(([name, files]) => (files === undefined ? [] : [[name, files] as const]))),
    shared,
    unread: found.flatMap(([name, files]) => (files === undefined ? [name] : [])),
    unreadable: [...unreadable],
  }
}

async function lookAtBackups({ catalog }: Platform): Promise<Overview['backups']> {
  const [{ tenants, backedUp, proven, damaged, oldest, bytes }, overdue] = await Promise.all([
    catalog.one(coverage),
    catalog.one(countOverdue),
  ])
  return { tenants, without: tenants - backedUp, overdue: overdue.tenants, proven, damaged, oldest, bytes }
}

function inWords({ tenants, operations, migrations, backups, clusters }: Overview): readonly string[] {
  const by = (field: 'state' | 'isolation'): string => {
    const sums = new Map<string, number>()
    for (const row of tenants.data) sums.set(row[field], (sums.get(row[field]) ?? 0) + row.tenants)
    return [...sums].map(([name, sum]) => `${sum} ${name}`).join(', ')
  }
  const { homes, behind, platformsBehind, frozen, unreadable } = migrations
  const current = behind + platformsBehind + unreadable.length === 0
  return [
    `tenants     ${tenants.total}${tenants.total === 0 ? '' : `: ${by('state')}; ${by('isolation')}`}`,
    `operations  ${operations.running} running, ${operations.paused} paused; in the last day ${operations.succeeded} done, ${operations.failed} failed`,
    `migrations  ${current ? `all ${counted(homes, 'home')} are up to date` : `${behind} of ${counted(homes, 'home')} and ${counted(platformsBehind, 'platform schema')} behind`}${frozen === null ? '' : `; frozen: ${frozen}`}`,
    ...unreadable.map((one) => `            ${one}`),
    `backups     ${backups.without} of ${counted(backups.tenants, 'tenant')} without, ${backups.overdue} overdue, ${backups.damaged} damaged`,
    ...clusters.map(
      (one) =>
        `cluster     ${one.name}: PostgreSQL ${one.serverVersion}, ${one.state}, ${counted(one.homes, 'home')}, ${counted(one.tenants, 'tenant')}${one.connections === null ? '' : `, ${one.connections.used} of ${one.connections.room} connections`}`,
    ),
  ]
}
