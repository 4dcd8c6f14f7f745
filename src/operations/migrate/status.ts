import { z } from 'zod'
import { databasesBehind } from '../../catalog/clusters.js'
import { homeStatus, TENANT_TRACK } from '../../catalog/homes.js'
import { operation } from '../../engine/operation.js'
import { readTracks, trackDigests } from '../../schema/check.js'
import { platformDigest, readMigrations } from '../../schema/migration-files.js'

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
    data: z.array(
      z.object({
        track: z.string().describe('Whose migrations the homes follow: `tenant`, or the name of a service'),
        version: z.string(),
        newest: z.string().nullable().describe('Of the track; null for a service that the configuration does not name'),
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
          : `${s.pendingHomes} homes and ${s.pendingPlatforms} platform schemas are behind${services ? '' : ` ${s.newest}`}; bring them up with \`tenantry migrate up\``,
        ...lost.map(
          (track) => `the configuration names no service ${track}, so nothing can bring its homes up: name it under \`services\``,
        ),
      ].join('\n')
    },
    columns: ['track', 'version', 'newest', 'isolation', 'homes', 'tenants', 'current'],
  },
  async call({ platform }) {
    const [tracks, shared] = await Promise.all([readTracks(platform.config), readMigrations(platform.config.migrations, 'platform')])
    const newest = (track: string): string | null => (tracks.has(track) ? (tracks.get(track)!.at(-1)?.version ?? '') : null)
    const data = await platform.catalog.rows(homeStatus(trackDigests(tracks)))
    return {
      newest: newest(TENANT_TRACK)!,
      pendingHomes: data.filter((row) => !row.current).reduce((sum, row) => sum + row.homes, 0),
      pendingPlatforms: (await platform.catalog.rows(databasesBehind(platformDigest(shared, platform.config.hidden)))).length,
      data: data.map((row) => ({ ...row, newest: newest(row.track) })),
    }
  },
})
