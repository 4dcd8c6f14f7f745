import { z } from 'zod'
import { databasesBehind } from '../../catalog/clusters.js'
import { homeStatus, TENANT_TRACK } from '../../catalog/homes.js'
import { currentFreeze, openRuns, troubledInRuns } from '../../catalog/items.js'
import { wishCounts } from '../../catalog/wishes.js'
import { itemSays } from '../../engine/item-says.js'
import { operation } from '../../engine/operation.js'
import { counted } from '../../kernel/counted.js'
import { compareVersions } from '../../kernel/versions.js'
import { readTracks, trackDigests } from '../../schema/check.js'
import { newestVersion, platformDigest, readMigrations } from '../../schema/migration-files.js'

const MOST_TOLD = 100
const MOST_IN_WORDS = 10

interface Trouble {
  readonly freeze: { readonly reason: string; readonly actor: string; readonly until: Date | null } | null
  readonly runs: readonly { readonly operation: string; readonly name: string; readonly state: string; readonly reason: string | null }[]
  readonly troubled: readonly {
    readonly item: string
    readonly tenant: string | null
    readonly state: string
    readonly sqlstate: string | null
    readonly message: string
  }[]
}

function troubleInWords({ freeze, runs, troubled }: Trouble): readonly string[] {
  const until = freeze?.until == null ? '' : ` until ${freeze.until.toISOString()}`
  return [
    ...(freeze === null
      ? []
      : [`migrations are frozen by ${freeze.actor}${until}: ${freeze.reason}; lift it with \`tenantry migrate unfreeze\``]),
    ...runs.map((run) =>
      run.state === 'paused'
        ? `${run.name} ${run.operation} is paused: ${run.reason}; go on with \`tenantry operation resume ${run.operation}\``
        : `${run.name} ${run.operation} is ${run.state}`,
    ),
    ...troubled
      .slice(0, MOST_IN_WORDS)
      .map((one) => `${one.state}: ${itemSays(one)}: ${one.message}${one.sqlstate === null ? '' : ` (SQLSTATE ${one.sqlstate})`}`),
    ...(troubled.length > MOST_IN_WORDS ? [`and ${troubled.length - MOST_IN_WORDS} more; --json shows a hundred`] : []),
  ]
}

function offersInWords(
  rows: readonly { readonly track: string; readonly offered: string | null; readonly homes: number }[],
): readonly string[] {
  const behind = new Map<string, number>()
  for (const { track, offered, homes } of rows) {
    const what = `${track === TENANT_TRACK ? '' : `${track} `}${offered}`
    if (offered !== null) behind.set(what, (behind.get(what) ?? 0) + homes)
  }
  return [...behind].map(
    ([what, homes]) => `${what} is offered on request: ${counted(homes, 'home')} behind it get it when a scope needs it`,
  )
}

export const migrationStatus = operation({
  kind: 'direct',
  name: 'migrate.status',
  summary: 'Show how many homes and tenants stand at which version. Visits no home.',
  effect: 'read',
  input: z.strictObject({}),
  output: z.object({
    newest: z.string().describe('Of tenants'),
    pendingHomes: z.number(),
    pendingPlatforms: z.number(),
    freeze: z
      .object({ reason: z.string(), actor: z.string(), since: z.date(), until: z.date().nullable() })
      .nullable()
      .describe('Set while no migration may begin'),
    runs: z
      .array(
        z.object({
          operation: z.string(),
          name: z.string(),
          state: z.string(),
          reason: z.string().nullable().describe('Why it is paused'),
          waitsFor: z.string().nullable(),
          total: z.number(),
          waiting: z.number(),
          done: z.number(),
          failed: z.number(),
          skipped: z.number(),
        }),
      )
      .describe('Running and paused'),
    troubled: z
      .array(
        z.object({
          operation: z.string(),
          item: z.string(),
          tenant: z.string().nullable().describe('Slug of the tenant whose home it is'),
          state: z.enum(['failed', 'skipped']),
          sqlstate: z.string().nullable(),
          message: z.string(),
        }),
      )
      .describe('Homes that failed or were skipped in runs that are open, and in the last one that ended; the first hundred'),
    wishes: z
      .object({ waiting: z.number(), failed: z.number() })
      .describe('Homes whose migration on request scopes wait for, or which has failed'),
    data: z.array(
      z.object({
        track: z.string().describe('Whose migrations the homes follow: `tenant`, or the name of a service'),
        version: z.string(),
        newest: z.string().nullable().describe('Of the track; null for a service that the configuration does not name'),
        offered: z.string().nullable().describe('What these homes are brought to as soon as a scope needs it (`--mode on_request`)'),
        isolation: z.string(),
        homes: z.number(),
        tenants: z.number(),
        current: z.boolean(),
      }),
    ),
  }),
  faults: ['MIGRATION_INVALID'],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/migrations',
  words: {
    says: (s) => {
      const lost = [...new Set(s.data.filter((row) => row.newest === null).map((row) => row.track))]
      const services = s.data.some((row) => row.track !== TENANT_TRACK)
      const newest = services ? 'the newest of its track' : s.newest || 'the beginning: there is no migration yet'
      return [
        s.pendingHomes + s.pendingPlatforms === 0
          ? `every home is at ${newest}`
          : `${counted(s.pendingHomes, 'home')} and ${counted(s.pendingPlatforms, 'platform schema')} are behind${services ? '' : ` ${s.newest}`}; bring them up with \`tenantry migrate up\``,
        ...troubleInWords(s),
        ...offersInWords(s.data),
        ...(s.wishes.waiting === 0
          ? []
          : [`scopes wait for the migration of ${s.wishes.waiting} homes: a worker (\`tenantry serve\`) does it`]),
        ...(s.wishes.failed === 0
          ? []
          : [
              `the migration on request of ${s.wishes.failed} homes has failed: see \`tenantry operation list --name migrate.home --state failed\``,
            ]),
        ...lost.map(
          (track) => `the configuration names no service ${track}, so nothing can bring its homes up: name it under \`services\``,
        ),
      ].join('\n')
    },
    columns: ['track', 'version', 'newest', 'isolation', 'homes', 'tenants', 'current'],
  },
  async call({ platform }) {
    const [tracks, shared] = await Promise.all([readTracks(platform.config), readMigrations(platform.config.migrations, 'platform')])
    const newest = (track: string): string | null => (tracks.has(track) ? newestVersion(tracks.get(track)!) : null)
    const { catalog } = platform
    const [data, freeze, runs, troubled, { offers, ...wishes }] = await Promise.all([
      catalog.rows(homeStatus(trackDigests(tracks))),
      catalog.maybe(currentFreeze),
      catalog.rows(openRuns('migrate.')),
      catalog.rows(troubledInRuns('migrate.', MOST_TOLD)),
      catalog.one(wishCounts),
    ])
    return {
      newest: newest(TENANT_TRACK)!,
      wishes,
      pendingHomes: data.filter((row) => !row.current).reduce((sum, row) => sum + row.homes, 0),
      pendingPlatforms: (await platform.catalog.rows(databasesBehind(platformDigest(shared, platform.config.hidden)))).length,
      freeze: freeze ?? null,
      runs: [...runs],
      troubled: [...troubled],
      data: data.map((row) => {
        const offered = offers[row.track]
        return {
          ...row,
          newest: newest(row.track),
          offered: offered !== undefined && compareVersions(row.version, offered) < 0 ? offered : null,
        }
      }),
    }
  },
})
