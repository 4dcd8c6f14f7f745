import { z } from 'zod'
import { type HomePage, listHomes } from '../../catalog/home-lists.js'
import { operation } from '../../engine/operation.js'
import { pageFrom, pageInput, pageOf, readCursor } from '../../engine/paging.js'
import { compareVersions } from '../../kernel/versions.js'
import { readTracks, trackDigests } from '../../schema/check.js'
import { newestVersion } from '../../schema/migration-files.js'

const LISTING = 'migrate.homes'
const STANDINGS = ['current', 'behind', 'different', 'newer', 'unnamed'] as const

const row = z.object({
  id: z.string(),
  cluster: z.string(),
  database: z.string(),
  schema: z.string(),
  isolation: z.enum(['shared', 'schema', 'database']),
  tenant: z.string().nullable().describe('Slug of the one tenant that lives there; null for a shared home, a warm one, and one beside'),
  tenants: z.number().describe('That live there'),
  track: z.string().describe('Whose migrations it follows: `tenant`, or the name of a service'),
  version: z.string().describe('Empty where none was applied'),
  applied: z.number().describe('Files'),
  standing: z
    .enum(STANDINGS)
    .describe(
      'Against the files of whoever answers: `different` has the newest version, but not exactly those files; `newer` is past them; `unnamed` follows a service that the configuration does not name',
    ),
})

export const listMigratedHomes = operation({
  kind: 'direct',
  name: 'migrate.homes',
  summary: 'List homes with the version that each is at, in the order in which they were made. Visits none.',
  effect: 'read',
  input: z.strictObject({
    track: z.string().min(1).max(39).optional().describe('Only homes that follow these migrations: `tenant`, or the name of a service'),
    version: z.string().max(100).optional().describe('Only homes at this version; empty: without migrations'),
    behind: z.boolean().default(false).describe('Only homes that have not applied exactly the migrations that there are'),
    isolation: z.enum(['shared', 'schema', 'database']).optional().describe('Only homes of this isolation'),
    cluster: z.string().min(1).max(63).optional().describe('Only homes on this cluster'),
    ...pageInput,
  }),
  output: pageOf(row),
  faults: ['MIGRATION_INVALID'],
  access: { roles: ['viewer', 'operator', 'fleet-admin', 'security-auditor'] },
  http: 'GET /v1/migrations/homes',
  words: {
    says: ({ data, nextCursor }) => (data.length === 0 ? 'no homes' : nextCursor === null ? '' : `more: --cursor ${nextCursor}`),
    columns: ['cluster', 'database', 'schema', 'isolation', 'tenant', 'tenants', 'track', 'version', 'standing'],
  },
  async call({ platform }, { limit, cursor, behind, ...given }) {
    const tracks = await readTracks(platform.config)
    const digests = trackDigests(tracks)
    const page: HomePage = { after: readCursor(cursor, LISTING, 'number'), limit: limit + 1 }
    const rows = await platform.catalog.rows(listHomes({ ...given, behind: behind ? digests : undefined }, page))
    const found = pageFrom(rows, limit, LISTING)
    const data = found.data.map(({ digest, ...home }) => ({ ...home, standing: standingOf({ ...home, digest }) }))
    return { data, nextCursor: found.nextCursor }

    function standingOf(home: { readonly track: string; readonly version: string; readonly digest: string }): (typeof STANDINGS)[number] {
      const files = tracks.get(home.track)
      if (files === undefined) return 'unnamed'
      if (home.digest === digests[home.track]) return 'current'
      const order = compareVersions(home.version, newestVersion(files))
      return order < 0 ? 'behind' : order > 0 ? 'newer' : 'different'
    }
  },
})
